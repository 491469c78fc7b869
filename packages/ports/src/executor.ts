/** Carries out one call of one task. */
import type { CacheHit, Json, JsonObject, PlanTask, ToolBinding } from "@agentmesh/core";
import type { NodeContext } from "./node-context.ts";
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
}

export interface Executor {
  /** The task's value. Rejects with ToolCallError or ModelError; the driver turns anything else into a failed call. */
  execute(call: TaskCall, context: NodeContext): Promise<Json>;
}
