/** The five nodes of the pipeline (DESIGN 1). */
import * as z from "./zod.ts";

export const NodeName = z.enum(["planner", "router", "executor", "validator", "composer"]);
export type NodeName = z.infer<typeof NodeName>;
