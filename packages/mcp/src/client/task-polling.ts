/**
 * Asks for the outcome of a task until it has one, over whatever connection there is: a task outlives the connection that
 * began it, so its call is never sent again. What it asks meanwhile is answered once. A call that is given up cancels its task.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type CallToolResult, isCallToolResult, ProtocolError } from "@modelcontextprotocol/client";
import type { ToolSpec } from "@agentmesh/core";
import { ToolCallError, type ToolCallOptions } from "@agentmesh/ports";
import { answerUnreadable, endedInCall, outputTooLarge, serverDisconnected, toolFailed } from "../tool/call-failure.ts";
import { cleanText } from "../tool/clean-text.ts";
import { type Deadline, DeadlineReached } from "../tool/deadline.ts";
import { TransportFault } from "../transport/transport-fault.ts";
import { PROGRESS_TEXT_CHARS_MAX } from "./call-rounds.ts";
import { answerInput } from "./input-requests.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import type { McpConnection } from "./mcp-connection.ts";
import { type StartedTask, TaskState } from "./started-task.ts";

const POLL_MS = 1_000;
const POLL_MS_MIN = 50;
const POLL_MS_MAX = 60_000;
/** So many times in a row it cannot be asked, then it is given up. */
const FAILURES_MAX = 8;
const INPUTS_MAX = 20;
/** How long a task that was cancelled is waited for, in milliseconds: what it has begun ends before its caller does. */
const CANCEL_MS_MAX = 10_000;

const OPEN: ReadonlySet<TaskState["status"]> = new Set(["working", "input_required"]);

export interface TaskCall {
  readonly spec: ToolSpec;
  readonly options: ToolCallOptions;
  readonly deadline: Deadline;
  readonly config: McpServerConfig;
  /** The connection to ask over now. Rejects with ToolCallError. */
  readonly connection: () => Promise<McpConnection>;
}

/** Rejects with ToolCallError only. */
export async function taskResult(started: StartedTask, call: TaskCall): Promise<CallToolResult> {
  const following = new TaskFollowing(started, call);
  try {
    return await following.result();
  } catch (error) {
    const { deadline, spec } = call;
    if (deadline.end === undefined && error instanceof ToolCallError) throw error;
    if (deadline.end === "cancelled") await following.end();
    else void following.cancel();
    if (deadline.end !== undefined) throw endedInCall(spec, deadline.end, deadline.timeoutMs);
    throw error;
  }
}

interface TaskParams {
  readonly taskId: string;
  readonly inputResponses?: Readonly<Record<string, object>>;
}

class TaskFollowing {
  readonly #call: TaskCall;
  /** Of what was answered already. */
  readonly #answered = new Set<string>();
  #state: TaskState;
  #polls = 0;

  constructor({ state }: StartedTask, call: TaskCall) {
    this.#state = state;
    this.#call = call;
  }

  async result(): Promise<CallToolResult> {
    const { deadline } = this.#call;
    while (this.#outcome() === undefined) {
      if (this.#state.status === "input_required") await this.#answer();
      await deadline.race(sleep(pauseMs(this.#state), undefined, { ref: true }));
      this.#state = await this.#poll();
      deadline.restart();
      this.#tellProgress();
    }
    return this.#outcome() as CallToolResult;
  }

  /** Told once, and not waited for. Never rejects. */
  async cancel(): Promise<void> {
    const { taskId } = this.#state;
    try {
      const connection = await this.#call.connection();
      await connection.askTask("tasks/cancel", { taskId }, AbortSignal.timeout(POLL_MS));
    } catch {
      // It goes on, as its caller was told that it may.
    }
  }

  /** Told, and waited for a while. Never rejects. */
  async end(): Promise<void> {
    const { taskId } = this.#state;
    const signal = AbortSignal.timeout(CANCEL_MS_MAX);
    await this.cancel();
    try {
      const connection = await this.#call.connection();
      while (OPEN.has(this.#state.status)) {
        this.#state = TaskState.parse(await connection.askTask("tasks/get", { taskId }, signal));
        if (OPEN.has(this.#state.status)) await sleep(POLL_MS_MIN, undefined, { signal });
      }
    } catch {
      // Whether it ends stays unknown.
    }
  }

  /** Undefined while it goes on. Throws ToolCallError. */
  #outcome(): CallToolResult | undefined {
    const { spec } = this.#call;
    const { status, result, error, statusMessage } = this.#state;
    if (status === "failed")
      throw toolFailed(spec, { text: error?.message ?? statusMessage ?? "", retryable: true, cause: error });
    if (status === "cancelled") throw toolFailed(spec, { text: "its server cancelled it", retryable: true });
    if (status !== "completed") return undefined;
    if (!isCallToolResult(result)) throw answerUnreadable(spec, "its task holds no tool result");
    return result;
  }

  async #answer(): Promise<void> {
    const { spec, options, deadline, config } = this.#call;
    const { taskId, inputRequests = {} } = this.#state;
    const inputResponses: Record<string, object> = {};
    for (const [key, request] of Object.entries(inputRequests)) {
      if (this.#answered.has(key)) continue;
      if (this.#answered.size >= INPUTS_MAX)
        throw toolFailed(spec, { text: `it asked for input ${INPUTS_MAX} times and came to no end`, retryable: false });
      inputResponses[key] = await answerInput(
        request,
        { called: spec, deadline, onInput: options.onInput },
        config.roots,
      );
      this.#answered.add(key);
    }
    if (Object.keys(inputResponses).length > 0) await this.#ask("tasks/update", { taskId, inputResponses });
  }

  async #poll(): Promise<TaskState> {
    const { taskId } = this.#state;
    const { data } = TaskState.safeParse(await this.#ask("tasks/get", { taskId }));
    if (data === undefined || data.taskId !== taskId)
      throw answerUnreadable(this.#call.spec, "what it says of its task");
    return data;
  }

  /** Again and again while the server cannot be reached; what it answers counts. */
  async #ask(method: string, params: TaskParams): Promise<unknown> {
    const { spec, deadline, config, connection } = this.#call;
    for (let failures = 1; ; failures++) {
      try {
        const current = await deadline.race(connection());
        return await deadline.race(current.askTask(method, params, deadline.signal));
      } catch (error) {
        if (error instanceof DeadlineReached || deadline.end !== undefined) throw error;
        if (isAnswer(error)) throw toldOfTask(error, spec, config.outputBytesMax);
        if (failures >= FAILURES_MAX)
          throw serverDisconnected(spec, "cannot be asked any more what became of its task", error);
        await deadline.race(sleep(Math.min(POLL_MS_MAX, POLL_MS_MIN * 2 ** failures)));
      }
    }
  }

  #tellProgress(): void {
    const { statusMessage } = this.#state;
    this.#polls += 1;
    if (statusMessage === undefined) return;
    this.#call.options.onProgress?.({
      progress: this.#polls,
      message: cleanText(statusMessage, PROGRESS_TEXT_CHARS_MAX),
    });
  }
}

function pauseMs({ pollIntervalMs = POLL_MS }: TaskState): number {
  return Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, pollIntervalMs));
}

/** The server was reached and said no; a fault of the transport is no answer. */
function isAnswer(error: unknown): error is ProtocolError {
  return (
    error instanceof ProtocolError && !(error.data instanceof TransportFault && error.data.kind === "stream-ended")
  );
}

function toldOfTask(error: ProtocolError, spec: ToolSpec, bytesMax: number): ToolCallError {
  if (error.data instanceof TransportFault) return outputTooLarge(spec, { bytes: error.data.bytes, bytesMax });
  return serverDisconnected(spec, `does not know its task any more ("${cleanText(error.message, 200)}")`, error);
}
