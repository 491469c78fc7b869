/** What a task's call comes to when it has a run of its own: what that used up, and where its time went. */
import * as z from "./zod.ts";
import type { Payload } from "./payload.ts";

/** Calls, tokens and millionths of a US dollar. */
export const ChildUsage = z.strictObject({
  modelCalls: z.int().min(0),
  toolCalls: z.int().min(0),
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  /** False when any count was an estimate. */
  isExact: z.boolean(),
  costMicroUsd: z.int().min(0),
});
export type ChildUsage = z.infer<typeof ChildUsage>;

/** What a child says of itself when its call is over. */
export interface ChildReport {
  /** Its id, in its own mesh. */
  readonly run?: string;
  readonly usage: ChildUsage;
  /** Of a run of another mesh: its spans. Those of a run of this mesh follow from its journal. */
  readonly spans?: Payload;
}

/** What is set aside for a child; 0 where there is no limit. */
export interface ChildShare {
  readonly tokens: number;
  readonly microUsd: number;
  readonly calls: number;
}

export const NO_USAGE: ChildUsage = {
  modelCalls: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  isExact: true,
  costMicroUsd: 0,
};
