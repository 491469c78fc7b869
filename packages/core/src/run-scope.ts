/** Which tools a run may use, of those that its mesh has: said when it is created, and the same whenever it goes on. */
import * as z from "./zod.ts";

const NAMES_MAX = 1_000;
/** `server.tool`, in which each * stands for any characters. */
const ToolPattern = z.string().min(1).max(200);

/** Names and patterns of tools. What is denied is denied, whatever is allowed. */
export const ToolFilter = z.strictObject({
  /** Absent: all. */
  allow: z.array(ToolPattern).max(NAMES_MAX).optional(),
  deny: z.array(ToolPattern).max(NAMES_MAX).optional(),
});
export type ToolFilter = z.infer<typeof ToolFilter>;

export const RunScope = z.strictObject({
  /** A domain of the configuration. Absent: the run belongs to none. */
  domain: z.string().optional(),
  /** What the run narrows itself to. */
  tools: ToolFilter.optional(),
});
export type RunScope = z.infer<typeof RunScope>;
