/** One line of the debug log: what a node, a task or a model was given and gave, how long it took and what it cost. */
import type { ErrorRecord, Json, ModelUsageRecord, RunEventType } from "@agentmesh/core";

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRecord {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly run: string;
  readonly tenant: string;
  /** The event that it is a projection of. */
  readonly seq: number;
  readonly type: RunEventType;
  readonly message: string;
  /** `planner#1`, or a task attempt `hits#1`. */
  readonly call?: string;
  readonly tool?: string;
  readonly model?: string;
  readonly durationMs?: number;
  readonly firstDeltaMs?: number;
  readonly usage?: ModelUsageRecord;
  readonly error?: ErrorRecord;
  /** Cut to the level's length; a longer value is a text that ends with how much is missing. */
  readonly input?: Json;
  readonly output?: Json;
  readonly prompt?: Json;
  readonly response?: Json;
}

export function isAtLeast(level: LogLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(threshold);
}
