/** llama.cpp in a child process: a model that streams token by token and is held to grammars. */
export { BrokenModelFileError } from "./broken-model-file-error.ts";
export { cacheFolder, type Environment, modelsFolder } from "./cache-folder.ts";
export { type InstallOptions, installLlamaCpp, type LlamaCppInstallation } from "./install-llama-cpp.ts";
export { LlamaCppModelConfig } from "./llama-cpp-config.ts";
export { findLlamaCpp, LLAMA_CPP_VERSION } from "./llama-cpp-folder.ts";
export { LlamaCppInstallError } from "./llama-cpp-install-error.ts";
export { LlamaCppMissingError } from "./llama-cpp-missing-error.ts";
export {
  DEFAULT_CONTEXT_TOKENS,
  type LlamaCppModel,
  loadLlamaCppModel as createModel,
  loadLlamaCppModel,
} from "./llama-cpp-model.ts";
export { ModelCrashedError } from "./model-crashed-error.ts";
export { fetchHubModel, findModelFile, type HubRequest } from "./model-file.ts";
export { COMPLETION_SEPARATOR } from "./prompt-tokens.ts";
export {
  type LeftKeyword,
  LOOSE_KEYWORDS,
  type LooseKeyword,
  type SchemaGrammar,
  schemaGrammar,
  type SchemaGrammarOptions,
} from "./schema-grammar.ts";
export { SchemaRefusalError } from "./schema-refusal-error.ts";
export { UnknownModelFileError } from "./unknown-model-file-error.ts";
export { UnsupportedPlatformError } from "./unsupported-platform-error.ts";
