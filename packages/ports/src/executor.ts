/** Carries out one call of one task. */
import type { CacheHit, Json, JsonObject, PlanTask, ToolBinding } from "@agentmesh/core";
import type { CallContext } from "./call-context.ts";
import type { NodeContext } from "./node-context.ts";
import type { RunReport } from "./run-report.ts";
import type { ToolCallOptions, ToolProgress } from "./tool-source.ts";

export interface TaskCall {
  readonly task: string;
  readonly attempt: number;
  readonly binding: ToolBinding;
  readonly args: JsonObject;
  /** As the plan says, in milliseconds; absent: what the server's configuration says. */
  readonly timeoutMs: number | undefined;
  readonly idempotencyKey: string;
  /** Whether an earlier result may be given: as the plan says, if it is a person's. Absent: what the configuration says. */
  readonly cache?: PlanTask["cache"];
  /** Told when the value is that of an earlier call, and none was made. */
  readonly onCacheHit?: (hit: CacheHit) => void;
  readonly onProgress: (progress: ToolProgress) => void;
  /** Asks a person. Absent: nobody may be asked. */
  readonly onInput?: ToolCallOptions["onInput"] | undefined;
  /** What the run behind the call is told, if it has one that may know. */
  readonly context?: () => CallContext;
  /** Told what that run has used up: before the call succeeds or fails. */
  readonly onReport?: (report: RunReport) => void;
}

export interface Executor {
  /** The task's value. Rejects with ToolCallError, ModelError, or ChildSuspendedError while the run behind it waits; the driver turns anything else into a failed call. */
  execute(call: TaskCall, context: NodeContext): Promise<Json>;
}
