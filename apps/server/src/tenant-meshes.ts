/** A mesh for each tenant that asks: servers, connections and runs of one are never another's. */
import { type LoadedConfig, type Mesh, openMesh } from "@agentmesh/runtime";
import { MeshError } from "@agentmesh/core";

const TENANTS_MAX = 64;

export class TenantMeshes implements AsyncDisposable {
  readonly #loaded: LoadedConfig;
  readonly #meshes = new Map<string, Mesh>();

  constructor(loaded: LoadedConfig) {
    this.#loaded = loaded;
  }

  /** Throws StoreError, TooManyTenantsError. */
  of(tenant: string): Mesh {
    const known = this.#meshes.get(tenant);
    if (known !== undefined) return known;
    if (this.#meshes.size >= TENANTS_MAX) throw new TooManyTenantsError();
    const mesh = openMesh({ ...this.#loaded, config: { ...this.#loaded.config, tenant } });
    this.#meshes.set(tenant, mesh);
    return mesh;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#meshes.values()].map((mesh) => mesh[Symbol.asyncDispose]()));
  }
}

class TooManyTenantsError extends MeshError {
  constructor() {
    super({
      code: "AM_SERVER_BUSY",
      message: `This server has ${TENANTS_MAX} tenants, as many as it takes.`,
      hint: "Run another server for more.",
      facts: { tenantsMax: TENANTS_MAX },
      retryable: true,
    });
  }
}
