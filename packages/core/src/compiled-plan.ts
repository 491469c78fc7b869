/**
 * A plan ready to run: every value compiled once, edges as task numbers, priority by longest path.
 * Linear in tasks and edges. Compiling never throws on a wrong plan: what is wrong is listed for the check.
 */
import { CompiledTask, type PlanParts } from "./compiled-task.ts";
import type { Finding } from "./finding.ts";
import { compileExpression, type Expression, TemplateError } from "./jinja.ts";
import { type JsonSchema, jsonPointer } from "./json.ts";
import type { Plan, PlanTask } from "./plan.ts";
import { PlanTemplates, PlanValue } from "./plan-value.ts";
import type { Reference } from "./reference.ts";
import { TaskGraph } from "./task-graph.ts";

/** How long a task without `expectMs` counts in the longest path, in milliseconds. */
export const EXPECT_MS_DEFAULT = 1_000;

export interface CompiledPlan {
  readonly plan: Plan;
  readonly tasks: readonly CompiledTask[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Of the object that `inputs` names. */
  readonly inputsSchema: JsonSchema;
  readonly output: PlanValue | undefined;
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
  const parts: PlanParts = { graph: new TaskGraph(plan.tasks.length), templates: new PlanTemplates() };
  const context = { parts, findings, indexOf };
  const tasks = plan.tasks.map((spec, index) => {
    const task = compileTask(spec, index, context);
    readTask(task, context);
    parts.graph.endTask();
    return task;
  });
  const cycle = parts.graph.close((index) => plan.tasks[index]?.expectMs ?? EXPECT_MS_DEFAULT);
  const output = plan.output === undefined ? undefined : new PlanValue(plan.output, parts.templates);
  output?.visit({ finding: (finding) => findings.push(findingAt(["output"], finding)) });
  const inputsSchema = { type: "object", properties: plan.inputs ?? {}, additionalProperties: false };
  return { plan, tasks, indexOf, inputsSchema, output, findings, cycle };
}

const NO_REFERENCES: readonly Reference[] = [];
const NO_IDS: readonly string[] = [];

interface Context {
  readonly parts: PlanParts;
  readonly findings: Finding[];
  readonly indexOf: ReadonlyMap<string, number>;
}

function compileTask(spec: PlanTask, index: number, context: Context): CompiledTask {
  const when = condition(spec.when, ["tasks", index, "when"], context);
  const until = condition(spec.repeat?.until, ["tasks", index, "repeat", "until"], context);
  return new CompiledTask(spec, { index, when, until }, context.parts);
}

function findingAt(base: readonly (string | number)[], finding: Finding): Finding {
  return { ...finding, path: jsonPointer(base) + finding.path };
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

/** Adds to the graph what it waits for: what it reads, and what it comes after. Reports what is wrong with its values. */
function readTask(task: CompiledTask, { parts, findings, indexOf }: Context): void {
  const { spec, index, list, fallback, when, until } = task;
  const add = (root: string): void => {
    const other = indexOf.get(root);
    if (other !== undefined && !(other === index && until !== undefined)) parts.graph.add(other);
  };
  const addOuter = (root: string): void => {
    if (root !== spec.each?.as) add(root);
  };
  const read = (value: PlanValue, at: readonly string[], addRoot: (root: string) => void): void =>
    value.visit({
      wire: ({ reference }) => addRoot(reference.root),
      finding: (finding) => findings.push({ ...findingAt(["tasks", index, ...at], finding), task: spec.id }),
    });
  if (list !== undefined) read(list, ["each", "in"], add);
  for (const { root } of when?.references ?? NO_REFERENCES) add(root);
  read(task.args, ["args"], addOuter);
  if (fallback !== undefined) read(fallback, ["onError", "args"], addOuter);
  for (const { root } of until?.references ?? NO_REFERENCES) addOuter(root);
  for (const id of spec.after ?? NO_IDS) add(id);
}

/** What is read for each element of an `each`, where the loop name is known. */
export function elementReferences(task: CompiledTask): readonly Reference[] {
  const own = referencesIn(task.args);
  if (task.fallback === undefined && task.until === undefined) return own;
  return [...own, ...referencesIn(task.fallback), ...(task.until?.references ?? NO_REFERENCES)];
}

/** In the order in which they stand there. */
export function referencesIn(value: PlanValue | undefined): readonly Reference[] {
  return value?.wires().map(({ reference }) => reference) ?? NO_REFERENCES;
}
