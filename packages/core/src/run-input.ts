/** Everything that can come to a run from outside: outcomes of its effects, and commands of people. Late or repeated ones give no event. */
import { z } from "zod";
import type { ErrorRecord } from "./error-record.ts";
import type { ModelCallRecord } from "./model-call.ts";
import type { NodeOutcome } from "./node-outcome.ts";
import { Payload } from "./payload.ts";
import type { Plan } from "./plan.ts";
import type { RunPolicy } from "./run-policy.ts";

/** What people (and programs on their behalf) may ask of a run; crosses process borders, so it is a schema. */
export const RunCommand = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("cancel"), reason: z.string().max(1_000) }),
  z.strictObject({
    type: z.literal("resolve"),
    task: z.string(),
    as: z.enum(["done", "retry", "fail"]),
    output: Payload.optional(),
  }),
]);
export type RunCommand = z.infer<typeof RunCommand>;

export interface StartInput {
  readonly type: "start";
  readonly tenant: string;
  readonly name: string;
  readonly inputs: Payload;
  readonly policy: RunPolicy;
  /** A goal to plan for, or a plan to run. */
  readonly mode: "run" | "plan";
  readonly work: { readonly goal: string } | { readonly plan: Plan };
}

export type NodeSucceededInput = {
  readonly type: "node-succeeded";
  readonly call: string;
  readonly input: Payload;
  readonly output: Payload;
  readonly durationMs: number;
} & NodeOutcome;

export interface NodeFailedInput {
  readonly type: "node-failed";
  readonly call: string;
  readonly input?: Payload;
  readonly error: ErrorRecord;
  readonly durationMs: number;
}

/** What a ready task turned out to be once its values were looked at. */
export type TaskResolution =
  | { readonly kind: "start"; readonly args: Payload }
  | { readonly kind: "skip" }
  | { readonly kind: "expand"; readonly count: number }
  | { readonly kind: "fail"; readonly error: ErrorRecord };

export interface CallSucceededInput {
  readonly type: "call-succeeded";
  readonly task: string;
  readonly attempt: number;
  readonly output: Payload;
  readonly durationMs: number;
  /** For a task with `repeat`: whether `until` is still false. */
  readonly isToRepeat?: boolean;
}

export interface CallFailedInput {
  readonly type: "call-failed";
  readonly task: string;
  readonly attempt: number;
  readonly error: ErrorRecord;
  /** `refused`: never sent. `failed`: the tool says so. `unknown`: nobody knows. */
  readonly outcome: "refused" | "failed" | "unknown";
  readonly isRetryable: boolean;
  readonly durationMs: number;
}

export type RunInput =
  | StartInput
  | NodeSucceededInput
  | NodeFailedInput
  | { readonly type: "task-resolved"; readonly task: string; readonly resolution: TaskResolution }
  | CallSucceededInput
  | CallFailedInput
  | { readonly type: "model-called"; readonly record: ModelCallRecord }
  /** Nothing new from outside: what follows from the state itself. */
  | { readonly type: "advance" }
  | RunCommand;
