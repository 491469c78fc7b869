/** The lines of the live block: servers that connect, nodes and tasks that run, and one line for the whole. */
import type { Line } from "../terminal/line.ts";
import { durationText } from "./duration-text.ts";
import { statusMark, statusWord } from "./status-mark.ts";
import type { RunningNode, RunningTask, TaskBoard } from "./task-board.ts";

export interface LiveLinesOptions {
  readonly connecting: readonly string[];
  readonly linesMax: number;
  readonly nowMs: number;
}

const NAME_COLUMNS = 24;
const TOOL_COLUMNS = 28;

export function liveLines(board: TaskBoard, { connecting, linesMax, nowMs }: LiveLinesOptions): readonly Line[] {
  const servers: readonly Line[] =
    connecting.length === 0 ? [] : [[statusMark("running"), ` connecting to ${connecting.join(", ")}`]];
  const nodes = [...board.nodes.values()].map((node) => nodeLine(node, nowMs));
  const total = totalLine(board, nowMs);
  const room = Math.max(0, linesMax - servers.length - nodes.length - total.length);
  return [...servers, ...nodes, ...taskLines(board.running, room, nowMs), ...total];
}

function taskLines(running: ReadonlyMap<string, RunningTask>, room: number, nowMs: number): readonly Line[] {
  const isTooMuch = running.size > room;
  const shown = running.entries().take(isTooMuch ? Math.max(0, room - 1) : room);
  const lines = [...shown].map(([key, task]) => taskLine(key, task, nowMs));
  if (!isTooMuch || room === 0) return lines;
  return [...lines, [{ style: "dim", text: `  and ${running.size - lines.length} more running` }]];
}

function taskLine(key: string, { tool, startedAtMs, attempt, progress }: RunningTask, nowMs: number): Line {
  const tries = attempt > 1 ? ` attempt ${attempt}` : "";
  const words = `${tool.padEnd(TOOL_COLUMNS)} ${durationText(nowMs - startedAtMs)}${tries} ${progress}`;
  return [statusMark("running"), " ", statusWord("running"), ` ${key.padEnd(NAME_COLUMNS)} ${words}`];
}

function nodeLine({ node, startedAtMs, tail }: RunningNode, nowMs: number): Line {
  const line: Line = [
    statusMark("running"),
    " ",
    statusWord("running"),
    ` ${node} ${durationText(nowMs - startedAtMs)} `,
  ];
  return [...line, { style: "dim", text: tail.trimStart() }];
}

function totalLine({ total, ended, calls, startedAtMs, revision }: TaskBoard, nowMs: number): readonly Line[] {
  if (total === 0) return [];
  const over = ended.succeeded + ended.failed + ended.skipped + ended.cancelled;
  const failed = ended.failed === 0 ? "" : `, ${ended.failed} failed`;
  const text = `${over}/${total} tasks, ${calls} running${failed}, plan v${revision}, ${durationText(nowMs - startedAtMs)}`;
  return [[{ style: "bold", text }]];
}
