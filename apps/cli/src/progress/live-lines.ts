/** The lines of the live block: servers that connect, nodes and tasks that run, and one line for the whole. */
import type { Line } from "../terminal/line.ts";
import { durationText } from "./duration-text.ts";
import { statusMark, statusWord } from "./status-mark.ts";
import type { RunningNode, RunningTask, TaskBoard, WaitingEntry } from "./task-board.ts";
import { waitText } from "./wait-text.ts";

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
  const tasks = taskLines(board.running, room, nowMs);
  return [...servers, ...nodes, ...tasks, ...waitingLines(board.waiting, room - tasks.length, nowMs), ...total];
}

function taskLines(running: ReadonlyMap<string, RunningTask>, room: number, nowMs: number): readonly Line[] {
  const isTooMuch = running.size > room;
  const shown = running.entries().take(isTooMuch ? Math.max(0, room - 1) : room);
  const lines = [...shown].map(([key, task]) => taskLine(key, task, nowMs));
  if (!isTooMuch || room === 0) return lines;
  return [...lines, [{ style: "dim", text: `  and ${running.size - lines.length} more running` }]];
}

function waitingLines(waiting: ReadonlyMap<string, WaitingEntry>, room: number, nowMs: number): readonly Line[] {
  const shown = [...waiting].slice(0, Math.max(0, room));
  return shown.map(([key, entry]) => [
    statusMark("waiting"),
    " ",
    statusWord("waiting"),
    ` ${key.padEnd(NAME_COLUMNS)} ${waitText(entry, nowMs)}  ${durationText(nowMs - entry.sinceMs)}`,
  ]);
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

function totalLine(board: TaskBoard, nowMs: number): readonly Line[] {
  const { total, ended, calls, waiting, startedAtMs, revision } = board;
  if (total === 0) return [];
  const over = ended.succeeded + ended.failed + ended.skipped + ended.cancelled;
  const failed = ended.failed === 0 ? "" : `, ${ended.failed} failed`;
  const waits = waiting.size === 0 ? "" : `, ${waiting.size} waiting`;
  const text = `${over}/${total} tasks, ${calls} running${waits}${failed}, plan v${revision}, ${durationText(nowMs - startedAtMs)}`;
  return [[{ style: "bold", text }]];
}
