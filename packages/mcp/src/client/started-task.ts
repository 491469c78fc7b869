/**
 * A call that its server answered with a task (extension io.modelcontextprotocol/tasks, SEP-2663): the tool goes on, and is
 * asked for its outcome. The SDK takes no such answer, so it is wrapped below the SDK and unwrapped above it.
 */
import { type CallToolResult, isJSONRPCResultResponse, type JSONRPCMessage } from "@modelcontextprotocol/client";
import * as z from "@agentmesh/core/zod";
import { answerUnreadable, type CalledTool } from "../tool/call-failure.ts";

const TASK_META = "agentmesh/task";
const TASK_ID_CHARS_MAX = 1_024;

export const TaskState = z.looseObject({
  taskId: z.string().min(1).max(TASK_ID_CHARS_MAX),
  status: z.enum(["working", "input_required", "completed", "failed", "cancelled"]),
  statusMessage: z.string().optional(),
  pollIntervalMs: z.number().nonnegative().optional(),
  inputRequests: z.record(z.string(), z.looseObject({ method: z.string(), params: z.unknown().optional() })).optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});
export type TaskState = z.infer<typeof TaskState>;

/** What a call came to, when it came to no result yet. */
export class StartedTask {
  readonly state: TaskState;

  constructor(state: TaskState) {
    this.state = state;
  }
}

/** A message as the SDK takes it. */
export function wrapTask(message: JSONRPCMessage): JSONRPCMessage {
  if (!isJSONRPCResultResponse(message) || message.result["resultType"] !== "task") return message;
  const { resultType: _resultType, _meta, ...task } = message.result;
  return { ...message, result: { resultType: "complete", content: [], _meta: { ..._meta, [TASK_META]: task } } };
}

/** Undefined: it is a result. Throws ToolCallError when nobody can tell which task it is. */
export function unwrapTask(answer: CallToolResult, called: CalledTool): StartedTask | undefined {
  const wrapped = answer._meta?.[TASK_META];
  if (wrapped === undefined) return undefined;
  const { data } = TaskState.safeParse(wrapped);
  if (data === undefined) throw answerUnreadable(called, "the task that it began has no id or state");
  return new StartedTask(data);
}
