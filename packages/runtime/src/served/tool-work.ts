/** Tools of the mesh's own servers, served on. A call of one is a run of one task: checked, journaled and held to the policy like every other. */
import { isJsonObject, type JsonObject, Plan, type ToolSpec } from "@agentmesh/core";
import type { ServedWork } from "./served-work.ts";

const TASK = "call";

/** `name`: the alias under which it is served. */
export function toolWork(name: string, spec: ToolSpec): ServedWork {
  const { title, description, inputSchema, outputSchema, effect, isDestructive, isOpenWorld } = spec;
  return {
    tool: {
      name,
      ...(title === undefined ? {} : { title }),
      description,
      inputSchema,
      ...(isJsonObject(outputSchema) ? { outputSchema } : {}),
      annotations: {
        readOnlyHint: effect === "read",
        destructiveHint: effect === "destructive" || isDestructive === true,
        idempotentHint: effect === "read" || effect === "idempotent",
        openWorldHint: isOpenWorld,
      },
    },
    shape: outputSchema === undefined ? "content" : "output",
    workOf: (args) => ({ work: planOf(spec.name, args), inputs: {}, name: spec.name }),
  };
}

function planOf(tool: string, args: JsonObject): Plan {
  const literal = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, { $literal: value }]));
  return Plan.parse({ mesh: 1, name: tool, tasks: [{ id: TASK, use: tool, args: literal }], output: { $from: TASK } });
}
