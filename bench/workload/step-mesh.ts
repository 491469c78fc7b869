/** A mesh whose only tool does nothing but tell that it was called. */
import { defineTool, type StandardSchema } from "@agentmesh/mcp";
import { createMesh, type CreateMeshOptions, type Mesh } from "@agentmesh/runtime";

interface Step {
  readonly index: number;
  readonly text?: string;
}

/** Takes what the JSON schema has let through. */
const AS_GIVEN: StandardSchema<Step> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value: value as Step }) },
};
const INTEGER = { type: "integer" };
const STEP_INPUT = {
  type: "object",
  properties: { index: INTEGER, before: { type: "array", items: INTEGER } },
  required: ["index", "before"],
};
const STEP_OUTPUT = { type: "object", properties: { index: INTEGER, text: { type: "string" } }, required: ["index"] };

/** `onCall`: told the number of the task; its answer is the output. Throws ConfigError, StoreError. */
export function stepMesh(onCall: (task: number) => Step | Promise<Step>, options: CreateMeshOptions): Promise<Mesh> {
  const step = defineTool({
    name: "step",
    description: "Gives its number back.",
    input: AS_GIVEN,
    inputSchema: STEP_INPUT,
    output: AS_GIVEN,
    outputSchema: STEP_OUTPUT,
    effect: "read",
    isOpenWorld: false,
    run: ({ index }) => onCall(index),
  });
  return createMesh({ ...options, tools: [step] });
}
