/** The five nodes of the pipeline (DESIGN 1). */
import { z } from "zod";

export const NodeName = z.enum(["planner", "router", "executor", "validator", "composer"]);
export type NodeName = z.infer<typeof NodeName>;
