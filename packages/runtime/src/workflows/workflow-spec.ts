/** A workflow as a tool: its inputs are the arguments, and the shape of its output is the tool's, as far as the plan alone says. */
import { hash } from "node:crypto";
import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  parseReference,
  type Plan,
  type ToolSpec,
} from "@agentmesh/core";

/** The reserved server of workflows. */
export const WORKFLOW_SERVER = "workflow";
const ANYTHING: JsonSchema = true;
/** How deep the shape of an output is looked at. */
const DEPTH_MAX = 8;

export function workflowSpec(name: string, plan: Plan): ToolSpec {
  const outputSchema = plan.output === undefined ? { type: "null" } : shapeOf(plan.output, plan, 0);
  return {
    name: `${WORKFLOW_SERVER}:${name}`,
    server: WORKFLOW_SERVER,
    tool: name,
    description: plan.note ?? `The workflow "${plan.name}".`,
    inputSchema: inputSchemaOf(plan),
    ...(outputSchema === ANYTHING ? {} : { outputSchema }),
    // The same call is the same run; each of its own calls is as safe as it is.
    effect: "idempotent",
    isOpenWorld: true,
    runs: "workflow",
    fingerprint: hash("sha256", canonicalJson(plan as unknown as Json), "base64url"),
  };
}

function inputSchemaOf({ inputs = {} }: Plan): JsonObject {
  const required = Object.entries(inputs).flatMap(([name, schema]) =>
    isJsonObject(schema) && "default" in schema ? [] : [name],
  );
  return { type: "object", properties: { ...inputs }, required, additionalProperties: false };
}

/** Objects and lists as they are written; a reference to an input has its schema; of any other nothing is known. */
function shapeOf(value: Json, plan: Plan, depth: number): JsonSchema {
  if (depth > DEPTH_MAX) return ANYTHING;
  if (typeof value === "string") return { type: "string" };
  if (Array.isArray(value)) return { type: "array" };
  if (!isJsonObject(value)) return { const: value };
  if ("$literal" in value) return ANYTHING;
  const { $from } = value;
  if (typeof $from === "string") return schemaOfReference($from, plan);
  const entries = Object.entries(value).map(([name, each]) => [name, shapeOf(each, plan, depth + 1)] as const);
  return {
    type: "object",
    properties: Object.fromEntries(entries),
    required: entries.map(([name]) => name),
    additionalProperties: false,
  };
}

function schemaOfReference(path: string, { inputs = {} }: Plan): JsonSchema {
  const reference = parseReference(path);
  if (reference?.root !== "inputs" || reference.path.length !== 1) return ANYTHING;
  return inputs[String(reference.path[0])] ?? ANYTHING;
}
