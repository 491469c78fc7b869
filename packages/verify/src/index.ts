/**
 * An independent checker of stores: it reads the file itself and shares no code with what writes it, so that a mistake there
 * is not made here again.
 */
export type { Verification, Violation } from "./verification.ts";
export { VerifyError, type VerifyErrorCode } from "./verify-error.ts";
export { verifyStore, type VerifyOptions } from "./verify-store.ts";
export { verifyRun, type VerifyRunRequest } from "./verify-run.ts";
export type { StoredRow, StoredRun } from "./stored-row.ts";
