export { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema } from "./json.ts";
export { MeshError, type MeshErrorOptions } from "./mesh-error.ts";
export { ToolEffect, type ToolSpec } from "./tool-spec.ts";
