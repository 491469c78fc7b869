/** A mesh whose only tool does nothing but tell that it was called. */
import { defineTool, type StandardSchema } from "@agentmesh/mcp";
import { createMesh, type CreateMeshOptions, type Mesh } from "@agentmesh/runtime";

interface Step {
  readonly index: number;
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

/** `onCall`: told the number of the task, before the call is answered. Throws ConfigError, StoreError. */
export function stepMesh(onCall: (task: number) => void, options: CreateMeshOptions): Promise<Mesh> {
  const step = defineTool({
    name: "step",
    description: "Gives its number back.",
    input: AS_GIVEN,
    inputSchema: STEP_INPUT,
    output: AS_GIVEN,
    outputSchema: { type: "object", properties: { index: INTEGER }, required: ["index"] },
    effect: "read",
    isOpenWorld: false,
    run: ({ index }) => {
      onCall(index);
      return { index };
    },
  });
  return createMesh({ ...options, tools: [step] });
}
