/** Why a model gave no (complete) answer. `retryable` says whether the same request may work later. */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

export type ModelErrorCode =
  | "AM_MODEL_UNREACHABLE"
  | "AM_MODEL_RATE_LIMITED"
  | "AM_MODEL_OVERLOADED"
  | "AM_MODEL_TIMEOUT"
  | "AM_MODEL_CANCELLED"
  | "AM_MODEL_STREAM_BROKEN"
  | "AM_MODEL_UNAUTHORISED"
  | "AM_MODEL_REQUEST_REFUSED"
  | "AM_MODEL_CONTEXT_TOO_SMALL"
  | "AM_MODEL_SCHEMA_UNSUPPORTED"
  | "AM_MODEL_OUTPUT_TOO_LARGE"
  | "AM_MODEL_SCRIPT_EXHAUSTED"
  | "AM_MODEL_UNKNOWN"
  | "AM_MODEL_CRASHED"
  | "AM_PRICE_UNKNOWN"
  | "AM_BUDGET_EXCEEDED"
  | "AM_CASSETTE_MISMATCH";

export interface ModelErrorOptions extends MeshErrorOptions {
  readonly code: ModelErrorCode;
  /** What the server asked for (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
}

export class ModelError extends MeshError {
  declare readonly code: ModelErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(options: ModelErrorOptions) {
    super(options);
    this.retryAfterMs = options.retryAfterMs;
  }
}
