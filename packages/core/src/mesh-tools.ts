/** The built-in tools of the reserved server `mesh`: specs only; the executor carries them out. */
import type { JsonObject } from "./json.ts";
import { MESH_SERVER } from "./plan.ts";
import type { ToolSpec } from "./tool-spec.ts";

const inputSchema: JsonObject = {
  type: "object",
  properties: {
    prompt: { type: "string", description: "What to write. Values flow in with {{ task.field }}." },
    schema: { type: "object", description: "JSON Schema of `value`; without it only `text` is given." },
    tier: { type: "string", enum: ["small", "medium", "large"], description: "Which of the configured models." },
    maxTokens: { type: "integer", minimum: 1 },
  },
  required: ["prompt"],
  additionalProperties: false,
};

const outputSchema: JsonObject = {
  type: "object",
  properties: { text: { type: "string" }, value: {} },
  required: ["text"],
  additionalProperties: false,
};

/** `mesh.generate`: one model call. Its output carries what flows in, so it counts as open-world. */
export const GENERATE_TOOL: ToolSpec = {
  name: `${MESH_SERVER}.generate`,
  server: MESH_SERVER,
  tool: "generate",
  description: "Write a text with a language model: summarise, translate, extract, decide.",
  inputSchema,
  outputSchema,
  effect: "read",
  isOpenWorld: true,
  fingerprint: "mesh.generate/1",
};

export const MESH_TOOLS: readonly ToolSpec[] = [GENERATE_TOOL];
