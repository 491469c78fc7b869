/** The record of one model call, as events hold it. */
import * as z from "./zod.ts";
import { ErrorRecord } from "./error-record.ts";
import { Payload } from "./payload.ts";

export const ModelUsageRecord = z.strictObject({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  cachedInputTokens: z.int().min(0).optional(),
  /** False: the counts are estimates. */
  isExact: z.boolean(),
});
export type ModelUsageRecord = z.infer<typeof ModelUsageRecord>;

export const ModelCallRecord = z.strictObject({
  /** The node call (`planner#1`) or task attempt (`words#1`) that it belongs to. */
  caller: z.string(),
  /** `driver:model`. */
  model: z.string(),
  request: Payload,
  /** The text it gave, as far as it came. */
  response: Payload,
  usage: ModelUsageRecord,
  durationMs: z.int().min(0),
  /** From the call to the first piece of text; absent when none came. */
  firstDeltaMs: z.int().min(0).optional(),
  endReason: z.string().optional(),
  error: ErrorRecord.optional(),
  /** What was reserved for it, and is settled now. */
  reservation: z.string().optional(),
  /** Millionths of a US dollar; absent: the model has no price. */
  costMicroUsd: z.int().min(0).optional(),
  /** `hit`: an earlier answer, given again; no model was called, and nothing used. */
  cache: z.literal("hit").optional(),
});
export type ModelCallRecord = z.infer<typeof ModelCallRecord>;
