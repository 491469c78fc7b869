/** A run as `show --json` prints it: its view, with values in place of references to them. */
import type { Json, JsonObject, Payload, RunEvent, RunView, TaskView } from "@agentmesh/core";
import { runWaits } from "./run-waits.ts";

/** Larger values are shown as a mark, unless asked for in full; bytes of canonical JSON. */
export const SHOWN_BYTES_MAX = 256 * 1024;
const PREVIEW_CHARS = 1_000;

export interface RunDocumentOptions {
  readonly read: (payload: Payload) => Json | undefined;
  readonly isFull: boolean;
}

/** `events`: of the same run, for what the view leaves out. */
export function runDocument(view: RunView, events: readonly RunEvent[], options: RunDocumentOptions): object {
  const { tasks, output, answer, tenant: _tenant, ...rest } = view;
  return {
    ...rest,
    waits: runWaits(view, { events, read: (payload) => shownValue(payload, options) }),
    tasks: Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, taskDocument(task, options)])),
    output: output === undefined ? null : shownValue(output, options),
    answer: answer === undefined ? null : shownValue(answer, options),
  };
}

function taskDocument({ output, ...task }: TaskView, options: RunDocumentOptions): object {
  return output === undefined ? task : { ...task, output: shownValue(output, options) };
}

/** The value; or `{ $cut: true, bytes, hash, preview }` for one that is large; or `{ $lost: true, hash }`. */
export function shownValue(payload: Payload, { read, isFull }: RunDocumentOptions): Json {
  const value = read(payload);
  if (value === undefined) return { $lost: true, hash: payload.hash };
  if (isFull || payload.bytes <= SHOWN_BYTES_MAX) return value;
  return cut(payload, value);
}

function cut({ bytes, hash }: Payload, value: Json): JsonObject {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { $cut: true, bytes, hash, preview: text.slice(0, PREVIEW_CHARS).toWellFormed() };
}
