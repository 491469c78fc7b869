/** Binds each `use` to the tool of that name. Asks no model: a name is a name. */
import type { PlanTask, RouterOutcome, ToolSpec } from "@agentmesh/core";
import type { Router, RouterRequest } from "@agentmesh/ports";

export class DefaultRouter implements Router {
  readonly isPure = true;

  route({ plan, tools, unavailable, hidden }: RouterRequest): Promise<RouterOutcome> {
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    const uses = new Set(plan.tasks.flatMap(usesOf));
    const bound = [...uses].flatMap((use): readonly (readonly [string, ToolSpec])[] => {
      const tool = byName.get(use);
      return tool === undefined ? [] : [[use, tool]];
    });
    return Promise.resolve({ tools: new Map(bound), known: [...byName.keys()], unavailable, hidden });
  }
}

function usesOf(task: PlanTask): readonly string[] {
  return typeof task.onError === "object" ? [task.use, task.onError.use] : [task.use];
}
