/** How long a process that knows nothing yet needs to read a run from its store, fold it and show it. */
import { stepMesh } from "../workload/step-mesh.ts";
import { stepPlan } from "../workload/step-plan.ts";
import { type GraphShape, taskGraph } from "../workload/task-graph.ts";

/** Leaves one finished run in the store. Throws StoreError. */
export async function writeRun(shape: GraphShape, tasks: number, store: string): Promise<void> {
  await using mesh = await stepMesh((task) => ({ index: task }), { store });
  await mesh.run(stepPlan(taskGraph(shape, tasks))).result;
}

/** Milliseconds, the opening of the store included. Throws RangeError when the run is not there or not whole. */
export async function measureFold(tasks: number, store: string): Promise<number> {
  const startedMs = performance.now();
  await using mesh = await stepMesh((task) => ({ index: task }), { store });
  const [summary] = await mesh.runs();
  if (summary === undefined) throw new RangeError("the store holds no run");
  const view = await mesh.show(summary.run);
  const foldMs = performance.now() - startedMs;
  const succeeded = Object.values(view.tasks).filter(({ status }) => status === "succeeded");
  if (succeeded.length !== tasks) throw new RangeError(`${succeeded.length} of ${tasks} tasks succeeded`);
  return foldMs;
}
