/** The static check of a plan against the tools that a run would have now. */
import { catalogueOfRouting, checkPlan, type Finding, type Plan } from "@agentmesh/core";
import type { ToolDirectory } from "../driver/run-services.ts";
import { bindPlan } from "./default-router.ts";

export function findingsOf(plan: Plan, tools: ToolDirectory): readonly Finding[] {
  const outcome = bindPlan({
    plan,
    tools: tools.tools(),
    capabilities: tools.capabilities(),
    unavailable: tools.unavailable(),
    hidden: (name) => tools.hidden(name),
  });
  return checkPlan(plan, catalogueOfRouting(outcome)).findings;
}
