/** What a model answered, told apart: a plan to be checked, one of the two other outcomes, or a wish to see more tools. */
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "@agentmesh/core";

/** What only people, configuration and the core may say about a task. Taken away, never followed. */
const NOT_FOR_MODELS: ReadonlySet<string> = new Set(["effect", "cache", "approve", "expectMs"]);
const REASON_CHARACTERS_MAX = 500;
const MISSING_MAX = 16;
const MORE_TOOLS_MAX = 32;

export type PlanDraft =
  | { readonly kind: "plan"; readonly document: JsonObject; readonly stripped: readonly string[] }
  | { readonly kind: "no-tool-fits"; readonly reason: string }
  | { readonly kind: "value-missing"; readonly missing: readonly string[] }
  | { readonly kind: "more-tools"; readonly names: readonly string[] };

/** Undefined when the value is none of these. `inputs`: the schemas of the run's inputs, which become the plan's. */
export function readPlanDraft(value: Json, inputs: Readonly<Record<string, JsonSchema>>): PlanDraft | undefined {
  if (!isJsonObject(value)) return undefined;
  const { tasks, noToolFits, missing, moreTools, plan } = value;
  if (isJsonObject(plan) && tasks === undefined) return readPlanDraft(plan, inputs);
  if (Array.isArray(tasks) && tasks.length > 0) return planOf(value, tasks as readonly Json[], inputs);
  if (typeof noToolFits === "string" && noToolFits !== "") {
    return { kind: "no-tool-fits", reason: noToolFits.slice(0, REASON_CHARACTERS_MAX) };
  }
  const open = textsOf(missing).slice(0, MISSING_MAX);
  if (open.length > 0) return { kind: "value-missing", missing: open };
  const names = textsOf(moreTools).slice(0, MORE_TOOLS_MAX);
  if (names.length > 0) return { kind: "more-tools", names };
  return Array.isArray(tasks) ? planOf(value, [], inputs) : undefined;
}

function planOf(value: JsonObject, tasks: readonly Json[], inputs: Readonly<Record<string, JsonSchema>>): PlanDraft {
  const { reason, name, output } = value;
  const stripped = new Set<string>();
  const document: JsonObject = {
    mesh: 1,
    ...(typeof name === "string" && name !== "" ? { name: name.slice(0, 200) } : {}),
    ...(typeof reason === "string" && reason !== "" ? { note: reason.slice(0, REASON_CHARACTERS_MAX) } : {}),
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    tasks: tasks.map((task) => withoutForbidden(task, stripped)),
    ...(output === undefined || output === null ? {} : { output }),
  };
  return { kind: "plan", document, stripped: [...stripped] };
}

function withoutForbidden(task: Json, stripped: Set<string>): Json {
  if (!isJsonObject(task)) return task;
  const entries = Object.entries(task).filter(([key]) => {
    if (!NOT_FOR_MODELS.has(key)) return true;
    stripped.add(key);
    return false;
  });
  return Object.fromEntries(entries);
}

function textsOf(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((text) =>
    typeof text === "string" && text.trim() !== "" ? [text.trim().slice(0, REASON_CHARACTERS_MAX)] : [],
  );
}
