/** One tool that is served, and the run that a call of it is. */
import type { JsonObject, Plan } from "@agentmesh/core";
import type { ServedTool } from "@agentmesh/mcp/server";

/**
 * What the result of a call shows. `run`: the run with all that it came to; `output`: the plan's output alone; `content`: what
 * the one tool behind it gave, as it gave it.
 */
export type ResultShape = "run" | "output" | "content";

export interface Work {
  /** A goal, or a plan. */
  readonly work: string | Plan;
  readonly inputs: JsonObject;
  readonly name: string;
}

export interface ServedWork {
  readonly tool: ServedTool;
  readonly shape: ResultShape;
  /** Throws MeshError for arguments that cannot be run. */
  readonly workOf: (args: JsonObject) => Work;
}
