/** Opens a configured model: vendors and servers by their drivers, local files by the optional llama.cpp package. */
import {
  type LlamaCppModelConfig,
  type ModelConfig,
  type ModelContext,
  openModel,
  withModelLayers,
} from "@agentmesh/models";
import { type Model, ModelError } from "@agentmesh/ports";
import type { OpenedModel } from "./model-pool.ts";

/** What the optional package @agentmesh/llama-cpp exports, as far as it is used here. */
interface LlamaCppPackage {
  createModel(config: LlamaCppModelConfig, environment: ModelContext["environment"]): Promise<Model>;
}

/** Its name is not a literal import: nobody who does not use it needs it. */
const LLAMA_CPP_PACKAGE = "@agentmesh/llama-cpp";

/** Throws ModelError. */
export async function openConfiguredModel(config: ModelConfig, context: ModelContext): Promise<OpenedModel> {
  const model =
    config.provider === "llama-cpp" ? await openLlamaCpp(config, context) : await openModel(config, context);
  return { model, observedBy: (observe) => withModelLayers(model, config, { ...context, observe }) };
}

/** A model that the caller made: its own layers, if any, are the caller's. */
export function openedModel(model: Model, context: ModelContext): OpenedModel {
  return { model, observedBy: (observe) => withModelLayers(model, {}, { ...context, observe }) };
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
