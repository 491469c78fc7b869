/**
 * A plan ready to run: every value compiled once, edges as task numbers, priority by longest path.
 * Linear in tasks and edges. Compiling never throws on a wrong plan: what is wrong is listed for the check.
 */
import { compileValue, type CompiledValue, type Wire } from "./argument-template.ts";
import type { Finding } from "./finding.ts";
import { compileExpression, type Expression, TemplateError } from "./jinja.ts";
import { type JsonSchema, jsonPointer } from "./json.ts";
import type { Plan, PlanTask } from "./plan.ts";
import type { Reference } from "./reference.ts";

/** How long a task without `expectMs` counts in the longest path, in milliseconds. */
export const EXPECT_MS_DEFAULT = 1_000;

export interface CompiledTask {
  readonly index: number;
  readonly spec: PlanTask;
  readonly args: CompiledValue;
  readonly when: Expression | undefined;
  readonly until: Expression | undefined;
  /** The list of an `each`. */
  readonly list: CompiledValue | undefined;
  /** The arguments of `onError: { use, args }`. */
  readonly fallback: CompiledValue | undefined;
  /** Tasks by number, each once. */
  readonly dependencies: readonly number[];
  readonly dependents: number[];
  /**
   * Milliseconds from the start of this task to the end of the longest chain behind it; between equals the fraction
   * decides, which is larger the more tasks wait for this one.
   */
  priority: number;
}

export interface CompiledPlan {
  readonly plan: Plan;
  readonly tasks: readonly CompiledTask[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Of the object that `inputs` names. */
  readonly inputsSchema: JsonSchema;
  readonly output: CompiledValue | undefined;
  /** What could not be compiled. */
  readonly findings: readonly Finding[];
  /** Tasks that wait for each other, by number; empty in a plan that can run. */
  readonly cycle: readonly number[];
}

const cache = new WeakMap<Plan, CompiledPlan>();

/** The same plan, which nobody changes once it is parsed, is compiled once. */
export function compilePlan(plan: Plan): CompiledPlan {
  const known = cache.get(plan);
  if (known !== undefined) return known;
  const compiled = compile(plan);
  cache.set(plan, compiled);
  return compiled;
}

function compile(plan: Plan): CompiledPlan {
  const indexOf = new Map<string, number>();
  for (const [index, task] of plan.tasks.entries()) indexOf.set(task.id, index);
  const findings: Finding[] = [];
  const tasks = plan.tasks.map((spec, index) => compileTask(spec, index, { indexOf, findings }));
  for (const task of tasks) for (const from of task.dependencies) tasks[from]?.dependents.push(task.index);
  const output = plan.output === undefined ? undefined : compileValue(plan.output, ["output"]);
  findings.push(...(output?.findings ?? []));
  const inputsSchema = { type: "object", properties: plan.inputs ?? {}, additionalProperties: false };
  return { plan, tasks, indexOf, inputsSchema, output, findings, cycle: rankByLongestPath(tasks) };
}

interface Context {
  readonly indexOf: ReadonlyMap<string, number>;
  readonly findings: Finding[];
}

function compileTask(spec: PlanTask, index: number, context: Context): CompiledTask {
  const at = ["tasks", index] as const;
  const args = compileValue(spec.args, [...at, "args"]);
  const list = spec.each === undefined ? undefined : compileValue(spec.each.in, [...at, "each", "in"]);
  const fallback =
    typeof spec.onError === "object" ? compileValue(spec.onError.args, [...at, "onError", "args"]) : undefined;
  const when = condition(spec.when, [...at, "when"], context);
  const until = condition(spec.repeat?.until, [...at, "repeat", "until"], context);
  for (const value of [args, list, fallback])
    if (value !== undefined) for (const finding of value.findings) context.findings.push({ ...finding, task: spec.id });
  const compiled = { index, spec, args, when, until, list, fallback };
  return { ...compiled, dependencies: dependenciesOf(compiled, context.indexOf), dependents: [], priority: 0 };
}

function condition(
  source: string | undefined,
  at: readonly (string | number)[],
  context: Context,
): Expression | undefined {
  if (source === undefined) return undefined;
  try {
    return compileExpression(source);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    context.findings.push({ code: "AM_TEMPLATE", severity: "error", path: jsonPointer(at), message: error.message });
    return undefined;
  }
}

type TaskValues = Pick<CompiledTask, "index" | "spec" | "args" | "when" | "until" | "list" | "fallback">;

function dependenciesOf(task: TaskValues, indexOf: ReadonlyMap<string, number>): readonly number[] {
  const loopName = task.spec.each?.as;
  const found = new Set<number>();
  const add = (root: string): void => {
    const index = indexOf.get(root);
    if (index !== undefined && !(index === task.index && task.until !== undefined)) found.add(index);
  };
  for (const { reference } of task.list?.wires ?? []) add(reference.root);
  for (const reference of task.when?.references ?? []) add(reference.root);
  for (const { root } of elementReferences(task)) if (root !== loopName) add(root);
  for (const id of task.spec.after ?? []) add(id);
  return [...found];
}

/** What is read for each element of an `each`, where the loop name is known. */
export function elementReferences(task: TaskValues): readonly Reference[] {
  const wires: readonly Wire[] = [...task.args.wires, ...(task.fallback?.wires ?? [])];
  return [...wires.map((wire) => wire.reference), ...(task.until?.references ?? [])];
}

/** Kahn's order, then backwards: own time + the longest chain behind. Returns the tasks that no order can hold. */
function rankByLongestPath(tasks: readonly CompiledTask[]): readonly number[] {
  const waiting = Int32Array.from(tasks, (task) => task.dependencies.length);
  const order: CompiledTask[] = tasks.filter((task) => task.dependencies.length === 0);
  // an array grows while it is walked
  for (const done of order) {
    for (const next of done.dependents) {
      const left = (waiting[next] ?? 0) - 1;
      waiting[next] = left;
      const task = tasks[next];
      if (left === 0 && task !== undefined) order.push(task);
    }
  }
  for (let position = order.length - 1; position >= 0; position--) {
    const task = order[position];
    if (task !== undefined) task.priority = priorityOf(task, tasks);
  }
  return order.length === tasks.length
    ? []
    : tasks.filter((task) => (waiting[task.index] ?? 0) > 0).map((task) => task.index);
}

/** The fraction stays below one, and is cut off before the chain goes on: it never outweighs a millisecond. */
function priorityOf({ spec, dependents }: CompiledTask, tasks: readonly CompiledTask[]): number {
  let behindMs = 0;
  for (const next of dependents) behindMs = Math.max(behindMs, Math.floor(tasks[next]?.priority ?? 0));
  return (spec.expectMs ?? EXPECT_MS_DEFAULT) + behindMs + dependents.length / (tasks.length + 1);
}
