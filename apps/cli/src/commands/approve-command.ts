/** `agentmesh approve`: answers a question of a run, or every one that is open: a call, the plan, or more budget. */
import { type JsonObject, MeshError } from "@agentmesh/core";
import type { Mesh, Run } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { readJsonObject } from "../documents/json-argument.ts";
import { NothingWaitsError } from "../nothing-waits-error.ts";
import type { Output } from "../terminal/output.ts";
import { runOperand, tellRun, textOption } from "./tell-run.ts";

const BUDGET = "budget";
/** What an answer is refused with when the run has changed meanwhile. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  "AM_NOT_WAITING",
  "AM_ALREADY_DECIDED",
  "AM_APPROVAL_EXPIRED",
  "AM_RUN_ENDING",
  "AM_RUN_OVER",
]);

type Answer = (mesh: Mesh, approval: string) => Promise<Run | undefined>;

export async function approveCommand(call: CommandCall): Promise<number> {
  const run = runOperand(call, "approve");
  const approval = approvalOf(call, run);
  const answer = await answerOf(call, run, approval);
  const done = call.options.has("reject") ? "rejected" : "approved";
  const send = (mesh: Mesh): Promise<Run | undefined> =>
    approval === undefined ? answerAll(mesh, { run, answer, output: call.output }) : answer(mesh, approval);
  return await tellRun(call, { run, send, done });
}

/** Undefined: all. Throws UsageError. */
function approvalOf({ operands: [, approval], options }: CommandCall, run: string): string | undefined {
  const isAll = options.has("all");
  if (isAll && approval !== undefined)
    throw new UsageError("Give either a task or --all.", "See: agentmesh approve --help");
  if (isAll && options.has("args"))
    throw new UsageError("--args belongs to one task.", "Name the task, and approve the others afterwards.");
  if (options.has("args") && options.has("reject"))
    throw new UsageError("Give either --args or --reject.", "--args approves a call with other arguments.");
  if (!isAll && approval === undefined)
    throw new UsageError("Which task is approved?", `See what waits with: agentmesh show ${run}, or approve --all.`);
  return approval;
}

async function answerOf(call: CommandCall, run: string, approval: string | undefined): Promise<Answer> {
  const note = textOption(call, "note");
  if (call.options.has("reject")) return (mesh, name) => mesh.reject(run, name, note);
  const text = call.options.get("args")?.at(-1);
  const args = text === undefined ? undefined : await readJsonObject(text, "--args");
  if (args !== undefined && approval === BUDGET) refuseUnlessLimit(args);
  const options = { ...(args === undefined ? {} : { args }), ...(note === undefined ? {} : { note }) };
  return (mesh, name) => mesh.approve(run, name, options);
}

/** What is no limit would mean "as much again", which is not what was written. Throws UsageError. */
function refuseUnlessLimit(args: JsonObject): void {
  const { limit, ...rest } = args;
  if (Number.isSafeInteger(limit) && Number(limit) >= 0 && Object.keys(rest).length === 0) return;
  throw new UsageError(
    'For budget, --args is the new limit: {"limit": N}.',
    "N is a whole number: tokens, calls, milliseconds, or millionths of a US dollar. Without --args as much again is given.",
  );
}

interface AnsweringAll {
  readonly run: string;
  readonly answer: Answer;
  readonly output: Output;
}

/** Answers what waits now. What the answers before have ended is left out, and said. Throws NothingWaitsError. */
async function answerAll(mesh: Mesh, { run, answer, output }: AnsweringAll): Promise<Run | undefined> {
  const { waits, status } = await mesh.show(run);
  const names = waits.filter((wait) => wait.for === "approval").map(({ name }) => name);
  const [first, ...rest] = names;
  if (first === undefined) throw new NothingWaitsError(run, status);
  let driven = await answer(mesh, first);
  for (const name of rest) {
    try {
      driven = (await answer(mesh, name)) ?? driven;
    } catch (error) {
      if (!(error instanceof MeshError) || !OVERTAKEN.has(error.code)) throw error;
      output.warn(`${name} could not be answered any more: ${error.message}`);
    }
  }
  return driven;
}
