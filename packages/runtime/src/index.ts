/** The engine as a library: a mesh, its runs, its configuration. */
export {
  CassetteFileError,
  CassetteMisfitError,
  CassetteMismatchError,
  CassetteUnusedError,
} from "./cassette/cassette-error.ts";
export type { CassetteOption } from "./cassette/cassette-option.ts";
export type { CacheClearOptions, CachedEntry, CacheDesk, CacheListOptions, CacheState } from "./cache/cache-desk.ts";
export { ConfigError } from "./config/config-error.ts";
export { configJsonSchema } from "./config/config-schema.ts";
export { explainConfig } from "./config/explain-config.ts";
export { loadConfig, type LoadConfigOptions, type LoadedConfig } from "./config/load-config.ts";
export type { MeshConfig, MeshConfigInput } from "./config/mesh-config.ts";
export { LOCAL_MODEL, type ModelProbes } from "./config/detect-models.ts";
export { modelNameOfRole } from "./config/model-roles.ts";
export type { EphemeralEvent, RunSignal } from "./driver/run-signal.ts";
export { LOG_LEVELS, type LogLevel, type LogRecord } from "./log/log-record.ts";
export { createMesh, type CreateMeshOptions, type MeshExtras, openMesh } from "./mesh/create-mesh.ts";
export type { HealthReport } from "./registry/call-health.ts";
export type { CatalogueServer, CatalogueTool, ToolList } from "./registry/tool-catalogue.ts";
export type { LockedToolChange, LockReport } from "./registry/lock/lock-report.ts";
export { Mesh, type PruneOptions, type RunOptions, type ScopeOptions } from "./mesh/mesh.ts";
export type { Fork, ForkOptions } from "./mesh/fork-run.ts";
export { PlanInvalidError } from "./mesh/plan-invalid-error.ts";
export { commandPayload } from "./mesh/command-payload.ts";
export { CommandPendingError } from "./mesh/command-pending-error.ts";
export { CommandRefusedError } from "./mesh/command-refused-error.ts";
export { UnknownEventError, ValuesLostError } from "./mesh/replay-error.ts";
export { PlanRedactedError, ServersMissingError } from "./mesh/resume-error.ts";
export { Run } from "./mesh/run.ts";
export type { ApproveOptions, ResolveOptions } from "./mesh/run-command.ts";
export { RunFailedError } from "./mesh/run-failed-error.ts";
export { type RunResult, runResult } from "./mesh/run-result.ts";
export { UnknownRunError } from "./mesh/unknown-run-error.ts";
export { machineProbes } from "./models/machine-probes.ts";
export { NoModelError } from "./models/no-model-error.ts";
export { SqliteStore } from "@agentmesh/store/sqlite";
