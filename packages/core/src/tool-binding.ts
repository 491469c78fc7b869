/** What is constant about a tool for a whole plan: stands once in `plan.accepted`, so that no later event repeats it. */
import * as z from "./zod.ts";
import { ToolEffect, ToolRuns } from "./tool-spec.ts";

const BoundTool = z.strictObject({
  /** The concrete tool, `server.tool`. */
  tool: z.string(),
  server: z.string(),
  effect: ToolEffect,
  isDestructive: z.boolean().optional(),
  isOpenWorld: z.boolean(),
  runs: ToolRuns.optional(),
  /** The tool as it was when the plan was checked. */
  fingerprint: z.string(),
});
export const ToolBinding = BoundTool.extend({
  /** Of a capability: the tools that the plan was checked with besides, in the order in which they take its place. */
  alternatives: z.array(BoundTool).optional(),
});
export type ToolBinding = z.infer<typeof ToolBinding>;

/** By the `use` of tasks. */
export const ToolBindings = z.record(z.string(), ToolBinding);
export type ToolBindings = z.infer<typeof ToolBindings>;
