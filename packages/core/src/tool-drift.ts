/** A tool that is not the one that was agreed on: what it was checked against, what it is now, and what has changed. */
import * as z from "./zod.ts";

export const ToolChange = z.strictObject({
  /** JSON Pointer into the definition: `/description`, `/inputSchema/properties/url/type`. */
  path: z.string(),
  /** JSON text, cut, with what nobody sees written out; absent: not there. Untrusted. */
  was: z.string().optional(),
  is: z.string().optional(),
});
export type ToolChange = z.infer<typeof ToolChange>;

export const ToolDrift = z.strictObject({
  /** `server.tool`. */
  tool: z.string(),
  /** What it differs from: the plan, as it was checked, or the lock file. */
  since: z.enum(["plan", "lock"]),
  /** Fingerprints. `was` is absent for a tool that the lock file does not have. */
  was: z.string().optional(),
  is: z.string(),
  /** Empty when nobody knows any more how it was. */
  changes: z.array(ToolChange),
});
export type ToolDrift = z.infer<typeof ToolDrift>;
