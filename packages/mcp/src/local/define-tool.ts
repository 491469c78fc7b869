/** A function of this process as a tool: the same shape, the same checks and the same errors as a tool behind MCP. */
import type { JsonObject, JsonSchema, ToolEffect } from "@agentmesh/core";
import type { ToolProgress } from "@agentmesh/ports";
import { isPlainName } from "../tool/clean-text.ts";
import { jsonSchemaOf, type SchemaSide } from "./schema-text.ts";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";
import { ToolDefinitionError } from "./tool-definition-error.ts";

export interface ToolContext {
  /** Aborted when the call is cancelled or out of time: stop as soon as you can. */
  readonly signal: AbortSignal;
  /** The same for every repetition of one call: pass it on to what can recognise a repetition. */
  readonly idempotencyKey: string;
  /** Tells how far the work is; also starts the timeout anew. */
  readonly progress: (progress: ToolProgress) => void;
}

export interface ToolDefinition<Input extends StandardSchema, Output extends StandardSchema> {
  /** Without the server's name. */
  readonly name: string;
  readonly title?: string;
  /** What it does and when to use it, for the planner. */
  readonly description: string;
  /** Zod or any other Standard Schema; what it gives is what `run` gets. */
  readonly input: Input;
  /** Needed only where the library of `input` cannot say it as JSON Schema. */
  readonly inputSchema?: JsonObject;
  /** What `run` returns. Without it the result is unchecked. */
  readonly output?: Output;
  /** Needed only where the library of `output` cannot say it as JSON Schema. */
  readonly outputSchema?: JsonSchema;
  /** What a call may do to the world: decides what may be repeated. */
  readonly effect: ToolEffect;
  /** Whether its output may hold text of strangers. Default: true. */
  readonly isOpenWorld?: boolean;
  /** Of a call, in milliseconds; absent: that of its source. */
  readonly timeoutMs?: number;
  /**
   * Does the work. Returns JSON; a string stands for itself as text. What it throws is the failure of the tool, with
   * the message of the error.
   */
  run(args: OutputOf<Input>, context: ToolContext): InputOf<Output> | Promise<InputOf<Output>>;
}

/** A defined tool, ready for a LocalToolSource. */
export interface LocalTool {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly input: StandardSchema;
  readonly inputSchema: JsonObject;
  readonly output: StandardSchema | undefined;
  readonly outputSchema: JsonSchema | undefined;
  readonly effect: ToolEffect;
  readonly isOpenWorld: boolean;
  readonly timeoutMs: number | undefined;
  /** The text of its function, which tells one version from another. */
  readonly source: string;
  /** `args` is what `input` gave. */
  readonly run: (args: unknown, context: ToolContext) => unknown;
}

/** Throws ToolDefinitionError. */
export function defineTool<Input extends StandardSchema, Output extends StandardSchema = StandardSchema>(
  definition: ToolDefinition<Input, Output>,
): LocalTool {
  const { name, title, description, input, output, effect, isOpenWorld = true, timeoutMs } = definition;
  if (!isPlainName(name)) {
    throw new ToolDefinitionError(name, { says: "has no usable name", hint: "Use letters, digits, _ and -." });
  }
  const inputSchema = definition.inputSchema ?? schemaOf(name, input, "input");
  if (inputSchema["type"] !== "object") {
    throw new ToolDefinitionError(name, {
      says: "takes something else than an object",
      hint: "Arguments have names: make its input an object schema.",
    });
  }
  return {
    name,
    title,
    description,
    input,
    inputSchema,
    output,
    outputSchema: definition.outputSchema ?? (output === undefined ? undefined : schemaOf(name, output, "output")),
    effect,
    isOpenWorld,
    timeoutMs,
    source: definition.run.toString(),
    run: (args, context) => definition.run(args, context),
  };
}

function schemaOf(tool: string, schema: StandardSchema, side: SchemaSide): JsonObject {
  const hint = `Give it as ${side}Schema.`;
  let found: JsonObject | undefined;
  try {
    found = jsonSchemaOf(schema, side);
  } catch (error) {
    const says = `has an ${side} that JSON Schema cannot express`;
    throw new ToolDefinitionError(tool, { says, hint, cause: error });
  }
  if (found === undefined) {
    const { vendor } = schema["~standard"];
    throw new ToolDefinitionError(tool, { says: `has an ${side} of ${vendor}, which has no JSON Schema`, hint });
  }
  return found;
}
