/** A failure inside the child that its parent can name: it travels as data. */
import { MeshError } from "@agentmesh/core";
import type { WorkerFailure } from "./worker-message.ts";

export class WorkerFault extends MeshError {
  readonly failure: WorkerFailure;

  constructor(failure: WorkerFailure) {
    super({ code: "AM_LLAMA_CPP_WORKER", message: failure.message, hint: "Its parent process says what to do." });
    this.failure = failure;
  }
}

export function failureOf(error: unknown, signal: AbortSignal): WorkerFailure {
  if (error instanceof WorkerFault) return error.failure;
  if (signal.aborted) return { kind: "cancelled", message: "cancelled" };
  return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
}
