/** What a fork would take over, run again, and do to the world a second time: known before anything starts. */
import type { Payload } from "../payload.ts";
import type { Plan } from "../plan.ts";
import type { RunOrigin } from "../run-event.ts";
import type { ForkStart, ReusedTask } from "../run-input.ts";
import type { PublicRunStatus } from "../run-view.ts";
import type { ToolEffect } from "../tool-spec.ts";

/**
 * Why a task runs in the fork. `from`: asked for. `downstream`: it stands on one that runs again. `input`: it reads an input
 * that has another value. `new`, `changed`: the plan was edited. `tool`: so it was, and its tool is another one now.
 * `unfinished`, `failed`, `in_doubt`: it had no outcome to take over. `elements`: some of its elements run. `approval`:
 * something that runs again stands on this answer of a person. `redacted`, `lost`: its value held a secret, or is not stored.
 */
export type RerunReason =
  | "from"
  | "downstream"
  | "input"
  | "new"
  | "changed"
  | "tool"
  | "unfinished"
  | "failed"
  | "in_doubt"
  | "elements"
  | "approval"
  | "redacted"
  | "lost";

export interface Rerun {
  /** Its key: its id, or `pages[3]` where only some elements of an `each` run. */
  readonly task: string;
  readonly tool: string;
  readonly reason: RerunReason;
  /** The task, input or element behind the reason. */
  readonly because?: string;
}

/** A call that was made, may have changed something, and would be made again. Its idempotency key is another one then. */
export interface RepeatedEffect {
  readonly task: string;
  readonly tool: string;
  readonly effect: ToolEffect;
  /** How often it was called. */
  readonly calls: number;
  /** With what, the last time. */
  readonly args?: Payload;
  /** Nobody knows whether it has had its effect: it was cut off, or is under way. */
  readonly isInDoubt: boolean;
}

export interface ForkPlan {
  readonly origin: RunOrigin;
  /** How the run that is forked stands at that event. */
  readonly status: PublicRunStatus;
  readonly plan: Plan;
  readonly goal?: string;
  readonly by: ForkStart["by"];
  readonly reused: readonly ReusedTask[];
  readonly runs: readonly Rerun[];
  readonly repeats: readonly RepeatedEffect[];
}
