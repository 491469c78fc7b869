export type { Clock } from "./clock.ts";
export type {
  Model,
  ModelCapabilities,
  ModelEndReason,
  ModelMessage,
  ModelRequest,
  ModelSampling,
  ModelStreamPart,
  ModelUsage,
  OutputControl,
  TokenCount,
} from "./model.ts";
export { ModelError, type ModelErrorCode, type ModelErrorOptions } from "./model-error.ts";
export {
  type CallOutcome,
  ToolCallError,
  type ToolCallErrorCode,
  type ToolCallErrorOptions,
} from "./tool-call-error.ts";
export type {
  ContentBlock,
  ServerState,
  ServerStatus,
  ToolCallOptions,
  ToolProgress,
  ToolResult,
  ToolSource,
} from "./tool-source.ts";
