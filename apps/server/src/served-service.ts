/** What a configuration serves. */
import type { LoadedConfig } from "@agentmesh/runtime";
import { readWorkflows, ServedMesh } from "@agentmesh/runtime/served";
import type { TenantMeshes } from "./tenant-meshes.ts";

/** Throws WorkflowFileError. */
export async function servedService(
  { config: { workflows, expose } }: LoadedConfig,
  meshes: TenantMeshes,
  version: string,
): Promise<ServedMesh> {
  return new ServedMesh({
    meshFor: (tenant) => Promise.resolve(meshes.of(tenant)),
    workflows: await readWorkflows(workflows),
    expose,
    version,
  });
}
