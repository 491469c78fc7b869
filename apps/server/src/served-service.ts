/** What a configuration serves. */
import type { LoadedConfig } from "@agentmesh/runtime";
import { ServedMesh, type ServedMeshOptions } from "@agentmesh/runtime/served";
import type { TenantMeshes } from "./tenant-meshes.ts";

export function servedService(
  { config: { expose }, workflows }: LoadedConfig,
  meshes: TenantMeshes,
  options: Pick<ServedMeshOptions, "version" | "isRecovering">,
): ServedMesh {
  return new ServedMesh({
    meshFor: (tenant) => Promise.resolve(meshes.of(tenant)),
    workflows,
    expose,
    ...options,
  });
}
