/** What a run has come to, as `run --json` prints it last (DESIGN 10). */
import type { ErrorRecord, Json, Payload, PublicRunStatus, RunView, WaitView } from "@agentmesh/core";

/** Something that a suspended run waits for, with the arguments of the call as a value. */
export interface RunWait extends Omit<WaitView, "args"> {
  readonly args?: Json;
}

export interface RunResult {
  readonly type: "run.result";
  readonly run: string;
  /** `suspended`: it waits for a person. */
  readonly status: Exclude<PublicRunStatus, "running">;
  /** Null when the plan names no output. */
  readonly output: Json;
  readonly answer: string | null;
  /** The ids of the tasks that the answer cites. */
  readonly citations: readonly string[];
  readonly usage: RunView["usage"];
  readonly error?: ErrorRecord;
  /** Only of a suspended run. */
  readonly waits?: readonly RunWait[];
}

type ReadValue = (payload: Payload) => Json | undefined;

/** `read` gives the value behind a payload. */
export function runResult(view: RunView, read: ReadValue): RunResult {
  const answer = view.answer === undefined ? null : read(view.answer);
  return {
    type: "run.result",
    run: view.run,
    status: view.status === "running" ? "suspended" : view.status,
    output: view.output === undefined ? null : (read(view.output) ?? null),
    answer: typeof answer === "string" ? answer : null,
    citations: view.citations,
    usage: view.usage,
    ...(view.error === undefined ? {} : { error: view.error }),
    ...(view.status === "suspended" ? { waits: view.waits.map((wait) => runWait(wait, read)) } : {}),
  };
}

function runWait({ args, ...wait }: WaitView, read: ReadValue): RunWait {
  const value = args === undefined ? undefined : read(args);
  return value === undefined ? wait : { ...wait, args: value };
}
