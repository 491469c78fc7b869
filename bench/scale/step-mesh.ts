/** A mesh over a real store whose only tool does nothing but tell that it was called. */
import { defineTool, type StandardSchema } from "@agentmesh/mcp";
import { createMesh, type Mesh } from "@agentmesh/runtime";

interface Step {
  readonly index: number;
}

/** Takes what the JSON schema has let through. */
const AS_GIVEN: StandardSchema<Step> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value: value as Step }) },
};
const INTEGER = { type: "integer" };

/** `onCall`: told the number of the task, before the call is answered. */
export function stepMesh(store: string, onCall: (task: number) => void): Promise<Mesh> {
  const step = defineTool({
    name: "step",
    description: "Gives its number back.",
    input: AS_GIVEN,
    inputSchema: { type: "object", properties: { index: INTEGER, before: INTEGER }, required: ["index", "before"] },
    output: AS_GIVEN,
    outputSchema: { type: "object", properties: { index: INTEGER }, required: ["index"] },
    effect: "read",
    isOpenWorld: false,
    run: ({ index }) => {
      onCall(index);
      return { index };
    },
  });
  return createMesh({ store, tools: [step] });
}
