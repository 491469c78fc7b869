/** The interfaces between the engine and the world. Each has one embedded default; contract suites are at `@agentmesh/ports/testing`. */
export type {
  CacheKey,
  CacheKind,
  CacheListing,
  CacheQuery,
  CacheRoom,
  CacheRow,
  CacheTable,
  CacheUsage,
} from "./cache-table.ts";
export type { CallBudget, CallContext } from "./call-context.ts";
export { ChildSuspendedError } from "./child-suspended-error.ts";
export type { Clock } from "./clock.ts";
export type { ComposedAnswer, Composer, ComposerRequest, ComposerResult } from "./composer.ts";
export type { Executor, TaskCall } from "./executor.ts";
export { type Inbox, INBOX_COMMAND_BYTES_MAX, INBOX_ITEMS_MAX, type InboxAnswer, type InboxItem } from "./inbox.ts";
export { InboxError, type InboxErrorCode } from "./inbox-error.ts";
export type { BlobStore, IntactEvents, Journal, RunQuery, RunSummary, Store, StoredBlob } from "./journal.ts";
export { JournalConflictError, type JournalConflictReason } from "./journal-conflict-error.ts";
export type { Leases } from "./leases.ts";
export type {
  Model,
  ModelCapabilities,
  ModelEndReason,
  ModelMessage,
  ModelOutput,
  ModelRequest,
  ModelSampling,
  ModelStreamPart,
  ModelUsage,
  OutputControl,
  TokenCount,
} from "./model.ts";
export { ModelError, type ModelErrorCode, type ModelErrorOptions } from "./model-error.ts";
export type { ModelRole, NodeContext, NodeProgress } from "./node-context.ts";
export type { Planner, PlannerRequest, PreviousPlan } from "./planner.ts";
export type { Router, RouterRequest } from "./router.ts";
export type { RunReport } from "./run-report.ts";
export type { PruneQuery, PruneReport, Retention } from "./retention.ts";
export { type RunOwner, RunOwnedError } from "./run-owned-error.ts";
export { StoreError, type StoreErrorCode } from "./store-error.ts";
export {
  type CallOutcome,
  ToolCallError,
  type ToolCallErrorCode,
  type ToolCallErrorOptions,
} from "./tool-call-error.ts";
export type {
  ContentBlock,
  InputAnswer,
  InputRequest,
  ServerState,
  ServerStatus,
  ToolCallOptions,
  ToolCaller,
  ToolProgress,
  ToolResult,
  ToolSource,
} from "./tool-source.ts";
export type { FailedTask, Validator, ValidatorRequest } from "./validator.ts";
