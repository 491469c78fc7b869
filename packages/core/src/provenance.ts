/**
 * Where a value comes from. Follows from the plan alone, so it costs nothing at run time and cannot be lost: a task's value
 * stands on its own call and on all that flowed into its arguments.
 */
import type { CompiledPlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import { formatReference } from "./reference.ts";
import { jsonPointer } from "./json.ts";
import type { Wire } from "./plan-value.ts";

export interface Provenance {
  /** Names of the run's inputs. `*`: all of them. */
  readonly inputs: readonly string[];
  /** Task ids, in plan order. */
  readonly tasks: readonly string[];
}

const NOWHERE: Provenance = { inputs: [], tasks: [] };

/** Everything that a task's value stands on, directly or through other tasks; the task itself first. */
export function provenanceOfTask(compiled: CompiledPlan, id: string): Provenance {
  const tasks = new Set<string>();
  const inputs = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const task = compiled.tasks[compiled.indexOf.get(next) ?? -1];
    if (task === undefined || tasks.has(next)) continue;
    tasks.add(next);
    for (const wire of wiresOf(task)) addRoot(wire, { task, compiled, inputs, open });
  }
  return { inputs: [...inputs], tasks: [...tasks] };
}

/** The inputs and tasks that a task reads itself. */
export function sourcesOfTask(compiled: CompiledPlan, task: CompiledTask): Provenance {
  const wires = wiresOf(task);
  if (wires.length === 0) return NOWHERE;
  const inputs = new Set<string>();
  const open: string[] = [];
  for (const wire of wires) addRoot(wire, { task, compiled, inputs, open });
  return { inputs: [...inputs], tasks: [...new Set(open)] };
}

/** Per argument (JSON Pointer into `args`): the references that flow into it. */
export function argumentSources(task: CompiledTask): Readonly<Record<string, readonly string[]>> {
  const sources: Record<string, string[]> = {};
  for (const wire of task.args.wires()) {
    const at = jsonPointer(wire.at);
    const reference = formatReference(wire.reference);
    if (Object.hasOwn(sources, at)) sources[at]?.push(reference);
    else sources[at] = [reference];
  }
  return sources;
}

function wiresOf(task: CompiledTask): readonly Wire[] {
  const wires = task.args.wires();
  if (task.list === undefined && task.fallback === undefined) return wires;
  return [...wires, ...(task.list?.wires() ?? []), ...(task.fallback?.wires() ?? [])];
}

interface Walk {
  readonly task: CompiledTask;
  readonly compiled: CompiledPlan;
  readonly inputs: Set<string>;
  readonly open: string[];
}

function addRoot({ reference }: Wire, { task, compiled, inputs, open }: Walk): void {
  const { root, path } = reference;
  if (root === task.spec.each?.as || root === "index" || root === "run") return; // an element of a list that is followed anyway
  if (root === "inputs") inputs.add(String(path[0] ?? "*"));
  else if (compiled.indexOf.has(root)) open.push(root);
}
