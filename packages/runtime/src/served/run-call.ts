/** One call of a served tool: a run from its beginning, or from the answers to a question, until it has something to say. */
import { isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import {
  InputStateError,
  isConnectionLost,
  type InputReply,
  type ServedAnswer,
  type ServedCall,
} from "@agentmesh/mcp/server";
import type { RunResult } from "../mesh/run-result.ts";
import { decodeCallContext } from "../subagent/call-context.ts";
import { idempotencyKeyOf } from "./call-meta.ts";
import { runAnswer } from "./run-answer.ts";
import { RunProgress } from "./run-progress.ts";
import { runTask } from "./run-task.ts";
import { keyedRunId, type ServedRuns } from "./served-runs.ts";
import type { ServedWork } from "./served-work.ts";
import { commandsOf, questionsOf, waitKey } from "./wait-questions.ts";

export interface RunCallParts {
  readonly runs: ServedRuns;
  readonly work: ServedWork;
  readonly args: JsonObject;
  readonly call: ServedCall;
  /** A client that takes tasks gets one when the run takes longer, in milliseconds. */
  readonly taskAfterMs: number;
}

/** How soon the call of a run becomes a task, in milliseconds: it is then its own, whatever becomes of the connection. */
const TASK_OF_RUN_AFTER_MS = 100;

export async function runCall(parts: RunCallParts): Promise<ServedAnswer> {
  const { reply } = parts.call;
  return reply === undefined ? begin(parts) : goOn(parts, reply);
}

async function begin(parts: RunCallParts): Promise<ServedAnswer> {
  const { runs, work, args, call } = parts;
  const key = idempotencyKeyOf(call.meta);
  const { principal } = call;
  const id = key === undefined ? undefined : keyedRunId({ principal, tool: work.tool.name, args, key });
  return follow(parts, runs.begin(work.workOf(args), { id, context: decodeCallContext(call.meta) }));
}

/** Throws InputStateError when the run waits for nothing any more that was asked. */
async function goOn(parts: RunCallParts, { answers, state }: InputReply): Promise<ServedAnswer> {
  const { runs } = parts;
  const { run, asked } = stateOf(state);
  const now = await runs.now(run);
  const waits = now?.waits?.filter((wait) => asked.has(waitKey(wait))) ?? [];
  if (now === undefined || waits.length === 0) throw new InputStateError("already_answered", { run });
  const commands = commandsOf(waits, answers);
  // Nobody has answered: it stays stored, and can be answered elsewhere.
  if (commands.length === 0) return { kind: "result", result: runAnswer(now, parts.work.shape) };
  for (const command of commands) await runs.send(run, command);
  return follow(parts, run);
}

async function follow(parts: RunCallParts, run: string): Promise<ServedAnswer> {
  const { runs, call } = parts;
  const abandon = (): void => {
    if (!isAskedAgain(call)) runs.cancel(run, "cancelled by the client");
  };
  if (call.signal.aborted) abandon();
  call.signal.addEventListener("abort", abandon, { once: true });
  const progress = new RunProgress(call.progress);
  try {
    const stopped = runs.stop(run, { signal: call.signal, tell: (signal) => progress.add(signal) });
    const result = call.client.tasks ? await within(stopped, taskAfterMsOf(parts)) : await stopped;
    const isTask = result === undefined || (result.status === "suspended" && call.client.tasks && isOfRun(call));
    return isTask ? await asTask(parts, run) : await answerOf(parts, result);
  } finally {
    call.signal.removeEventListener("abort", abandon);
  }
}

/** A run that calls comes again when it has lost the connection, and cancels the task when it means to. */
function isAskedAgain(call: ServedCall): boolean {
  return isOfRun(call) && (call.client.tasks || isConnectionLost(call.signal));
}

function isOfRun({ meta }: ServedCall): boolean {
  return idempotencyKeyOf(meta) !== undefined && decodeCallContext(meta) !== undefined;
}

function taskAfterMsOf({ call, taskAfterMs }: RunCallParts): number {
  return isOfRun(call) ? Math.min(taskAfterMs, TASK_OF_RUN_AFTER_MS) : taskAfterMs;
}

async function answerOf({ runs, work, call }: RunCallParts, result: RunResult): Promise<ServedAnswer> {
  const { run, waits = [] } = result;
  const requests = questionsOf(run, waits, call.client);
  const asked = Object.keys(requests);
  if (asked.length === 0) {
    const isForRun = decodeCallContext(call.meta) !== undefined;
    return { kind: "result", result: runAnswer(result, work.shape, isForRun ? await runs.spans(run) : undefined) };
  }
  const abandoned = (): void => runs.cancel(run, "cancelled by the client");
  return { kind: "input", requests, state: { run, asked }, abandoned };
}

/** The run is in the store: it can be asked for from now on, also when this process is gone. */
async function asTask({ runs, work, call }: RunCallParts, run: string): Promise<ServedAnswer> {
  // Servers may still connect: the first event says that it is stored.
  for await (const _ of runs.signals(run)) break;
  return { kind: "task", task: await runTask(runs, { run, shape: work.shape, client: call.client }) };
}

/** Undefined when it takes longer. */
async function within<Value>(promise: Promise<Value>, limitMs: number): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined); // the task will say
  }
}

/** `asked`: the keys of the questions that were put; of the run they say nothing else, since it may go on meanwhile. */
function stateOf(state: Json | undefined): { readonly run: string; readonly asked: ReadonlySet<Json> } {
  const { run, asked } = isJsonObject(state) ? state : {};
  if (typeof run !== "string" || !Array.isArray(asked)) throw new InputStateError("already_answered");
  return { run, asked: new Set(asked) };
}
