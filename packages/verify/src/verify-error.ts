/** A store cannot be checked at all. */

export type VerifyErrorCode =
  | "AM_STORE_UNAVAILABLE"
  | "AM_STORE_NOT_OURS"
  | "AM_STORE_NEWER"
  | "AM_STORE_FAILED"
  | "AM_UNKNOWN_RUN";

export interface VerifyErrorOptions {
  readonly code: VerifyErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

export class VerifyError extends Error {
  readonly code: VerifyErrorCode;
  readonly hint: string;
  readonly facts: VerifyErrorOptions["facts"];

  constructor({ code, message, hint, facts, cause }: VerifyErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
    this.facts = facts;
  }
}
