/** Looks at what a run has done once nothing more can go on, and accepts it or says what is wrong. */
import type { Finding, Json, Plan, RunView } from "@agentmesh/core";
import type { NodeContext } from "./node-context.ts";

export interface FailedTask {
  readonly task: string;
  /** Of its error. */
  readonly code: string;
}

export interface ValidatorRequest {
  readonly plan: Plan;
  /** Tasks of the plan that failed, and that the plan does not go on without. */
  readonly failed: readonly FailedTask[];
  /** Made when it is read: a view of a large run costs more than its check. */
  readonly view: RunView;
  /** The run's output; undefined when the plan names none or it could not be built. */
  readonly output: Json | undefined;
  readonly outputError?: { readonly code: string; readonly message: string };
}

export interface Validator {
  /** It asks nobody and changes nothing: it may be called before its start is stored, and shares a commit with it. */
  readonly isPure?: boolean;
  /** Findings with severity `error` send the plan back to the planner. */
  validate(request: ValidatorRequest, context: NodeContext): Promise<readonly Finding[]>;
}
