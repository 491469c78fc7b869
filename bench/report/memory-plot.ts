/** CPU time of a step against the size of the graph, both logarithmic, one panel a shape: flat is linear growth. */
import { type Cell, figureOf } from "../contender/cell.ts";
import type { MeasuredJob } from "./benchmark-report.ts";

const PANEL = { width: 330, height: 300, left: 54, top: 40, gap: 24 };
const LEGEND_WIDTH = 210;
const SIZES = { from: 100, to: 100_000 };
const MICROS = { from: 0.1, to: 10_000 };
const COLOURS = ["#8a8a8a", "#d6336c", "#1c7ed6", "#4dabf7", "#74c0fc", "#2b8a3e", "#8ce99a", "#e67700", "#ffc078"];

interface Point {
  readonly tasks: number;
  readonly micros: number;
}

export function memoryPlot(measured: readonly MeasuredJob[]): string {
  const panels = measured.filter(({ job }) => job.kind === "memory" && job.runs === 1);
  const contenders = [...new Set(panels.flatMap(({ cells }) => cells.map(({ request }) => request.contender)))];
  const colourOf = (contender: string): string => COLOURS[contenders.indexOf(contender) % COLOURS.length] ?? "#000";
  const width = PANEL.left + panels.length * (PANEL.width + PANEL.gap) + LEGEND_WIDTH;
  const body = [
    ...panels.map((panel, index) => drawPanel(panel, PANEL.left + index * (PANEL.width + PANEL.gap), colourOf)),
    ...contenders.map((contender, index) => legendLine(contender, index, { x: width - LEGEND_WIDTH, colourOf })),
  ];
  const size = `width="${width}" height="${PANEL.top + PANEL.height + 44}"`;
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}><rect width="100%" height="100%" fill="#fff"/>${body.join("")}</svg>\n`;
}

function drawPanel({ job, cells }: MeasuredJob, left: number, colourOf: (contender: string) => string): string {
  const x = (tasks: number): number => left + share(tasks, SIZES) * PANEL.width;
  const y = (micros: number): number => PANEL.top + (1 - share(micros, MICROS)) * PANEL.height;
  const lines = [...Map.groupBy(cells, ({ request }) => request.contender)].map(([contender, group]) => {
    const points = pointsOf(group);
    const path = points.map(({ tasks, micros }) => `${x(tasks).toFixed(1)},${y(micros).toFixed(1)}`).join(" ");
    const dots = points.map(
      ({ tasks, micros }) => `<circle cx="${x(tasks).toFixed(1)}" cy="${y(micros).toFixed(1)}" r="3"/>`,
    );
    const stroke = `stroke="${colourOf(contender)}" stroke-width="${contender === "agentmesh" ? 3 : 1.5}"`;
    return `<polyline points="${path}" fill="none" ${stroke}/><g fill="${colourOf(contender)}">${dots.join("")}</g>`;
  });
  const title = `<text x="${left + PANEL.width / 2}" y="${PANEL.top - 14}" text-anchor="middle" font-weight="600">${job.shape}: CPU µs a step</text>`;
  const columns = powers(SIZES).map(
    (tasks) => `${rule([x(tasks), PANEL.top], [x(tasks), PANEL.top + PANEL.height])}${columnLabel(x(tasks), tasks)}`,
  );
  const rows = powers(MICROS).map(
    (micros) => `${rule([left, y(micros)], [left + PANEL.width, y(micros)])}${rowLabel(left, y(micros), micros)}`,
  );
  return [...columns, ...rows, title, ...lines].join("");
}

function pointsOf(cells: readonly Cell[]): readonly Point[] {
  return cells.flatMap((cell) => {
    const micros = figureOf(cell, "cpuMicros");
    return micros === undefined ? [] : [{ tasks: cell.request.tasks, micros }];
  });
}

/** 0 at the beginning of a logarithmic axis, 1 at its end. */
function share(value: number, { from, to }: { readonly from: number; readonly to: number }): number {
  return Math.log(value / from) / Math.log(to / from);
}

function powers({ from, to }: { readonly from: number; readonly to: number }): readonly number[] {
  return Array.from({ length: Math.round(Math.log10(to / from)) + 1 }, (_, index) => from * 10 ** index);
}

type Place = readonly [number, number];

function rule([x1, y1]: Place, [x2, y2]: Place): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#e4e4e4"/>`;
}

function columnLabel(x: number, tasks: number): string {
  return `<text x="${x}" y="${PANEL.top + PANEL.height + 18}" text-anchor="middle">${tasks.toLocaleString("en")}</text>`;
}

function rowLabel(left: number, y: number, micros: number): string {
  const text = micros >= 1 ? micros.toLocaleString("en") : String(Number(micros.toPrecision(1)));
  return left === PANEL.left ? `<text x="${left - 6}" y="${y + 4}" text-anchor="end">${text}</text>` : "";
}

function legendLine(
  contender: string,
  index: number,
  { x, colourOf }: { readonly x: number; readonly colourOf: (contender: string) => string },
): string {
  const y = PANEL.top + index * 20;
  return `<rect x="${x}" y="${y}" width="12" height="12" fill="${colourOf(contender)}"/><text x="${x + 18}" y="${y + 11}">${contender}</text>`;
}
