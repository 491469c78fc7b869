/** Why a call that is a run of this mesh has given no value; each error names the run. */
import { type ErrorRecord, type JsonObject, MeshError } from "@agentmesh/core";
import { type CallOutcome, ToolCallError, type ToolCallErrorCode } from "@agentmesh/ports";
import type { RunResult } from "../mesh/run-result.ts";

interface Ending {
  readonly code: ToolCallErrorCode;
  readonly outcome: CallOutcome;
  /** Continues `workflow:NAME`, without the full stop. */
  readonly says: string;
  readonly hint: string;
  readonly facts?: JsonObject;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

function failure(workflow: string, { says, facts, ...ending }: Ending): ToolCallError {
  return new ToolCallError({
    ...ending,
    message: `workflow:${workflow} ${says}.`,
    facts: { workflow, ...facts },
  });
}

export function workflowUnknown(workflow: string): ToolCallError {
  return failure(workflow, {
    code: "AM_TOOL_UNKNOWN",
    outcome: "refused",
    says: "is not there any more",
    hint: "Look at the workflows of the configuration.",
  });
}

/** Its run has ended, or never begun: nothing of it goes on. */
export function cancelledWithParent(workflow: string, run?: string): ToolCallError {
  return failure(workflow, {
    code: "AM_CHILD_CANCELLED",
    outcome: "refused",
    says: "was ended with the run that started it",
    hint: "Nothing to do.",
    ...(run === undefined ? {} : { facts: { run } }),
  });
}

export function tookTooLong(workflow: string, run: string, timeoutMs: number): ToolCallError {
  return failure(workflow, {
    code: "AM_TOOL_TIMEOUT",
    outcome: "failed",
    says: `was not over within ${timeoutMs} ms; its run ${run} was cancelled`,
    hint: "Raise timeoutMs of the task.",
    facts: { run, timeoutMs },
  });
}

export function mayNotBegin(workflow: string, error: MeshError): ToolCallError {
  return failure(workflow, {
    code: "AM_CHILD_REFUSED",
    outcome: "refused",
    says: `may not begin: ${error.message.replace(/\.$/, "")}`,
    hint: error.hint,
    facts: { cause: error.code },
  });
}

/** Its run may go on later: whoever calls again finds it. */
export function notDriven(workflow: string, run: string, error: unknown): ToolCallError {
  const why = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
  return failure(workflow, {
    code: "AM_CHILD_FAILED",
    outcome: "unknown",
    says: `cannot go on: ${why}`,
    hint: error instanceof MeshError ? error.hint : `Look at its run with: agentmesh show ${run}`,
    facts: { run, ...(error instanceof MeshError ? { cause: error.code } : {}) },
    retryable: true,
    cause: error,
  });
}

/** Its run has failed, or somebody has cancelled it. */
export function endedBadly(workflow: string, { run, status, error }: RunResult): ToolCallError {
  const isFailed = status === "failed";
  return failure(workflow, {
    code: isFailed ? "AM_CHILD_FAILED" : "AM_CHILD_CANCELLED",
    outcome: "failed",
    says: isFailed ? `failed in its run ${run}: ${reasonOf(error)}` : `was cancelled: its run is ${run}`,
    hint: `Look at it with: agentmesh show ${run}`,
    facts: { run, ...(error === undefined ? {} : { cause: error.code }) },
  });
}

function reasonOf(error: ErrorRecord | undefined): string {
  return error?.message.replace(/\.$/, "") ?? "nobody knows why";
}
