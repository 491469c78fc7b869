/** What may be given again in place of a call. Nothing is, before somebody says so: an answer of yesterday can be a surprise. */
import * as z from "@agentmesh/core/zod";

/** A year, in seconds. */
const TTL_SECONDS_MAX = 31_536_000;
const MEGABYTES_MAX = 1_000_000;
const DEFAULT_MEGABYTES = 256;
const TOOLS = /^[A-Za-z_][A-Za-z0-9_-]*\.(?:\*|[^*]+)$/;

const ToolCacheConfig = z.strictObject({
  ttlSeconds: z.int().min(1).max(TTL_SECONDS_MAX).describe("How old a result may be when it is given again."),
  except: z
    .array(z.string().regex(TOOLS, "Write SERVER.TOOL or SERVER.*."))
    .default([])
    .describe("Tools that are always called: SERVER.TOOL or SERVER.*."),
});

export const CacheConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("False: nothing is kept and nothing given again, whatever a plan says of its tasks."),
  models: z
    .union([z.boolean(), z.literal("sampled")])
    .default(false)
    .describe("True: answers at temperature 0 or with a seed. sampled: every answer."),
  tools: ToolCacheConfig.optional().describe("Results of tools that only read. Without it: only where a plan says so."),
  plans: z.boolean().default(false).describe("Plans of runs that succeeded, for the same goal and the same tools."),
  shapes: z
    .boolean()
    .default(true)
    .describe("What the outputs of tools look like that declare no output schema: keys and types, no values."),
  megabytesMax: z
    .int()
    .min(1)
    .max(MEGABYTES_MAX)
    .default(DEFAULT_MEGABYTES)
    .describe("Of each kind; what was unused for longest goes first."),
});
export type CacheConfig = z.output<typeof CacheConfig>;
