/** The planner of the pipeline: the one of its strategies that knows how to prompt the model of the role. */
import type { PlannerOutcome } from "@agentmesh/core";
import type { NodeContext, Planner, PlannerRequest } from "@agentmesh/ports";
import { MissingStrategyError } from "../missing-strategy-error.ts";

/** Loaded when a goal is planned: a plan that is given needs none of them. */
export interface PlannerStrategies {
  readonly chat: () => Planner | Promise<Planner>;
  /** For base models, which only continue a text. */
  readonly completion?: () => Planner | Promise<Planner>;
}

export class DefaultPlanner implements Planner {
  readonly #strategies: PlannerStrategies;

  constructor(strategies: PlannerStrategies) {
    this.#strategies = strategies;
  }

  /** Throws MissingStrategyError, and what the strategy throws. */
  async plan(request: PlannerRequest, context: NodeContext): Promise<PlannerOutcome> {
    const model = await context.model("planner");
    const strategy = this.#strategies[model.capabilities.prompt ?? "chat"];
    if (strategy === undefined) throw new MissingStrategyError("planner", model);
    return (await strategy()).plan(request, context);
  }
}
