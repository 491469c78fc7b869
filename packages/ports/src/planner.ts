/** Goal and tool schemas in, a plan out. Sees codes and paths of findings, never the output of a tool (promise 9). */
import type { Finding, JsonSchema, Plan, PlannerOutcome, ToolSpec } from "@agentmesh/core";
import type { NodeContext } from "./node-context.ts";

export interface PlannerRequest {
  readonly goal: string;
  /** Names and schemas of the inputs that were given with the goal. */
  readonly inputs: Readonly<Record<string, JsonSchema>>;
  readonly tools: readonly ToolSpec[];
  /** The most tasks that a plan may have. */
  readonly tasksMax: number;
  /** Counts up from 1 within one plan revision. */
  readonly attempt: number;
  /** Set when an earlier plan was refused, or has failed in part. */
  readonly previous?: PreviousPlan;
}

export interface PreviousPlan {
  readonly findings: readonly Pick<Finding, "code" | "path" | "task">[];
  /** The plan that is being patched; absent when none was accepted yet. */
  readonly plan?: Plan;
  /** Tasks that have finished, by id: their values can be referred to, they are not planned again. */
  readonly finished: readonly string[];
  /** Ids of tasks of earlier plans that are in none any more: they stay used. */
  readonly retired?: readonly string[];
}

export interface Planner {
  plan(request: PlannerRequest, context: NodeContext): Promise<PlannerOutcome>;
}
