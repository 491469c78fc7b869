/** An earlier result of the same call, given again: no call was made. */
import * as z from "./zod.ts";

export const CacheHit = z.strictObject({
  /** Since the call was made that gave it. */
  ageMs: z.int().min(0),
  /** The run that made it. */
  run: z.string(),
});
export type CacheHit = z.infer<typeof CacheHit>;
