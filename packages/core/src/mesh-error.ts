/**
 * The base of every error that AgentMesh throws. Callers switch on `code`, people read `message` and `hint`,
 * programs read `facts`. One class per file extends it and builds the message from the facts.
 */
import type { JsonObject } from "./json.ts";

export interface MeshErrorOptions {
  /** Stable, upper case, `AM_` first: part of the public interface. */
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it, as one sentence. */
  readonly hint: string;
  readonly facts?: JsonObject;
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class MeshError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly facts: JsonObject;
  readonly retryable: boolean;

  constructor(options: MeshErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
    this.retryable = options.retryable ?? false;
  }

  /** The public form (DESIGN 10): what `--json` prints and what events store. Never holds the cause or a stack. */
  toJSON(): JsonObject {
    return { code: this.code, message: this.message, hint: this.hint, facts: this.facts };
  }
}
