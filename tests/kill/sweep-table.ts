/** What a sweep has found, as a table of positions by reference runs. */
import { KILL_POSITIONS } from "./kill-switch.ts";
import type { PointResult } from "./sweep.ts";

const NAME_CHARS = 22;
const CELL_CHARS = 11;

/** `points/faults`, of points whose first kill was reached; then those that died again. */
export function sweepTable(results: readonly PointResult[]): string {
  const references = [...new Set(results.map(({ point }) => point.reference))];
  const row = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(NAME_CHARS)}${cells.map((cell) => cell.padStart(CELL_CHARS)).join("")}`;
  const line = (name: string, isIn: (result: PointResult) => boolean): string => {
    const chosen = results.filter(isIn);
    const cell = (reference: string): string => cellOf(chosen.filter(({ point }) => point.reference === reference));
    return row(name, [...references.map(cell), cellOf(chosen)]);
  };
  return [
    row("points/violations", [...references, "all"]),
    ...KILL_POSITIONS.map((position) =>
      line(position, ({ point, deaths }) => deaths > 0 && point.kills[0].position === position),
    ),
    line("killed in recovery", ({ deaths }) => deaths === 2),
    line("and again", ({ deaths }) => deaths > 2),
    line("not reached", ({ deaths }) => deaths === 0),
  ].join("\n");
}

function cellOf(results: readonly PointResult[]): string {
  return `${results.length}/${results.filter(({ faults }) => faults.length > 0).length}`;
}
