/** What `import { createMesh } from "agentmesh"` gives: the engine as a library. Loads nothing of the command. */
export {
  type Finding,
  type Json,
  type JsonObject,
  type JsonSchema,
  MeshError,
  type Plan,
  PlanBuilder,
  type PlanInput,
  type RunEvent,
  type RunView,
  text,
  type ToolSpec,
  type ValueReference,
} from "@agentmesh/core";
export { defineTool, type LocalTool, type ToolContext, type ToolDefinition } from "@agentmesh/mcp";
export { type ScriptedAnswer, type ScriptedModel, scriptedModel, ScriptedReply } from "@agentmesh/models";
export type {
  Composer,
  Executor,
  Model,
  ModelRequest,
  NodeContext,
  Planner,
  Router,
  ServerStatus,
  ToolSource,
  Validator,
} from "@agentmesh/ports";
export {
  ConfigError,
  createMesh,
  type CreateMeshOptions,
  loadConfig,
  type LoadedConfig,
  type LogRecord,
  Mesh,
  type MeshConfigInput,
  NoModelError,
  openMesh,
  PlanInvalidError,
  Run,
  RunFailedError,
  type RunOptions,
  type RunResult,
  type RunSignal,
  UnknownRunError,
} from "@agentmesh/runtime";
