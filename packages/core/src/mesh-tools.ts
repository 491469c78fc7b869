/** The built-in tools of the reserved server `mesh`: specs only. The executor carries `generate` out; waiting is the core's own. */
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

/** A year. */
const WAIT_MS_MAX = 31_536_000_000;
const milliseconds = { type: "integer", minimum: 0, maximum: WAIT_MS_MAX };

/** `mesh.wait`: for a signal or an event by name (its value is their data), or for a time (its value is null). */
export const WAIT_TOOL: ToolSpec = {
  name: `${MESH_SERVER}.wait`,
  server: MESH_SERVER,
  tool: "wait",
  description: "Wait for a signal sent to this run, for an event, or until a time.",
  inputSchema: {
    type: "object",
    properties: {
      signal: { type: "string", minLength: 1, maxLength: 200, description: "Sent with: agentmesh signal RUN NAME" },
      event: { type: "string", minLength: 1, maxLength: 200 },
      delayMs: { ...milliseconds, description: "Wait so long." },
      until: { type: "string", format: "date-time", description: "Wait until then." },
      timeoutMs: { ...milliseconds, description: "Fail when no signal or event came by then." },
    },
    oneOf: ["signal", "event", "delayMs", "until"].map((name) => ({ required: [name] })),
    additionalProperties: false,
  },
  effect: "read",
  isOpenWorld: true,
  fingerprint: "mesh.wait/1",
};

/** `mesh.approve`: asks a person and goes on with the decision as its value. */
export const APPROVE_TOOL: ToolSpec = {
  name: `${MESH_SERVER}.approve`,
  server: MESH_SERVER,
  tool: "approve",
  description: "Ask a person, and go on with the decision.",
  inputSchema: {
    type: "object",
    properties: {
      message: { type: "string", description: "What is to be decided." },
      data: { description: "What the person should see." },
      expiresMs: { ...milliseconds, description: "How long the question stands." },
      default: { type: "string", enum: ["approve", "reject"], description: "What holds after that; else reject." },
    },
    required: ["message"],
    additionalProperties: false,
  },
  outputSchema: {
    type: "object",
    properties: { approved: { type: "boolean" } },
    required: ["approved"],
    additionalProperties: false,
  },
  effect: "read",
  isOpenWorld: false,
  fingerprint: "mesh.approve/1",
};

export const MESH_TOOLS: readonly ToolSpec[] = [GENERATE_TOOL, WAIT_TOOL, APPROVE_TOOL];
