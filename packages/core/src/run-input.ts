/** Everything that can come to a run from outside: outcomes of its effects, and commands of people. Late or repeated ones give no event. */
import * as z from "./zod.ts";
import type { CacheHit } from "./cache-hit.ts";
import type { ChildReport } from "./child-run.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { ModelCallRecord } from "./model-call.ts";
import type { NodeOutcome } from "./node-outcome.ts";
import { Payload } from "./payload.ts";
import type { Plan } from "./plan.ts";
import type { RunEventDraft, RunOrigin, WaitKind } from "./run-event.ts";
import type { RunParent } from "./run-parent.ts";
import type { RunPolicy } from "./run-policy.ts";
import type { RunScope } from "./run-scope.ts";
import type { ToolDrift } from "./tool-drift.ts";

/** What people (and programs on their behalf) may ask of a run; crosses process borders, so it is a schema. */
export const RunCommand = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("cancel"), reason: z.string().max(1_000) }),
  z.strictObject({
    type: z.literal("resolve"),
    task: z.string(),
    as: z.enum(["done", "retry", "fail"]),
    output: Payload.optional(),
  }),
  z.strictObject({
    type: z.literal("approve"),
    /** A task's key, `plan` or `budget`. */
    approval: z.string(),
    /** Arguments to use instead of those that were asked for. */
    args: Payload.optional(),
    note: z.string().max(1_000).optional(),
  }),
  z.strictObject({ type: z.literal("reject"), approval: z.string(), note: z.string().max(1_000).optional() }),
  z.strictObject({
    type: z.literal("signal"),
    kind: z.enum(["signal", "event"]).default("signal"),
    name: z.string().min(1).max(200),
    data: Payload,
  }),
  /** A run that a task waits for goes on, or is over. */
  z.strictObject({ type: z.literal("continue"), child: z.string() }),
]);
export type RunCommand = z.infer<typeof RunCommand>;

/** The outcome of a task that a fork takes over. */
export type ReusedTask = Omit<Extract<RunEventDraft, { readonly type: "task.reused" }>, "type">;

/** What a run that is forked off another one begins with. */
export interface ForkStart {
  readonly origin: RunOrigin;
  /** Of the run that it comes from. */
  readonly goal?: string;
  /** Who wrote the plan. */
  readonly by: "caller" | "planner";
  readonly reused: readonly ReusedTask[];
}

export interface StartInput {
  readonly type: "start";
  readonly tenant: string;
  readonly name: string;
  readonly inputs: Payload;
  readonly policy: RunPolicy;
  readonly scope?: RunScope;
  /** A goal to plan for, or a plan to run. */
  readonly mode: "run" | "plan";
  readonly work: { readonly goal: string } | { readonly plan: Plan };
  /** Of a plan. Absent: nothing is taken over. */
  readonly fork?: ForkStart;
  readonly parent?: RunParent;
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
  /** `child`: the id of the run that the call has, if it is one of this mesh. */
  | { readonly kind: "start"; readonly args: Payload; readonly child?: string }
  /** `mesh.wait`: `inMs` counts from now; for a signal or an event it is the time after which the wait fails. */
  | {
      readonly kind: "wait";
      readonly for: WaitKind;
      readonly name?: string;
      readonly inMs?: number;
      readonly untilMs?: number;
    }
  /** `mesh.approve`: its value is the decision. */
  | {
      readonly kind: "ask";
      readonly args: Payload;
      readonly message: string;
      readonly expiresMs?: number;
      readonly default?: "approve" | "reject";
    }
  | { readonly kind: "skip" }
  | { readonly kind: "expand"; readonly count: number }
  | { readonly kind: "fail"; readonly error: ErrorRecord; readonly drift?: ToolDrift };

export interface CallSucceededInput {
  readonly type: "call-succeeded";
  readonly task: string;
  readonly attempt: number;
  readonly output: Payload;
  readonly durationMs: number;
  /** For a task with `repeat`: whether `until` is still false. */
  readonly isToRepeat?: boolean;
  /** The call was not made: this is what an earlier one gave. */
  readonly cache?: CacheHit;
  /** Of a call that has a run of its own, where that says so. */
  readonly child?: ChildReport;
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
  readonly child?: ChildReport;
  /** It was stopped because its tool has changed. */
  readonly drift?: ToolDrift;
}

/** The server wants to know something of a person in the middle of a call. Answered by `answer-input`. */
export interface InputAskedInput {
  readonly type: "input-asked";
  readonly task: string;
  readonly attempt: number;
  readonly message: string;
  /** See `approval.requested`. */
  readonly form: Payload;
  /** How long somebody may take, in milliseconds. */
  readonly expiresMs: number;
}

/** The run behind a call waits for somebody. */
export interface CallSuspendedInput {
  readonly type: "call-suspended";
  readonly task: string;
  readonly attempt: number;
  readonly child: string;
}

/** A child that was told to end is over. */
export interface ChildEndedInput {
  readonly type: "child-ended";
  readonly child: string;
  readonly report?: ChildReport;
}

/** A model is about to be called, at the most for so much. Answered by `budget.reserved` or `budget.exceeded`. */
export interface ModelReservingInput {
  readonly type: "model-reserving";
  readonly caller: string;
  readonly tokens: number;
  readonly microUsd: number;
}

export type RunInput =
  | StartInput
  | NodeSucceededInput
  | NodeFailedInput
  | { readonly type: "task-resolved"; readonly task: string; readonly resolution: TaskResolution }
  | CallSucceededInput
  | CallFailedInput
  | CallSuspendedInput
  | InputAskedInput
  | ChildEndedInput
  | { readonly type: "model-called"; readonly record: ModelCallRecord }
  | ModelReservingInput
  /** The process that drove the run is gone: what was under way has an unknown outcome. */
  | { readonly type: "recover" }
  /** Nothing new from outside: what follows from the state itself. */
  | { readonly type: "advance" }
  | RunCommand;
