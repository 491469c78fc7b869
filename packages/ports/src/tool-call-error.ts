/** Why a tool call gave no result, and above all whether its effect may have happened. */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

/**
 * `refused`: the call was never sent. `failed`: the tool answered that it failed. `unknown`: sent, and nobody knows
 * (timeout, lost connection, cancel): repeated only as promise 3 allows.
 */
export type CallOutcome = "refused" | "failed" | "unknown";

export type ToolCallErrorCode =
  | "AM_TOOL_FAILED"
  | "AM_TOOL_TIMEOUT"
  | "AM_TOOL_CANCELLED"
  | "AM_TOOL_DISCONNECTED"
  | "AM_TOOL_UNAVAILABLE"
  | "AM_TOOL_UNKNOWN"
  | "AM_TOOL_DRIFTED"
  | "AM_TOOL_PROTOCOL"
  | "AM_TOOL_OUTPUT_INVALID"
  | "AM_TOOL_OUTPUT_TOO_LARGE"
  | "AM_CASSETTE_MISMATCH"
  /** The run behind the call has failed, was cancelled, or may not begin. */
  | "AM_CHILD_FAILED"
  | "AM_CHILD_CANCELLED"
  | "AM_CHILD_REFUSED";

export interface ToolCallErrorOptions extends MeshErrorOptions {
  readonly code: ToolCallErrorCode;
  readonly outcome: CallOutcome;
}

export class ToolCallError extends MeshError {
  declare readonly code: ToolCallErrorCode;
  readonly outcome: CallOutcome;

  constructor(options: ToolCallErrorOptions) {
    super(options);
    this.outcome = options.outcome;
  }
}
