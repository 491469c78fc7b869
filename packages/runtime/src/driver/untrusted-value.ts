/** Whether a value may hold text of strangers (promise 9): its tool's own, or what flowed into its arguments. */
import { provenanceOfTask, type RunState, type TaskState } from "@agentmesh/core";

/** What a run was given by another run is a stranger's, and so is what other runs put out. */
export function standsOnUntrusted({ compiled, bindings, parent }: RunState, task: TaskState): boolean {
  if (compiled === undefined || parent !== undefined) return true;
  const { tasks } = provenanceOfTask(compiled, task.compiled.spec.id);
  const uses = tasks.flatMap((id) => {
    const spec = compiled.tasks[compiled.indexOf.get(id) ?? -1]?.spec;
    if (spec === undefined) return [];
    return typeof spec.onError === "object" ? [spec.use, spec.onError.use] : [spec.use];
  });
  return uses.some((use) => {
    const binding = bindings[use];
    return binding === undefined || binding.isOpenWorld || binding.runs !== undefined;
  });
}
