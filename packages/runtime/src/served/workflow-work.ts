/** Workflows as tools: what they take and give, and what they may do, read off the plan and the tools behind it. */
import {
  isJsonObject,
  isTemplate,
  type Json,
  type JsonObject,
  ownValue,
  type Plan,
  type PlanTask,
  type ToolSpec,
} from "@agentmesh/core";
import type { ServedTool } from "@agentmesh/mcp/server";
import type { ServedWork } from "./served-work.ts";

export type FindTool = (name: string) => ToolSpec | undefined;

/** `name`: the alias under which it is served. */
export function workflowWork(name: string, plan: Plan, findTool: FindTool): ServedWork {
  const outputSchema = outputSchemaOf(plan, findTool);
  const tool: ServedTool = {
    name,
    description: plan.note ?? `Runs the workflow "${plan.name}": ${plan.tasks.length} tasks, checked before it runs.`,
    inputSchema: inputSchemaOf(plan),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    annotations: annotationsOf(plan, findTool),
  };
  return { tool, shape: "output", workOf: (inputs) => ({ work: plan, inputs, name: plan.name }) };
}

function inputSchemaOf({ inputs = {} }: Plan): JsonObject {
  const required = Object.entries(inputs).filter(
    ([, schema]) => typeof schema === "boolean" || !Object.hasOwn(schema, "default"),
  );
  return {
    type: "object",
    properties: inputs,
    required: required.map(([name]) => name),
    additionalProperties: false,
  };
}

/** Undefined where nothing can be said of it. */
function outputSchemaOf(plan: Plan, findTool: FindTool): JsonObject | undefined {
  const schema = plan.output === undefined ? {} : schemaOf(plan.output, plan, findTool);
  return Object.keys(schema).length === 0 ? undefined : schema;
}

function schemaOf(value: Json, plan: Plan, findTool: FindTool): JsonObject {
  if (typeof value === "string") return isTemplate(value) ? { type: "string" } : { const: value };
  if (!isJsonObject(value)) return Array.isArray(value) ? { type: "array" } : { const: value };
  const from = ownValue(value, "$from");
  if (typeof from === "string") return referredSchema(from.split("."), plan, findTool);
  if (Object.hasOwn(value, "$literal")) return {};
  const properties = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, schemaOf(each, plan, findTool)] as const),
  );
  return { type: "object", properties, required: Object.keys(properties) };
}

/** Only of what is certainly there: a task that may be left out, or is one of many, has no such shape. */
function referredSchema([root = "", ...path]: readonly string[], plan: Plan, findTool: FindTool): JsonObject {
  if (root === "inputs") return path.length === 1 ? asSchema(plan.inputs?.[path[0] ?? ""]) : {};
  const task = plan.tasks.find(({ id }) => id === root);
  if (task === undefined || !isCertain(task)) return {};
  const schema = findTool(task.use)?.outputSchema;
  return isJsonObject(schema) ? schemaAt(schema, path) : {};
}

function isCertain({ when, each, repeat, join, onError = "fail" }: PlanTask): boolean {
  return [when, each, repeat, join].every((part) => part === undefined) && onError === "fail";
}

/** Nothing is said of what stands behind references, or of parts that need not be there. */
function schemaAt(schema: JsonObject, path: readonly string[]): JsonObject {
  const [step, ...rest] = path;
  if (JSON.stringify(schema).includes('"$ref"')) return {};
  if (step === undefined) return schema;
  const properties = ownValue(schema, "properties");
  const required = ownValue(schema, "required");
  const isThere = Array.isArray(required) && required.includes(step);
  return isThere && isJsonObject(properties) ? schemaAt(asSchema(ownValue(properties, step)), rest) : {};
}

function asSchema(schema: Json | undefined): JsonObject {
  return isJsonObject(schema) ? schema : {};
}

/** What its tasks call, also in place of what has failed. */
export function usesOf({ tasks }: Plan): readonly string[] {
  return tasks.flatMap(({ use, onError }) => (typeof onError === "object" ? [use, onError.use] : [use]));
}

/** The worst of its tasks; of a tool that is not known, the worst there is. */
function annotationsOf(plan: Plan, findTool: FindTool): JsonObject {
  const tools = usesOf(plan).map(findTool);
  const every = (test: (tool: ToolSpec) => boolean): boolean => tools.every((tool) => tool !== undefined && test(tool));
  return {
    readOnlyHint: every(({ effect }) => effect === "read"),
    destructiveHint: !every(({ effect, isDestructive }) => effect !== "destructive" && isDestructive !== true),
    idempotentHint: every(({ effect }) => effect === "read" || effect === "idempotent"),
    openWorldHint: !every(({ isOpenWorld }) => !isOpenWorld),
  };
}
