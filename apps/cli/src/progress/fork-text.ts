/** What a fork would do, in words: what is taken over, what runs and why, and which effects are repeated. */
import type { ForkPlan, Json, Payload, RepeatedEffect, Rerun, RerunReason } from "@agentmesh/core";
import type { Line } from "../terminal/line.ts";
import { jsonText } from "../terminal/output.ts";
import { type Row, tableLines } from "../terminal/table.ts";
import { count } from "./event-line.ts";
import { statusMark } from "./status-mark.ts";

/** So many rows of one kind are shown; --json has them all. */
const ROWS_MAX = 40;
/** Of arguments, in UTF-16 units. */
const ARGUMENTS_MAX = 120;

const REASONS: Readonly<Record<RerunReason, (because: string) => string>> = {
  from: () => "asked for",
  downstream: (because) => `stands on ${because}`,
  input: (because) => `reads the input ${because}, which is another one`,
  new: () => "new in the plan",
  changed: () => "changed in the plan",
  tool: (because) => `${because} is not the tool that it was`,
  unfinished: () => "never finished",
  failed: () => "failed",
  in_doubt: () => "in doubt: nobody knows what became of it",
  elements: (because) => `for its element ${because}`,
  approval: (because) => `asks again, for ${because}`,
  redacted: () => "its value held a secret, which is not stored",
  lost: () => "its value is not in the store any more",
};

export function forkLines(fork: ForkPlan, read: (payload: Payload) => Json | undefined): readonly Line[] {
  const { origin, status, reused, runs, repeats } = fork;
  const isAtRest = status !== "running";
  const upTo = isAtRest ? "" : `, which is still running: as far as event ${origin.seq}`;
  const kept = reused.filter(({ task }) => !task.includes("["));
  const elements = reused.length - kept.length;
  return [
    [{ style: "bold", text: "fork of " }, `${origin.run}${upTo}`],
    [statusMark("succeeded"), ` reused: ${keptText(kept, elements)}`],
    [statusMark("running"), ` runs: ${count(runs.length, "task")}`],
    ...rows(runs, (run) => runRow(run)),
    ...effectLines(repeats, read),
  ];
}

function keptText(kept: ForkPlan["reused"], elements: number): string {
  const names = kept.slice(0, ROWS_MAX).map(({ task, as }) => (as === "succeeded" ? task : `${task} (${as})`));
  const more = kept.length > ROWS_MAX ? ` and ${kept.length - ROWS_MAX} more` : "";
  const parts = elements === 0 ? "" : `${kept.length === 0 ? "" : ", and "}${count(elements, "element")}`;
  return kept.length + elements === 0 ? "nothing" : `${names.join(", ")}${more}${parts}`;
}

function runRow({ task, tool, reason, because = "" }: Rerun): Row {
  return ["  ", task, tool, { style: "dim", text: REASONS[reason](because) }];
}

function effectLines(
  repeats: readonly RepeatedEffect[],
  read: (payload: Payload) => Json | undefined,
): readonly Line[] {
  if (repeats.length === 0) return [[statusMark("ok"), " no call that may have changed anything is repeated"]];
  return [
    [
      statusMark("warning"),
      ` ${count(repeats.length, "call")} that may have changed something ${repeats.length === 1 ? "is" : "are"} made again, with a new idempotency key:`,
    ],
    ...rows(repeats, ({ task, tool, effect, args, calls, isInDoubt }) => [
      "  ",
      task,
      tool,
      isInDoubt ? `${effect}, in doubt` : effect,
      calls > 1 ? `${calls} times` : "",
      { style: "dim", text: args === undefined ? "" : argumentsText(read(args)) },
    ]),
  ];
}

function argumentsText(args: Json | undefined): string {
  if (args === undefined) return "(its arguments are not stored any more)";
  const text = jsonText(args);
  return text.length <= ARGUMENTS_MAX ? text : `${text.slice(0, ARGUMENTS_MAX).toWellFormed()}...`;
}

function rows<Item>(items: readonly Item[], row: (item: Item) => Row): readonly Line[] {
  const lines = tableLines(items.slice(0, ROWS_MAX).map(row));
  return items.length <= ROWS_MAX ? lines : [...lines, [`  and ${items.length - ROWS_MAX} more: see --json`]];
}
