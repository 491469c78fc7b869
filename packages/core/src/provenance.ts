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
const NO_ARGUMENTS = {};

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

/** What a task reads itself. */
export interface TaskSources {
  readonly from: Provenance;
  /** Per argument (JSON Pointer into `args`): the references that flow into it. */
  readonly argumentsFrom: Readonly<Record<string, readonly string[]>>;
}

export function sourcesOfTask(compiled: CompiledPlan | undefined, task: CompiledTask): TaskSources {
  const args = task.args.wires();
  const wires = wiresOf(task, args);
  const from = compiled === undefined || wires.length === 0 ? NOWHERE : rootsOf(wires, task, compiled);
  return { from, argumentsFrom: args.length === 0 ? NO_ARGUMENTS : argumentSources(args) };
}

function rootsOf(wires: readonly Wire[], task: CompiledTask, compiled: CompiledPlan): Provenance {
  const inputs = new Set<string>();
  const open: string[] = [];
  for (const wire of wires) addRoot(wire, { task, compiled, inputs, open });
  return { inputs: [...inputs], tasks: [...new Set(open)] };
}

function argumentSources(args: readonly Wire[]): Readonly<Record<string, readonly string[]>> {
  const sources: Record<string, string[]> = {};
  for (const wire of args) {
    const at = jsonPointer(wire.at);
    const reference = formatReference(wire.reference);
    if (Object.hasOwn(sources, at)) sources[at]?.push(reference);
    else sources[at] = [reference];
  }
  return sources;
}

function wiresOf(task: CompiledTask, args: readonly Wire[] = task.args.wires()): readonly Wire[] {
  if (task.list === undefined && task.fallback === undefined) return args;
  return [...args, ...(task.list?.wires() ?? []), ...(task.fallback?.wires() ?? [])];
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
