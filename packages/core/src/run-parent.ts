/** The run that a run was started for, by one of its tasks: in this mesh, or in another one. */
import * as z from "./zod.ts";

/** How deep runs may start runs when the policy does not say. */
export const DEPTH_MAX_DEFAULT = 8;

export const RunParent = z.strictObject({
  run: z.string(),
  /** The key of the task whose call this run is. */
  task: z.string(),
  /** How many runs are above this one: 1 for the child of a run that has no parent. */
  depth: z.int().min(1),
  /** The run that has no parent. */
  root: z.string(),
  /** The parent is a run of another mesh. */
  isRemote: z.boolean().optional(),
  /** What the runs above were asked, as digests, the root's first: work that is asked for again below itself is a cycle. */
  path: z.array(z.string()).optional(),
  /** W3C trace context of the call. */
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
});
export type RunParent = z.infer<typeof RunParent>;
