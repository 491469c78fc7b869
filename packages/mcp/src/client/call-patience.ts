/**
 * When the request of a call is given up. A run that calls another one does not close a request to cancel, since that looks
 * like a lost connection, after which it would call again: it waits for the task that the call becomes, and cancels that.
 */
import type { CallToolResult, Client } from "@modelcontextprotocol/client";
import { type Deadline, DeadlineReached } from "../tool/deadline.ts";
import { TASKS_EXTENSION } from "./client-capabilities.ts";
import type { ConnectionCall } from "./mcp-connection.ts";

/** How long a call that was given up may take to become a task, in milliseconds. */
const TASK_MS_MAX = 30_000;

/** Whether the server knows this for the call of a run, which comes again when nobody answers. */
export function becomesTask(client: Client, { options }: ConnectionCall): boolean {
  const { extensions } = client.getServerCapabilities() ?? {};
  const takesTasks = client.getProtocolEra() === "modern" && extensions?.[TASKS_EXTENSION] !== undefined;
  return takesTasks && options.onMeta !== undefined;
}

/** Aborted some time after the end. */
export function lateSignal({ signal }: Deadline): AbortSignal {
  const late = new AbortController();
  const endLater = (): void => void setTimeout(() => late.abort(signal.reason), TASK_MS_MAX).unref();
  if (signal.aborted) endLater();
  else signal.addEventListener("abort", endLater, { once: true });
  return late.signal;
}

/**
 * The answer, also one that comes after the caller has cancelled. Rejects with DeadlineReached when the time is over;
 * `onLate` is given the answer then.
 */
export async function patientAnswer(
  asked: Promise<CallToolResult>,
  deadline: Deadline,
  onLate: (answer: CallToolResult) => void,
): Promise<CallToolResult> {
  const { signal } = deadline;
  const late = Promise.withResolvers<never>();
  const onEnd = (): void => {
    if (deadline.end !== "timeout") return;
    late.reject(new DeadlineReached("timeout"));
    asked.then(onLate, () => undefined);
  };
  if (signal.aborted) onEnd();
  else signal.addEventListener("abort", onEnd, { once: true });
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    signal.removeEventListener("abort", onEnd);
  }
}
