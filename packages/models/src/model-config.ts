/**
 * One model as a configuration names it (DESIGN 10): `models: { large: { provider: openai, model: gpt-5 } }`. Strict:
 * a key that is not known is a mistake. Keys come from here or from the environment, never from anywhere else.
 */
import * as z from "@agentmesh/core/zod";

/** Milliseconds: a day is longer than anybody waits for one answer. */
const MILLISECONDS_MAX = 86_400_000;
const milliseconds = z.int().min(1).max(MILLISECONDS_MAX);

const sampling = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().min(1).optional(),
  minP: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
});

const timeouts = z.strictObject({
  firstPartMs: milliseconds.optional(),
  betweenPartsMs: milliseconds.optional(),
  totalMs: milliseconds.optional(),
});

const retries = z.strictObject({
  max: z.int().min(0).max(10).optional(),
  baseMs: milliseconds.optional(),
});

/** Credentials in a URL end up in logs: they have a field of their own. */
const baseUrl = z.url({ protocol: /^https?$/ }).refine((url) => !URL.canParse(url) || new URL(url).username === "", {
  error: "A user or key in the URL would be logged: put it into apiKey.",
});

/** US dollars for a million tokens. */
export const ModelPrice = z.strictObject({ input: z.number().min(0), output: z.number().min(0) });
export type ModelPrice = z.infer<typeof ModelPrice>;

const common = {
  /** Needed for a budget in money, except for models that run on own machines. */
  price: ModelPrice.optional(),
  /** Used where a request says nothing. */
  sampling: sampling.optional(),
  maxOutputTokens: z.int().min(1).optional(),
  /** Room for prompt and answer, where it is known. */
  contextTokens: z.int().min(1).optional(),
  timeouts: timeouts.optional(),
  retries: retries.optional(),
};

const remote = {
  ...common,
  model: z.string().min(1),
  baseUrl: baseUrl.optional(),
  apiKey: z.string().min(1).optional(),
  /** How the backend holds an answer to a schema; set it when a server cannot do what its kind usually can. */
  output: z.enum(["schema", "json", "text"]).optional(),
};

const OpenAiModelConfig = z.strictObject({
  provider: z.literal("openai"),
  ...remote,
  /** `responses` at OpenAI itself, `chat` at any other baseUrl, which is what gateways speak. */
  api: z.enum(["responses", "chat"]).optional(),
});
const AnthropicModelConfig = z.strictObject({ provider: z.literal("anthropic"), ...remote });
const GoogleModelConfig = z.strictObject({ provider: z.enum(["google", "gemini"]), ...remote });
const GroqModelConfig = z.strictObject({ provider: z.literal("groq"), ...remote });
const MistralModelConfig = z.strictObject({ provider: z.literal("mistral"), ...remote });
const OpenAiCompatibleModelConfig = z.strictObject({ provider: z.literal("openai-compatible"), ...remote, baseUrl });
/** The server serves the one model it was started with, whatever the name. */
const LlamaServerModelConfig = z.strictObject({
  provider: z.literal("llama-server"),
  ...remote,
  model: remote.model.default("default"),
});
const VllmModelConfig = z.strictObject({ provider: z.literal("vllm"), ...remote });
const OllamaModelConfig = z.strictObject({ provider: z.literal("ollama"), ...remote });

/** Runs in a child process, by the optional package @agentmesh/llama-cpp; the runtime loads it. */
const LlamaCppModelConfig = z.strictObject({
  provider: z.literal("llama-cpp"),
  ...common,
  /** A model that was pulled by name, a path to a GGUF file, or a hub URI (`hf:user/model:quant`). */
  model: z.string().min(1),
  threads: z.int().min(1).max(1_024).optional(),
  gpu: z.boolean().optional(),
  output: z.enum(["grammar", "text"]).optional(),
});
export type LlamaCppModelConfig = z.infer<typeof LlamaCppModelConfig>;

/** An answer of a scripted model in a configuration file: text, JSON, or a failure by its code. */
const ScriptedAnswerConfig = z.union([
  z.string(),
  z.strictObject({ json: z.json() }),
  z.strictObject({
    text: z.string(),
    reasoning: z.string().optional(),
    endReason: z.enum(["stop", "length", "refused"]).optional(),
  }),
]);
/** For tests and demonstrations without any model. */
const ScriptedModelConfig = z.strictObject({
  provider: z.literal("scripted"),
  ...common,
  model: z.string().min(1).default("script"),
  answers: z.array(ScriptedAnswerConfig),
});
export type ScriptedModelConfig = z.infer<typeof ScriptedModelConfig>;

export const ModelConfig = z.discriminatedUnion("provider", [
  OpenAiModelConfig,
  AnthropicModelConfig,
  GoogleModelConfig,
  GroqModelConfig,
  MistralModelConfig,
  OpenAiCompatibleModelConfig,
  LlamaServerModelConfig,
  VllmModelConfig,
  OllamaModelConfig,
  LlamaCppModelConfig,
  ScriptedModelConfig,
]);
export type ModelConfig = z.infer<typeof ModelConfig>;

/** A model behind HTTP. */
export type RemoteModelConfig = Exclude<ModelConfig, LlamaCppModelConfig | ScriptedModelConfig>;
export type ModelProvider = ModelConfig["provider"];
