/** The models that a machine offers when the configuration names none: keys of vendors first, then what runs here. */
import type { JsonObject } from "@agentmesh/core";
import type { Environment } from "./config-environment.ts";
import type { ConfigOrigin } from "./config-origin.ts";

export interface DetectedModel {
  /** Its name in the configuration. */
  readonly name: string;
  /** As an entry of `models`. */
  readonly entry: JsonObject;
  readonly origin: ConfigOrigin;
}

/** What the detection asks the machine; what is absent is not asked. */
export interface ModelProbes {
  /**
   * The names of the models of an Ollama at `baseUrl`, which is of this machine; none when it does not answer within
   * `timeoutMs`. Never throws.
   */
  readonly ollamaModels?: (baseUrl: string, timeoutMs: number) => Promise<readonly string[]>;
  /** Whether the small local model was pulled, and can be run. */
  readonly hasLocalModel?: (name: string) => boolean | Promise<boolean>;
}

/**
 * The model that a key alone asks for: of each vendor one that plans well at a moderate price, by an alias of the
 * vendor where there is one. Order is preference: the first serves every role.
 */
export const KEY_MODELS: readonly KeyModel[] = [
  { provider: "openai", model: "gpt-5.4-mini", variables: ["OPENAI_API_KEY"] },
  { provider: "anthropic", model: "claude-sonnet-5", variables: ["ANTHROPIC_API_KEY"] },
  {
    provider: "gemini",
    model: "gemini-flash-latest",
    variables: ["GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_API_KEY"],
  },
  { provider: "groq", model: "openai/gpt-oss-120b", variables: ["GROQ_API_KEY"] },
  { provider: "mistral", model: "mistral-medium-latest", variables: ["MISTRAL_API_KEY"] },
];

export interface KeyModel {
  readonly provider: string;
  readonly model: string;
  /** Environment variables that hold the key; the first one that is set counts. */
  readonly variables: readonly string[];
}

export const LOCAL_MODEL = "gemma-3-270m";
const OLLAMA_URL = "http://127.0.0.1:11434";
/** On this machine an answer takes a few milliseconds; nobody waits for one that is not there. */
const OLLAMA_TIMEOUT_MS = 400;
/** They make vectors, no text. */
const EMBEDDING_MODEL = /embed|minilm|bge-|rerank/i;

/** Best first; empty when there is none, or when AGENTMESH_NO_MODEL says not to look. */
export async function detectModels(environment: Environment, probes: ModelProbes): Promise<readonly DetectedModel[]> {
  if (isSwitchedOn(environment["AGENTMESH_NO_MODEL"])) return [];
  const keyed = KEY_MODELS.flatMap((candidate) => keyedModel(candidate, environment));
  if (keyed.length > 0) return keyed;
  const served = await ollamaModel(probes);
  if (served.length > 0) return served;
  return await localModel(probes);
}

function keyedModel({ provider, model, variables }: KeyModel, environment: Environment): readonly DetectedModel[] {
  const variable = variables.find((name) => (environment[name] ?? "") !== "");
  if (variable === undefined) return [];
  return [{ name: provider, entry: { provider, model }, origin: { kind: "environment", variable } }];
}

async function ollamaModel({ ollamaModels }: ModelProbes): Promise<readonly DetectedModel[]> {
  const names = (await ollamaModels?.(OLLAMA_URL, OLLAMA_TIMEOUT_MS)) ?? [];
  const model = names.find((name) => !EMBEDDING_MODEL.test(name));
  if (model === undefined) return [];
  const origin = { kind: "detected", source: `Ollama at ${new URL(OLLAMA_URL).host}` } as const;
  return [{ name: "ollama", entry: { provider: "ollama", model }, origin }];
}

async function localModel({ hasLocalModel }: ModelProbes): Promise<readonly DetectedModel[]> {
  if ((await hasLocalModel?.(LOCAL_MODEL)) !== true) return [];
  const origin = { kind: "detected", source: "pulled model" } as const;
  return [{ name: "local", entry: { provider: "llama-cpp", model: LOCAL_MODEL }, origin }];
}

function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false"].includes(value.toLowerCase());
}
