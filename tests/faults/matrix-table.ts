/** The results as a table: a behaviour a row, a transport and phase a column. */
import { PHASES, TRANSPORTS } from "./fault-cell.ts";
import type { CellResult } from "./run-cell.ts";

const NAME_CHARS = 16;
const TRANSPORT_CHARS = 14;

/** `+` holds, `!` does not, `.` makes no sense; of each transport start, list, call, idle, close; last the killed hosts. */
export function matrixTable(results: readonly CellResult[]): string {
  const behaviours = [...new Set(results.map(({ cell }) => cell.behaviour))];
  const columns = [...TRANSPORTS, "host killed"] as const;
  const rows = behaviours.map((behaviour) => {
    const own = results.filter(({ cell }) => cell.behaviour === behaviour);
    const cells = columns.map((column) => marksOf(own.filter(({ cell }) => columnOf(cell) === column)));
    return rowOf(behaviour, cells);
  });
  return [
    rowOf("", columns),
    rowOf(
      "",
      columns.map(() => "s l c i c"),
    ),
    ...rows,
  ].join("\n");
}

function columnOf({ transport, isHostKilled = false }: CellResult["cell"]): string {
  return isHostKilled ? "host killed" : transport;
}

function marksOf(results: readonly CellResult[]): string {
  return PHASES.map((phase) => {
    const result = results.find(({ cell }) => cell.phase === phase);
    if (result === undefined) return ".";
    return result.faults.length === 0 ? "+" : "!";
  }).join(" ");
}

function rowOf(name: string, cells: readonly string[]): string {
  return `${name.padEnd(NAME_CHARS)}${cells.map((cell) => cell.padEnd(TRANSPORT_CHARS)).join("")}`.trimEnd();
}
