/** What a model's parent and its child process say to each other. Both are of one version; each still checks what it reads. */
import * as z from "@agentmesh/core/zod";

const Message = z.strictObject({ role: z.enum(["system", "user", "assistant"]), text: z.string() });

const Generation = z.strictObject({
  messages: z.array(Message),
  /** GBNF with the start rule `root`. */
  grammar: z.string().optional(),
  temperature: z.number().optional(),
  topP: z.number().optional(),
  topK: z.number().optional(),
  minP: z.number().optional(),
  seed: z.number().optional(),
  /** Tokens at most; the room in the context bounds them further. */
  outputTokensMax: z.int().min(1),
  stopSequences: z.array(z.string()).optional(),
});
export type Generation = z.infer<typeof Generation>;

export const WorkerLoad = z.strictObject({
  /** File URL of node-llama-cpp. */
  library: z.string(),
  file: z.string(),
  /** Room of one sequence, at most what the model was trained with. */
  contextTokens: z.int().min(1),
  /** Requests that are worked on at once. */
  sequences: z.int().min(1),
  threads: z.int().min(1),
  useGpu: z.boolean(),
});
export type WorkerLoad = z.infer<typeof WorkerLoad>;

/** To the child. `id` names a call; its reports carry the same. */
export const WorkerCommand = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("load"), id: z.int(), load: WorkerLoad }),
  z.strictObject({ type: z.literal("generate"), id: z.int(), generation: Generation }),
  z.strictObject({ type: z.literal("count"), id: z.int(), messages: z.array(Message) }),
  z.strictObject({ type: z.literal("cancel"), id: z.int() }),
]);
export type WorkerCommand = z.infer<typeof WorkerCommand>;

const Failure = z.strictObject({
  /** `load`: the model cannot be loaded. `grammar`: it does not parse. `context`: no room. `cancelled`: as asked. `fault`: anything else. */
  kind: z.enum(["load", "grammar", "context", "cancelled", "fault"]),
  message: z.string(),
  tokens: z.int().optional(),
  limit: z.int().optional(),
});
export type WorkerFailure = z.infer<typeof Failure>;

const LoadedModel = z.strictObject({
  /** `completion`: a base model, whose file has no chat template. */
  prompt: z.enum(["chat", "completion"]),
  contextTokens: z.int(),
});
export type LoadedModel = z.infer<typeof LoadedModel>;

/** From the child. A call ends with the first report that is neither `started` nor `delta`. */
export const WorkerReport = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("loaded"), id: z.int(), model: LoadedModel }),
  z.strictObject({ type: z.literal("started"), id: z.int(), inputTokens: z.int(), cachedInputTokens: z.int() }),
  z.strictObject({ type: z.literal("delta"), id: z.int(), kind: z.enum(["text", "reasoning"]), text: z.string() }),
  z.strictObject({ type: z.literal("ended"), id: z.int(), reason: z.enum(["stop", "length"]), outputTokens: z.int() }),
  z.strictObject({ type: z.literal("counted"), id: z.int(), tokens: z.int() }),
  z.strictObject({ type: z.literal("failed"), id: z.int(), failure: Failure }),
]);
export type WorkerReport = z.infer<typeof WorkerReport>;
