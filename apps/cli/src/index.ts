/** What `import { createMesh } from "agentmesh"` gives: the engine as a library. Loads nothing of the command. */
export { MeshError, type Plan, type PlanInput, type RunEvent, type RunView } from "@agentmesh/core";
export {
  ConfigError,
  createMesh,
  type CreateMeshOptions,
  loadConfig,
  type LoadedConfig,
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
