/** A task graph as a plan of AgentMesh: every task is a call of `local.step` and reads a value of each task before it. */
import type { PlanInput } from "@agentmesh/core";
import type { TaskGraph } from "./task-graph.ts";

export function stepPlan({ shape, tasks, parents }: TaskGraph): PlanInput {
  return {
    mesh: 1,
    name: `${shape} of ${tasks}`,
    tasks: parents.map((before, index) => ({
      id: `t${index}`,
      use: "local.step",
      args: { index, before: before.map((parent) => ({ $from: `t${parent}.index` })) },
    })),
  };
}
