/** Binds each `use` to the tool of that name, or to the best tool of its capability. Asks no model. */
import {
  catalogueOfRouting,
  checkPlan,
  kindOfUse,
  type Plan,
  type PlanTask,
  type RouterOutcome,
  type ToolSpec,
} from "@agentmesh/core";
import type { Router, RouterRequest } from "@agentmesh/ports";

export class DefaultRouter implements Router {
  readonly isPure = true;

  route(request: RouterRequest): Promise<RouterOutcome> {
    return Promise.resolve(bindPlan(request));
  }
}

/** A capability is bound to the first of its tools with which the plan passes its check, the others stand by. */
export function bindPlan({ plan, tools, capabilities, unavailable, hidden }: RouterRequest): RouterOutcome {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const uses = new Set(plan.tasks.flatMap(usesOf));
  const bound = new Map<string, ToolSpec>();
  for (const use of uses) {
    const tool = byName.get(use) ?? capabilities.get(use)?.[0];
    if (tool !== undefined) bound.set(use, tool);
  }
  const alternatives = new Map(
    [...uses].flatMap((use) => {
      const able = kindOfUse(use) === "capability" ? (capabilities.get(use) ?? []) : [];
      return able.length > 1 ? [[use, able] as const] : [];
    }),
  );
  const outcome = {
    tools: bound,
    ...(alternatives.size === 0 ? {} : { alternatives }),
    known: [...byName.keys(), ...capabilities.keys()],
    unavailable,
    hidden,
  };
  return alternatives.size === 0 ? outcome : { ...outcome, tools: fittest(plan, outcome, alternatives) };
}

/** From the first choice of each capability on, one capability after the other, while the check finds errors. */
function fittest(
  plan: Plan,
  outcome: RouterOutcome,
  alternatives: ReadonlyMap<string, readonly ToolSpec[]>,
): ReadonlyMap<string, ToolSpec> {
  let best = { tools: outcome.tools, errors: errorsWith(plan, outcome) };
  for (const [use, able] of alternatives)
    for (const tool of able) {
      if (best.errors === 0) return best.tools;
      const tools = new Map(best.tools).set(use, tool);
      const errors = errorsWith(plan, { ...outcome, tools });
      if (errors < best.errors) best = { tools, errors };
    }
  return best.tools;
}

function errorsWith(plan: Plan, outcome: RouterOutcome): number {
  return checkPlan(plan, catalogueOfRouting(outcome)).findings.filter(({ severity }) => severity === "error").length;
}

function usesOf(task: PlanTask): readonly string[] {
  return typeof task.onError === "object" ? [task.use, task.onError.use] : [task.use];
}
