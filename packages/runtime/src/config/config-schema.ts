/** The published JSON Schema of the configuration: of what a user writes, for editors, suggestions and overrides. */
import type { JsonObject } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";
import { MeshConfig } from "./mesh-config.ts";

let cached: JsonObject | undefined;

/** Draft 2020-12. The same object every time: not to be changed. */
export function configJsonSchema(): JsonObject {
  cached ??= {
    title: "Configuration of AgentMesh",
    description: "agentmesh.config.yaml, .json or .ts",
    ...(z.toJSONSchema(MeshConfig, { io: "input", target: "draft-2020-12" }) as JsonObject),
  };
  return cached;
}
