/** A language model, whatever runs it. Everything above (planner, composer, layers) sees only this; non-streaming is a fold of the stream. */
import type { JsonSchema } from "@agentmesh/core";

/** How a backend can be held to a schema, best first: the ladder of DESIGN 6. */
export type OutputControl = "schema" | "grammar" | "json" | "text";

export interface ModelCapabilities {
  /** The best control that this model and backend really enforce. */
  readonly output: OutputControl;
  /** `chat` (the default): messages keep their roles. `completion`: a base model that only continues text; messages are joined as they are. */
  readonly prompt?: "chat" | "completion";
  /** Room for prompt and answer together, in tokens; absent: unknown. */
  readonly contextTokens?: number;
}

export interface ModelMessage {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
}

export interface ModelSampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Tokens less likely than this share of the likeliest are not drawn. Backends that cannot do it leave it out. */
  readonly minP?: number;
  readonly seed?: number;
}

/** JSON of a schema; or, for backends with the control `grammar`, text of a GBNF grammar (llama.cpp's notation, start rule `root`). */
export type ModelOutput =
  | { readonly name: string; readonly schema: JsonSchema; readonly grammar?: undefined }
  | { readonly name: string; readonly grammar: string; readonly schema?: undefined };

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  /** The form of the answer. The driver enforces what it can; the caller always validates. */
  readonly output?: ModelOutput;
  readonly sampling?: ModelSampling;
  readonly maxOutputTokens?: number;
  readonly stopSequences?: readonly string[];
}

export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens, those that a cache of the backend served. */
  readonly cachedInputTokens?: number;
  /** False when a count is an estimate. */
  readonly isExact: boolean;
}

/** `stop`: finished by itself. `length`: cut by `maxOutputTokens` or the context. `refused`: the model or its filter declined. */
export type ModelEndReason = "stop" | "length" | "refused";

/** One `start`, then deltas, then one `end`. Failures are thrown as ModelError. */
export type ModelStreamPart =
  | { readonly type: "start"; readonly warnings: readonly string[] }
  | { readonly type: "text"; readonly delta: string }
  | { readonly type: "reasoning"; readonly delta: string }
  | { readonly type: "end"; readonly reason: ModelEndReason; readonly usage: ModelUsage };

export interface TokenCount {
  readonly tokens: number;
  readonly isExact: boolean;
}

export interface Model {
  /** `driver:model`, for people, logs and cache keys. */
  readonly id: string;
  /** What besides `id` and the request changes its answers: where it is, its weights, its defaults. For cache keys; holds no secret. */
  readonly identity?: string;
  readonly capabilities: ModelCapabilities;
  /** Throws ModelError, before or in mid-stream; an abort throws it with code AM_MODEL_CANCELLED. */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelStreamPart>;
  countTokens(request: ModelRequest): Promise<TokenCount>;
  close(): Promise<void>;
}
