/** From a configuration to a model that is ready to be asked, layers included. */
import { type Clock, type Model, ModelError, type ModelSampling } from "@agentmesh/ports";
import { aiSdkModel } from "./ai-sdk-model.ts";
import type { LlamaCppModelConfig, ModelConfig, RemoteModelConfig, ScriptedModelConfig } from "./model-config.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import { type ConnectionSettings, loadDriver, PROVIDERS, type ProviderTraits } from "./model-provider.ts";
import { type ReservationOptions, withReservation } from "./reservation-layer.ts";
import { MODEL_RETRIES, type ModelRetry, withRetry } from "./retry-layer.ts";
import { type ScriptedAnswer, scriptedModel, ScriptedReply } from "./scripted-model.ts";
import { MODEL_TIMEOUTS, withTimeout } from "./timeout-layer.ts";
import { type ModelCallTrace, withTrace } from "./trace-layer.ts";

export interface ModelContext {
  /** `process.env`, or what a test puts in its place. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** One record per call, repetitions included. Must not throw. */
  readonly observe?: (trace: ModelCallTrace, reservation?: string) => void;
  /** Asked before each call, repetitions included; see withReservation. */
  readonly reserve?: ReservationOptions["reserve"];
  /** Must not throw. */
  readonly onRetry?: (retry: ModelRetry) => void;
}

/**
 * Throws ModelError AM_MODEL_UNAUTHORISED when a key is missing. Sends nothing. `llama-cpp` is not among them: whoever
 * loads its package puts `withModelLayers` around it.
 */
export async function createModel(
  config: Exclude<ModelConfig, LlamaCppModelConfig>,
  context: ModelContext,
): Promise<Model> {
  return withModelLayers(await openModel(config, context), config, context);
}

/** The model without layers, for whoever puts other observers around it for each caller. Throws as createModel does. */
export async function openModel(
  config: Exclude<ModelConfig, LlamaCppModelConfig>,
  context: ModelContext,
): Promise<Model> {
  return config.provider === "scripted" ? scriptOf(config) : remoteModel(config, context);
}

type LayerConfig = Pick<ModelConfig, "timeouts" | "retries">;

/** Retries around the record of each call around the timeouts: a record says what happened, also when it was a timeout. */
export function withModelLayers(model: Model, config: LayerConfig, context: ModelContext): Model {
  const { clock, random, onRetry } = context;
  const timed = withTimeout(model, { timeouts: { ...MODEL_TIMEOUTS, ...defined(config.timeouts) }, clock });
  const traced = watched(timed, context);
  const retries = { ...MODEL_RETRIES, ...defined(config.retries) };
  return withRetry(traced, { retries, clock, random, ...(onRetry === undefined ? {} : { onRetry }) });
}

function watched(model: Model, { clock, observe, reserve }: ModelContext): Model {
  if (observe === undefined) return model;
  return reserve === undefined
    ? withTrace(model, { clock, observe })
    : withReservation(model, { clock, observe, reserve });
}

async function remoteModel(config: RemoteModelConfig, context: ModelContext): Promise<Model> {
  const traits = PROVIDERS[config.provider];
  const settings = connectionOf(config, traits, context.environment);
  const { driver, ...driverOptions } = await loadDriver(config, settings);
  const output = config.output ?? traits.outputOf?.(config.model) ?? "schema";
  const maxOutputTokens = config.maxOutputTokens ?? traits.maxOutputTokens;
  return aiSdkModel(driver, {
    id: `${config.provider}:${config.model}`,
    capabilities: { output, ...(config.contextTokens === undefined ? {} : { contextTokens: config.contextTokens }) },
    dialect: traits.dialect,
    endpoint: endpointOf(config, traits, settings),
    clock: context.clock,
    defaults: {
      ...(config.sampling === undefined ? {} : { sampling: defined(config.sampling) satisfies ModelSampling }),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    },
    ...driverOptions,
  });
}

function connectionOf(
  config: RemoteModelConfig,
  traits: ProviderTraits,
  environment: ModelContext["environment"],
): ConnectionSettings {
  const apiKey = keyOf(config, traits, environment);
  const replaced = traits.baseUrlVariable === undefined ? undefined : environment[traits.baseUrlVariable];
  const baseUrl = config.baseUrl ?? (replaced === undefined || replaced === "" ? traits.baseUrl : replaced);
  if (baseUrl === undefined || !URL.canParse(baseUrl)) throw urlMissing(config, traits);
  return { baseUrl: baseUrl.replace(/\/+$/, ""), ...(apiKey === undefined ? {} : { apiKey }) };
}

function keyOf(
  config: RemoteModelConfig,
  traits: ProviderTraits,
  environment: ModelContext["environment"],
): string | undefined {
  const fromVariables = traits.keyVariables.map((name) => environment[name]?.trim()).find(Boolean);
  const apiKey = config.apiKey?.trim() ?? fromVariables;
  if (apiKey === undefined) {
    if (traits.keyVariables.length > 0) throw keyMissing(config, traits);
    return undefined;
  }
  // Checked here, since whoever builds the header would quote the key when it complains.
  if (!/^[\x21-\x7E]+$/.test(apiKey)) throw keyUnusable(config, traits);
  return apiKey;
}

function endpointOf(config: RemoteModelConfig, traits: ProviderTraits, settings: ConnectionSettings): ModelEndpoint {
  const keyVariable = traits.keyVariables[0];
  const shown = new URL(settings.baseUrl);
  return {
    provider: traits.name,
    model: config.model,
    baseUrl: `${shown.origin}${shown.pathname}`,
    secrets: settings.apiKey === undefined ? [] : [settings.apiKey],
    ...(keyVariable === undefined ? {} : { keyVariable }),
    ...(traits.unknownModelHint === undefined ? {} : { unknownModelHint: traits.unknownModelHint(config.model) }),
  };
}

function keyMissing(config: RemoteModelConfig, traits: ProviderTraits): ModelError {
  return new ModelError({
    code: "AM_MODEL_UNAUTHORISED",
    message: `No key for ${traits.name}, which ${config.provider}:${config.model} needs.`,
    hint: `Set ${traits.keyVariables.join(" or ")} in the environment, or apiKey of this model in the configuration.`,
    facts: { provider: config.provider, model: config.model, variables: [...traits.keyVariables] },
  });
}

function keyUnusable(config: RemoteModelConfig, traits: ProviderTraits): ModelError {
  return new ModelError({
    code: "AM_MODEL_UNAUTHORISED",
    message: `The key for ${traits.name} holds white space or characters that no key has.`,
    hint: "Copy it again, without line breaks and quotes.",
    facts: { provider: config.provider, model: config.model },
  });
}

function urlMissing(config: RemoteModelConfig, traits: ProviderTraits): ModelError {
  return new ModelError({
    code: "AM_MODEL_UNREACHABLE",
    message: `The address of ${traits.name}, which ${config.provider}:${config.model} needs, is not a URL.`,
    hint: `Set baseUrl of this model${traits.baseUrlVariable === undefined ? "" : `, or correct ${traits.baseUrlVariable}`}.`,
    facts: { provider: config.provider, model: config.model },
  });
}

function scriptOf(config: ScriptedModelConfig): Model {
  const model = scriptedModel(config.answers.map(answerOf), { id: `scripted:${config.model}` });
  return { ...model, identity: JSON.stringify(config.answers) };
}

function answerOf(answer: ScriptedModelConfig["answers"][number]): ScriptedAnswer {
  if (typeof answer === "string") return answer;
  if ("json" in answer) return JSON.stringify(answer.json);
  return new ScriptedReply(defined(answer));
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined, which zod leaves in the type. */
function defined<T extends object>(value: T | undefined): Defined<T> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, child]) => child !== undefined)) as Defined<T>;
}
