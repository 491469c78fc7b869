/** What differs between providers: a table, and one lazy import each, so that nobody pays for those that are not used. */
import type { ModelSampling, OutputControl } from "@agentmesh/ports";
import { boundedFetch } from "./bounded-fetch.ts";
import type { aiSdkModel, AiSdkModelOptions } from "./ai-sdk-model.ts";
import type { RemoteModelConfig } from "./model-config.ts";
import type { SchemaDialectName } from "./schema-dialect.ts";

/** As `aiSdkModel` takes it: the driver, and what it is passed with every call. */
export interface LoadedDriver extends Pick<AiSdkModelOptions, "providerOptions" | "isTopKCarried"> {
  readonly driver: Parameters<typeof aiSdkModel>[0];
}

export interface ConnectionSettings {
  readonly baseUrl: string;
  /** Absent only where no key is required. */
  readonly apiKey?: string;
}

export interface ProviderTraits {
  /** For people. */
  readonly name: string;
  /** Environment variables for the key, the first one that is set wins; empty: a key is optional and comes from the configuration. */
  readonly keyVariables: readonly string[];
  /** Absent: the configuration must say. */
  readonly baseUrl?: string;
  /** An environment variable that replaces the default URL, where the vendor's own client has one. */
  readonly baseUrlVariable?: string;
  readonly dialect: SchemaDialectName;
  readonly outputOf?: (model: string) => OutputControl;
  readonly unknownModelHint?: (model: string) => string;
  /** A server that runs until its context is full when nobody limits it gets this limit, in tokens. */
  readonly maxOutputTokens?: number;
}

/** Plans and answers are far below; an answer that loops is cut here. */
const LOCAL_OUTPUT_TOKENS_MAX = 8_192;

const local = { keyVariables: [], dialect: "generic", maxOutputTokens: LOCAL_OUTPUT_TOKENS_MAX } as const;

export const PROVIDERS: Readonly<Record<RemoteModelConfig["provider"], ProviderTraits>> = {
  openai: {
    name: "OpenAI",
    keyVariables: ["OPENAI_API_KEY"],
    baseUrl: "https://api.openai.com/v1",
    baseUrlVariable: "OPENAI_BASE_URL",
    dialect: "openai",
  },
  anthropic: {
    name: "Anthropic",
    keyVariables: ["ANTHROPIC_API_KEY"],
    baseUrl: "https://api.anthropic.com/v1",
    dialect: "anthropic",
  },
  google: {
    name: "Google",
    keyVariables: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    dialect: "gemini",
  },
  gemini: {
    name: "Google",
    keyVariables: ["GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    dialect: "gemini",
  },
  groq: {
    name: "Groq",
    keyVariables: ["GROQ_API_KEY"],
    baseUrl: "https://api.groq.com/openai/v1",
    dialect: "groq",
    // Strict decoding exists for these only; the others may answer 400 to a schema (research, section 6).
    outputOf: (model) => (model.startsWith("openai/gpt-oss") ? "schema" : "json"),
  },
  mistral: {
    name: "Mistral",
    keyVariables: ["MISTRAL_API_KEY"],
    baseUrl: "https://api.mistral.ai/v1",
    dialect: "generic",
  },
  "openai-compatible": { ...local, name: "The server" },
  "llama-server": { ...local, name: "llama-server", baseUrl: "http://127.0.0.1:8080/v1" },
  vllm: { ...local, name: "vLLM", baseUrl: "http://127.0.0.1:8000/v1" },
  ollama: {
    ...local,
    name: "Ollama",
    baseUrl: "http://127.0.0.1:11434/v1",
    unknownModelHint: (model) => `Fetch it with: ollama pull ${model}`,
  },
};

/** Imports the provider's package and makes its driver. Nothing is sent yet. */
export async function loadDriver(config: RemoteModelConfig, settings: ConnectionSettings): Promise<LoadedDriver> {
  const shared = { baseURL: settings.baseUrl, apiKey: settings.apiKey ?? "", fetch: boundedFetch() };
  switch (config.provider) {
    case "openai":
      return await loadOpenAi(config, shared);
    case "anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      return { driver: createAnthropic(shared)(config.model) };
    }
    case "google":
    case "gemini": {
      const { createGoogle } = await import("@ai-sdk/google");
      return { driver: createGoogle(shared)(config.model) };
    }
    case "groq": {
      const { createGroq } = await import("@ai-sdk/groq");
      return { driver: createGroq(shared)(config.model) };
    }
    case "mistral": {
      const { createMistral } = await import("@ai-sdk/mistral");
      return {
        driver: createMistral(shared)(config.model),
        providerOptions: () => ({ mistral: { strictJsonSchema: true } }),
      };
    }
    case "openai-compatible":
    case "llama-server":
    case "vllm":
    case "ollama":
      return await loadCompatible(config, settings);
  }
}

interface DriverSettings {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
}

type OpenAiConfig = Extract<RemoteModelConfig, { readonly provider: "openai" }>;

async function loadOpenAi(config: OpenAiConfig, settings: DriverSettings): Promise<LoadedDriver> {
  const { createOpenAI } = await import("@ai-sdk/openai");
  const openai = createOpenAI(settings);
  const isOpenAi = new URL(settings.baseURL).host === new URL(PROVIDERS.openai.baseUrl ?? "").host;
  if ((config.api ?? (isOpenAi ? "responses" : "chat")) === "chat") return { driver: openai.chat(config.model) };
  // Nothing of a run is kept at the vendor: the journal is here.
  return { driver: openai.responses(config.model), providerOptions: () => ({ openai: { store: false } }) };
}

/** Without the two switches these servers are asked for no schema and report no usage. */
async function loadCompatible(config: RemoteModelConfig, settings: ConnectionSettings): Promise<LoadedDriver> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({
    name: config.provider,
    baseURL: settings.baseUrl,
    fetch: boundedFetch(),
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  });
  const driver = provider.chatModel(config.model);
  const { provider: name } = config;
  if (name !== "llama-server" && name !== "vllm") return { driver };
  const key = name === "vllm" ? "vllm" : "llamaServer";
  return { driver, isTopKCarried: true, providerOptions: (sampling) => ({ [key]: localSampling(sampling) }) };
}

/** Both servers know these two beside what OpenAI defined; others may refuse a request for a key they do not know. */
function localSampling({ topK, minP }: ModelSampling): Record<string, number> {
  return { ...(topK === undefined ? {} : { top_k: topK }), ...(minP === undefined ? {} : { min_p: minP }) };
}
