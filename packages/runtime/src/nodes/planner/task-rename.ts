/** Gives a task of a plan another id, wherever it is named: its own `id`, `after`, references, templates and conditions. */
import {
  formatReference,
  isJsonObject,
  isTemplate,
  type Json,
  parseReference,
  type Plan,
  type PlanTask,
} from "@agentmesh/core";

/** From old ids to new ones. */
export type TaskNames = ReadonlyMap<string, string>;

export function renameTasks(plan: Plan, names: TaskNames): Plan {
  if (names.size === 0) return plan;
  const output = plan.output === undefined ? {} : { output: renameIn(plan.output, names) };
  return { ...plan, tasks: plan.tasks.map((task) => renameTask(task, names)), ...output };
}

function renameTask(task: PlanTask, names: TaskNames): PlanTask {
  const { each, onError, repeat } = task;
  // Inside its task a loop name hides a task of the same name.
  const inner = each === undefined ? names : new Map([...names].filter(([name]) => name !== each.as));
  return {
    ...task,
    id: names.get(task.id) ?? task.id,
    args: renameIn(task.args, inner) as PlanTask["args"],
    ...(task.after === undefined ? {} : { after: task.after.map((id) => names.get(id) ?? id) }),
    ...(task.when === undefined ? {} : { when: renameInExpression(task.when, names) }),
    ...(each === undefined ? {} : { each: { ...each, in: renameIn(each.in, names) } }),
    ...(repeat === undefined ? {} : { repeat: { ...repeat, until: renameInExpression(repeat.until, inner) } }),
    ...(typeof onError === "object"
      ? { onError: { ...onError, args: renameIn(onError.args, inner) as PlanTask["args"] } }
      : {}),
  };
}

function renameIn(value: Json, names: TaskNames): Json {
  if (typeof value === "string") return isTemplate(value) ? renameInTemplate(value, names) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => renameIn(item, names));
  if (!isJsonObject(value) || Object.hasOwn(value, "$literal")) return value;
  const { $from: from } = value;
  if (typeof from === "string") return { ...value, $from: renameReference(from, names) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameIn(item, names)]));
}

function renameReference(text: string, names: TaskNames): string {
  const reference = parseReference(text);
  const root = reference === undefined ? undefined : names.get(reference.root);
  return reference === undefined || root === undefined ? text : formatReference({ ...reference, root });
}

function renameInTemplate(text: string, names: TaskNames): string {
  return text.replaceAll(/\{\{.*?\}\}|\{%.*?%\}/gs, (part) => renameInExpression(part, names));
}

/** Names in a Jinja expression: whatever is not in quotes and not a field of something else. */
function renameInExpression(text: string, names: TaskNames): string {
  return text.replaceAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.])[A-Za-z_]\w*/gs,
    (part) => names.get(part) ?? part,
  );
}
