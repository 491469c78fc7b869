/** What is known of the servers and tools of a mesh, as data: what `mesh.tools()` gives and `agentmesh tools --json` prints. */
import type { ToolDrift, ToolSpec } from "@agentmesh/core";
import type { ServerStatus } from "@agentmesh/ports";
import type { HealthReport } from "./call-health.ts";

export interface CatalogueServer extends ServerStatus {
  readonly health: HealthReport;
}

export interface CatalogueTool extends ToolSpec {
  /** Its name for models and for other hosts; plans use `name`. */
  readonly alias: string;
  /** How it is reached. */
  readonly source: ServerStatus["transport"] | "built-in";
  /** The configured domains in which it is there. */
  readonly scope: { readonly domains: readonly string[] };
  readonly health: HealthReport;
  /** How it differs from the lock file: it is not called. */
  readonly drift?: ToolDrift;
}

/** Two servers of one name: the first was there, the second is used. */
export interface ServerCollision {
  readonly server: string;
  readonly kept: ServerStatus["transport"];
  readonly hidden: ServerStatus["transport"];
}

export interface ToolList {
  readonly servers: readonly CatalogueServer[];
  readonly tools: readonly CatalogueTool[];
  /** Names that more than one server has. */
  readonly collisions: readonly ServerCollision[];
}
