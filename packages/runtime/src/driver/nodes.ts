/** The five nodes of the pipeline, as one driver uses them. */
import type { Composer, Executor, Planner, Router, Validator } from "@agentmesh/ports";

export interface Nodes {
  readonly planner: Planner;
  readonly router: Router;
  readonly executor: Executor;
  readonly validator: Validator;
  readonly composer: Composer;
}
