/** What a run has come to, as `run --json` prints it last (DESIGN 10). */
import type { ErrorRecord, Json, Payload, PublicRunStatus, RunView } from "@agentmesh/core";

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
}

/** `read` gives the value behind a payload. */
export function runResult(view: RunView, read: (payload: Payload) => Json | undefined): RunResult {
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
  };
}
