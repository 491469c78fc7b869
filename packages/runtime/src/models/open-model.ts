/** Opens a configured model: vendors and servers by their drivers, local files by the optional llama.cpp package. */
import {
  type LlamaCppModelConfig,
  type ModelCacheOptions,
  type ModelConfig,
  type ModelContext,
  type ModelPrice,
  openModel,
  withCache,
  withModelLayers,
} from "@agentmesh/models";
import { type Model, ModelError } from "@agentmesh/ports";
import type { ModelAnswers } from "../cache/model-answers.ts";
import type { OpenedModel } from "./model-pool.ts";

/** What the optional package @agentmesh/llama-cpp exports, as far as it is used here. */
interface LlamaCppPackage {
  createModel(config: LlamaCppModelConfig, environment: ModelContext["environment"]): Promise<Model>;
}

/** Its name is not a literal import: nobody who does not use it needs it. */
const LLAMA_CPP_PACKAGE = "@agentmesh/llama-cpp";

/** Nobody sends a bill for these. */
const OWN_MACHINES: ReadonlySet<string> = new Set(["llama-cpp", "llama-server", "vllm", "ollama", "scripted"]);
const FREE: ModelPrice = { input: 0, output: 0 };

export interface OpeningContext extends ModelContext {
  /** What stands right around the model, for one caller. */
  readonly tap?: (model: Model, caller: string) => Model;
  /** Where earlier answers are, if any are to be given again. */
  readonly answers?: ModelAnswers | undefined;
}

/** Throws ModelError. */
export async function openConfiguredModel(config: ModelConfig, context: OpeningContext): Promise<OpenedModel> {
  const model =
    config.provider === "llama-cpp" ? await openLlamaCpp(config, context) : await openModel(config, context);
  return { model, watchedBy: watcher(model, config, context) };
}

/** A model that the caller made: its own layers, if any, are the caller's. */
export function openedModel(model: Model, context: OpeningContext): OpenedModel {
  return { model, watchedBy: watcher(model, {}, context) };
}

/** A model of a recording: nobody is paid for what it says. */
export function recordedModel(model: Model, context: OpeningContext): OpenedModel {
  return { model, watchedBy: watcher(model, { price: FREE }, context) };
}

type Layers = Parameters<typeof withModelLayers>[1] & {
  readonly sampling?: ModelCacheOptions["sampling"];
  readonly price?: ModelPrice | undefined;
  readonly provider?: string;
};

function watcher(model: Model, config: Layers, context: OpeningContext): OpenedModel["watchedBy"] {
  const price = config.price ?? (OWN_MACHINES.has(config.provider ?? "") ? FREE : undefined);
  const { answers } = context;
  return ({ caller, reserve, observe, note }) => {
    const watched = withModelLayers(context.tap?.(model, caller) ?? model, config, {
      ...context,
      reserve: (request, asked) => reserve({ request, model: asked, price }),
      observe: (trace, reservation) => observe({ trace, reservation, price }),
    });
    if (answers === undefined) return watched;
    return withCache(watched, {
      answers: answers.heardBy(note),
      clock: context.clock,
      sampling: config.sampling,
      isSampledKept: answers.isSampledKept,
      observe: (trace) => observe({ trace, reservation: undefined, price }),
    });
  };
}

async function openLlamaCpp(config: LlamaCppModelConfig, context: ModelContext): Promise<Model> {
  let adapter: LlamaCppPackage;
  try {
    adapter = (await import(LLAMA_CPP_PACKAGE)) as LlamaCppPackage;
  } catch (error) {
    throw new ModelError({
      code: "AM_MODEL_UNKNOWN",
      message: `The model "${config.model}" runs in llama.cpp, and the package ${LLAMA_CPP_PACKAGE} is not installed.`,
      hint: `Install it with: npm install ${LLAMA_CPP_PACKAGE}`,
      facts: { model: config.model },
      cause: error,
    });
  }
  return adapter.createModel(config, context.environment);
}
