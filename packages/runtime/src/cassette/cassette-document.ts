/** A cassette: what the models and servers of a run said, in one file. It only grows: cassettes of every released version are read. */
import {
  isJson,
  isJsonObject,
  type Json,
  type JsonObject as JsonRecord,
  type JsonSchema,
  ToolEffect,
} from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";

const JsonObject = z.custom<JsonRecord>((value) => isJsonObject(value) && isJson(value));
const Schema = z.custom<JsonSchema>((value) => typeof value === "boolean" || isJsonObject(value));

export const CASSETTE_VERSION = 1;

const ErrorFields = {
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  facts: JsonObject.default({}),
  retryable: z.boolean().default(false),
};

export const RecordedTool = z.strictObject({
  tool: z.string(),
  title: z.string().optional(),
  description: z.string(),
  inputSchema: JsonObject,
  outputSchema: Schema.optional(),
  effect: ToolEffect,
  isDestructive: z.boolean().optional(),
  isOpenWorld: z.boolean(),
  fingerprint: z.string(),
});
export type RecordedTool = z.infer<typeof RecordedTool>;

const RecordedServer = z.strictObject({
  transport: z.enum(["stdio", "http", "local"]),
  protocolVersion: z.string().optional(),
  tools: z.array(RecordedTool),
  /** It could not be reached. */
  error: z.strictObject(ErrorFields).optional(),
});
export type RecordedServer = z.infer<typeof RecordedServer>;

/** One call of a tool, and what came of it: a result or an error. */
export const RecordedCall = z.strictObject({
  /** `server.tool`. */
  tool: z.string(),
  args: JsonObject,
  result: z.strictObject({ value: z.custom<Json>((value) => value !== undefined), isChecked: z.boolean() }).optional(),
  error: z.strictObject({ ...ErrorFields, outcome: z.enum(["refused", "failed", "unknown"]) }).optional(),
});
export type RecordedCall = z.infer<typeof RecordedCall>;

const RecordedModel = z.strictObject({
  id: z.string(),
  capabilities: z.strictObject({
    output: z.enum(["schema", "grammar", "json", "text"]),
    prompt: z.enum(["chat", "completion"]).optional(),
    contextTokens: z.number().optional(),
  }),
  /** Counts that the model itself gave, by the hash of what was counted. */
  counts: z.record(z.string(), z.int().min(0)).optional(),
});
export type RecordedModel = z.infer<typeof RecordedModel>;

const Usage = z.strictObject({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  cachedInputTokens: z.int().min(0).optional(),
  isExact: z.boolean(),
});

/** One call of a model, and what it said, piece by piece. Neither end nor error: whoever asked left. */
export const RecordedAnswer = z.strictObject({
  /** Its name in the configuration. */
  model: z.string(),
  /** The node call or task attempt that asked; for people. */
  caller: z.string(),
  request: JsonObject,
  warnings: z.array(z.string()).optional(),
  said: z.array(
    z.union([z.strictObject({ text: z.array(z.string()) }), z.strictObject({ reasoning: z.array(z.string()) })]),
  ),
  end: z.strictObject({ reason: z.enum(["stop", "length", "refused"]), usage: Usage }).optional(),
  error: z.strictObject({ ...ErrorFields, retryAfterMs: z.number().optional() }).optional(),
});
export type RecordedAnswer = z.infer<typeof RecordedAnswer>;

export const Cassette = z.strictObject({
  cassette: z.literal(CASSETTE_VERSION),
  servers: z.record(z.string(), RecordedServer),
  models: z.record(z.string(), RecordedModel),
  /** Names of models by role. */
  roles: z.record(z.string(), z.string()),
  calls: z.array(RecordedCall),
  answers: z.array(RecordedAnswer),
});
export type Cassette = z.infer<typeof Cassette>;
