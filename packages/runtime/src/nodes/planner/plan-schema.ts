/**
 * The answer that a planner asks a model for, as one JSON Schema built from the tools at hand: a plan whose tasks name
 * only these tools with these arguments, or the news that no tool fits, or what the goal leaves open. What a model may
 * not decide (effects, caching, approvals) has no place in it.
 */
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import { referableArguments, REFERENCE_SCHEMA } from "./referable-schema.ts";

const REASON_CHARACTERS_MAX = 300;
const ID_CHARACTERS_MAX = 40;
const MISSING_MAX = 8;
const MORE_TOOLS_MAX = 16;
/** For all tools together: OpenAI takes 1,000 listed values, names of tools included, and 5,000 properties. */
const ROOM = { parts: 1_500, enumValues: 900 };

export interface PlanSchemaOptions {
  readonly tools: readonly ToolSpec[];
  readonly tasksMax: number;
  /** Whether there are tools that the prompt names and does not show. */
  readonly hasOthers: boolean;
  /** `outline`: for backends that enforce no schema, where it would only be repeated in the prompt. */
  readonly detail: "full" | "outline";
}

export function planSchema(options: PlanSchemaOptions): JsonObject {
  const reason = { type: "string", maxLength: REASON_CHARACTERS_MAX };
  const answers: JsonObject[] = [
    closed(
      { reason, tasks: { type: "array", items: taskSchema(options), maxItems: options.tasksMax }, output: OUTPUT },
      ["reason", "tasks"],
    ),
    closed({ noToolFits: reason }, ["noToolFits"]),
    closed({ missing: { ...TEXTS, minItems: 1, maxItems: MISSING_MAX } }, ["missing"]),
  ];
  if (options.hasOthers) {
    answers.push(closed({ moreTools: { ...TEXTS, minItems: 1, maxItems: MORE_TOOLS_MAX } }, ["moreTools"]));
  }
  return { anyOf: answers };
}

const TEXTS: JsonObject = { type: "array", items: { type: "string", maxLength: REASON_CHARACTERS_MAX } };
/** A reference, or a text with {{ }}. */
const OUTPUT: JsonObject = { anyOf: [REFERENCE_SCHEMA, { type: "string" }] };

const EACH = closed(
  {
    in: { anyOf: [REFERENCE_SCHEMA, { type: "array", items: { type: ["string", "number"] } }] },
    as: { type: "string", maxLength: ID_CHARACTERS_MAX },
    maxItems: { type: "integer", minimum: 1, maximum: 1_000 },
  },
  ["in", "as"],
);

function taskSchema({ tools, detail }: PlanSchemaOptions): JsonObject {
  if (detail === "outline") {
    return taskOf({ enum: tools.map(({ name }) => name) }, { type: "object", additionalProperties: true });
  }
  const room = {
    parts: Math.floor(ROOM.parts / tools.length),
    enumValues: Math.floor(ROOM.enumValues / tools.length),
  };
  return { anyOf: tools.map((tool) => taskOf({ const: tool.name }, referableArguments(tool.inputSchema, room))) };
}

function taskOf(use: JsonObject, args: JsonObject): JsonObject {
  const properties = {
    id: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: ID_CHARACTERS_MAX },
    use,
    args,
    each: EACH,
    when: { type: "string" },
    after: { type: "array", items: { type: "string", maxLength: ID_CHARACTERS_MAX } },
    onError: { enum: ["fail", "null"] },
  };
  return closed(properties, ["id", "use", "args"]);
}

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: "object", properties, required, additionalProperties: false };
}
