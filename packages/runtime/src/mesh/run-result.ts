/** What a run has come to, as `run --json` prints it last (DESIGN 10). */
import type { ErrorRecord, Json, Payload, PublicRunStatus, RunOutline, WaitView } from "@agentmesh/core";

/** Something that a suspended run waits for, with the arguments of the call, or what its server asks, as a value. */
export interface RunWait extends Omit<WaitView, "args" | "form"> {
  readonly args?: Json;
  readonly form?: Json;
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
  readonly usage: RunOutline["usage"];
  readonly error?: ErrorRecord;
  /** Only of a suspended run. */
  readonly waits?: readonly RunWait[];
}

type ReadValue = (payload: Payload) => Json | undefined;

/** `read` gives the value behind a payload. */
export function runResult(outline: RunOutline, read: ReadValue): RunResult {
  const answer = outline.answer === undefined ? null : read(outline.answer);
  return {
    type: "run.result",
    run: outline.run,
    status: outline.status === "running" ? "suspended" : outline.status,
    output: outline.output === undefined ? null : (read(outline.output) ?? null),
    answer: typeof answer === "string" ? answer : null,
    citations: outline.citations,
    usage: outline.usage,
    ...(outline.error === undefined ? {} : { error: outline.error }),
    ...(outline.status === "suspended" ? { waits: outline.waits.map((wait) => runWait(wait, read)) } : {}),
  };
}

function runWait({ args, form, ...wait }: WaitView, read: ReadValue): RunWait {
  const value = args === undefined ? undefined : read(args);
  const asked = form === undefined ? undefined : read(form);
  return {
    ...wait,
    ...(value === undefined ? {} : { args: value }),
    ...(asked === undefined ? {} : { form: asked }),
  };
}
