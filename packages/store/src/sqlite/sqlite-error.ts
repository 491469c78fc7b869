/** Turns what node:sqlite throws into a StoreError that says what to do. */
import { MeshError } from "@agentmesh/core";
import { StoreError, type StoreErrorCode } from "@agentmesh/ports";

interface Explanation {
  readonly code: StoreErrorCode;
  readonly reason: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** By SQLite's primary result code (https://sqlite.org/rescode.html). */
const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  5: {
    code: "AM_STORE_BUSY",
    reason: "another process holds it locked",
    hint: "Wait for the other process, or stop it.",
    retryable: true,
  },
  8: {
    code: "AM_STORE_READ_ONLY",
    reason: "it cannot be written",
    hint: "Check the permissions of the file and its folder, or name another with --store PATH.",
  },
  10: {
    code: "AM_STORE_FAILED",
    reason: "the disk reports an error",
    hint: "Check the disk. What was stored before is kept.",
  },
  11: {
    code: "AM_STORE_FAILED",
    reason: "the file is damaged",
    hint: "Restore it from a backup, or name another with --store PATH.",
  },
  13: {
    code: "AM_STORE_FULL",
    reason: "the disk is full",
    hint: "Make room. What was stored before is kept; the run can be taken up again.",
  },
  14: {
    code: "AM_STORE_UNAVAILABLE",
    reason: "it cannot be opened",
    hint: "Check that the folder exists and may be written, or name another with --store PATH.",
  },
  26: { code: "AM_STORE_NOT_OURS", reason: "the file is no database", hint: "Name another file with --store PATH." },
};

/** What files beside the store may say, as SQLite's code for the same. */
const FILE_FAULTS: Readonly<Record<string, number>> = {
  ENOSPC: 13,
  EDQUOT: 13,
  EACCES: 8,
  EPERM: 8,
  EROFS: 8,
  EIO: 10,
};

/** Another connection holds the lock, and will let it go. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5;
}

/** The file does not hold what it held: a page is garbage, or it was cut. */
export function isDamage(error: unknown): boolean {
  return resultCode(error) === 11 || resultCode(error) === 26;
}

/** The file can be neither written nor given the files beside it that reading needs. */
export function isReadOnly(error: unknown): boolean {
  return resultCode(error) === 8 || resultCode(error) === 14;
}

/** The connection may work on when the disk has room or the lock is free; after all else it is better opened anew. */
export function isConnectionWhole(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 8 || code === 13 || fileFault(error) !== undefined;
}

/** SQLite's primary result code; undefined for what does not come from SQLite. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

function fileFault(error: unknown): number | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" ? FILE_FAULTS[code] : undefined;
}

export function storeErrorFrom(error: unknown, path: string): MeshError {
  if (error instanceof MeshError) return error;
  const code = resultCode(error) ?? fileFault(error);
  const message = error instanceof Error ? error.message : String(error);
  const known = code === undefined ? undefined : EXPLANATIONS[code];
  const explanation = known ?? {
    code: "AM_STORE_UNAVAILABLE" as const,
    reason: message,
    hint: "Check the path and its folder, or name another with --store PATH.",
  };
  return new StoreError({
    code: explanation.code,
    message: `The store ${path} cannot be used: ${explanation.reason}.`,
    hint: explanation.hint,
    facts: { path, cause: message },
    retryable: explanation.retryable ?? false,
    cause: error,
  });
}
