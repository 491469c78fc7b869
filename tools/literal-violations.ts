/** Validates the literal arguments of a plan's tasks on their own, one by one, against the tools' schemas as they are. */
import {
  isJsonObject,
  isTemplate,
  type Json,
  type JsonObject,
  type Plan,
  type ToolCatalogue,
  validateJson,
} from "@agentmesh/core";

/** Each as `task.argument: what is wrong`; empty when every literal is valid. */
export function literalViolations(plan: Plan, catalogue: ToolCatalogue): readonly string[] {
  return plan.tasks.flatMap(({ id, use, args }) => {
    const tool = catalogue.toolFor(use);
    if (tool === undefined) return [`${id}: no tool is named ${use}`];
    const whole = Object.values(args).some(isWired) ? [] : violationsOf(id, tool.inputSchema, args);
    const parts = Object.entries(args).flatMap(([name, value]) => {
      const schema = schemaOf(name, tool.inputSchema);
      return isWired(value) || schema === undefined ? [] : violationsOf(`${id}.${name}`, schema, value);
    });
    return [...whole, ...parts];
  });
}

function violationsOf(place: string, schema: JsonObject, value: Json): readonly string[] {
  return validateJson(schema, value).map(({ path, message }) => `${place}${path}: ${message}`);
}

/** With the definitions that it may refer to. */
function schemaOf(name: string, { properties, $defs, definitions }: JsonObject): JsonObject | undefined {
  const own = isJsonObject(properties) ? properties[name] : undefined;
  if (!isJsonObject(own)) return undefined;
  return { ...own, ...($defs === undefined ? {} : { $defs }), ...(definitions === undefined ? {} : { definitions }) };
}

function isWired(value: Json): boolean {
  if (typeof value === "string") return isTemplate(value);
  if (Array.isArray(value)) return (value as readonly Json[]).some(isWired);
  return isJsonObject(value) && ("$from" in value || "$literal" in value || Object.values(value).some(isWired));
}
