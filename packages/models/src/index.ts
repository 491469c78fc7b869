/** Language models behind the model port: drivers, layers, structured answers, and a scripted model for tests. */
export { aiSdkModel, type AiSdkModelOptions } from "./ai-sdk-model.ts";
export { orAborted } from "./cancellation.ts";
export { type AnswerStore, type ModelCacheOptions, withCache } from "./cache-layer.ts";
export type { CachedAnswer } from "./cached-answer.ts";
export { complete, type Completion, COMPLETION_CHARACTERS_MAX } from "./completion.ts";
export { createModel, type ModelContext, openModel, withModelLayers } from "./create-model.ts";
export { type FallbackOptions, type ModelTakeover, withFallback } from "./fallback-layer.ts";
export {
  type LlamaCppModelConfig,
  ModelConfig,
  ModelPrice,
  type ModelProvider,
  type RemoteModelConfig,
  type ScriptedModelConfig,
} from "./model-config.ts";
export type { ModelEndpoint } from "./model-endpoint.ts";
export { ModelOutputError, type ModelOutputFailure } from "./model-output-error.ts";
export { type OutputFinding, type OutputFindingCode } from "./output-finding.ts";
export { restoreOutput } from "./output-restoration.ts";
export { type ReservationOptions, type ReservedCall, withReservation } from "./reservation-layer.ts";
export { MODEL_RETRIES, type ModelRetries, type ModelRetry, type RetryOptions, withRetry } from "./retry-layer.ts";
export type { SchemaDialectName } from "./schema-dialect.ts";
export { type DroppedKeyword, projectSchema, type SchemaProjection } from "./schema-projection.ts";
export { validateBySchema } from "./schema-validation.ts";
export { ScriptExhaustedError } from "./script-exhausted-error.ts";
export {
  type ScriptedAnswer,
  type ScriptedFunction,
  type ScriptedModel,
  scriptedModel,
  type ScriptedModelOptions,
  ScriptedReply,
  type ScriptedReplyOptions,
} from "./scripted-model.ts";
export { type Landing, SingleFlight } from "./single-flight.ts";
export {
  generateStructured,
  STRUCTURED_ATTEMPTS_MAX,
  type StructuredGeneration,
  type StructuredResult,
} from "./structured-generation.ts";
export {
  type OutputRepair,
  readStructured,
  type StructuredReading,
  type StructuredText,
  type Validate,
  type Verdict,
} from "./structured-output.ts";
export { MODEL_TIMEOUTS, type ModelTimeouts, type TimeoutOptions, withTimeout } from "./timeout-layer.ts";
export { estimateRequestTokens, estimateTextTokens, estimateUsage } from "./token-estimate.ts";
export { type ModelCallOutcome, type ModelCallTrace, type TraceOptions, withTrace } from "./trace-layer.ts";
export { type ListedLocalModel, listLocalModels } from "./pull/model-cache.ts";
export { type CatalogueModel, DEFAULT_LOCAL_MODEL, downloadBytes, MODEL_CATALOGUE } from "./pull/model-catalogue.ts";
export { ModelPullError, type PullFailure } from "./pull/model-pull-error.ts";
export { type PulledModel, pullModel, type PullOptions, type PullProgress } from "./pull/pull-model.ts";
