/** Turns what PostgreSQL and its client throw into a StoreError that says what to do. */
import { MeshError } from "@agentmesh/core";
import { StoreError, type StoreErrorCode } from "@agentmesh/ports";

interface Explanation {
  readonly code: StoreErrorCode;
  readonly reason: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const NO_ACCESS = {
  code: "AM_STORE_UNAVAILABLE",
  reason: "access is refused",
  hint: "Check user, password and rights. The user must own the schema, or may create one in the database.",
} as const;
const UNREACHABLE = {
  code: "AM_STORE_UNAVAILABLE",
  reason: "the server does not answer",
  hint: "Check that PostgreSQL runs there and that the address is right. What was stored before is kept.",
  retryable: true,
} as const;

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), the longest key that it begins with. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  "08": UNREACHABLE,
  "25006": {
    code: "AM_STORE_READ_ONLY",
    reason: "the server takes no writes",
    hint: "It may be a standby: give the address of the primary.",
  },
  "28": NO_ACCESS,
  "3D000": {
    code: "AM_STORE_UNAVAILABLE",
    reason: "the database does not exist",
    hint: "Make it: createdb --encoding=UTF8 NAME",
  },
  "42501": NO_ACCESS,
  "42P01": {
    code: "AM_STORE_UNAVAILABLE",
    reason: "its tables are gone",
    hint: "Restore them from a backup, or open the store anew to begin an empty one.",
  },
  "53": { ...UNREACHABLE, reason: "the server has no room for more", hint: "Raise its limits, or try again later." },
  "53100": {
    code: "AM_STORE_FULL",
    reason: "the disk of the server is full",
    hint: "Make room. What was stored before is kept; the run can be taken up again.",
    retryable: true,
  },
  "55P03": { code: "AM_STORE_BUSY", reason: "another holds a lock", hint: "Try again.", retryable: true },
  "57014": { code: "AM_STORE_BUSY", reason: "the server took too long", hint: "Try again.", retryable: true },
  "57P": UNREACHABLE,
};

/** Whoever lost a race for locks, and whoever connects to a server that is not yet ready, may come again. */
const REPEATABLE = new Set(["40001", "40P01", "55P03"]);

/** The five characters that the server gave; undefined for what does not come from it. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("E") ? code : undefined;
}

/** The connection is of no use any more, and nobody knows how the statement under way has ended. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof MeshError) return false;
  const state = sqlState(error);
  return state === undefined || state.startsWith("08") || /^57P0[1-5]$/.test(state);
}

/** Nothing was done, and the same may work at once. */
export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.has(sqlState(error) ?? "");
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === "23505";
}

/** The server starts, or recovers from a crash. */
export function isStarting(error: unknown): boolean {
  return sqlState(error) === "57P03";
}

export function storeErrorFrom(error: unknown, place: string): MeshError {
  if (error instanceof MeshError) return error;
  const message = error instanceof Error ? messageOf(error) : String(error);
  const { code, reason, hint, retryable = false } = explanationOf(sqlState(error), message);
  return new StoreError({
    code,
    message: `The store ${place} cannot be used: ${reason}.`,
    hint,
    facts: { place, cause: message },
    retryable,
    cause: error,
  });
}

function explanationOf(state: string | undefined, message: string): Explanation {
  if (state === undefined) return { ...UNREACHABLE, reason: message === "" ? UNREACHABLE.reason : message };
  for (let length = state.length; length >= 2; length--) {
    const known = EXPLANATIONS[state.slice(0, length)];
    if (known !== undefined) return known;
  }
  return {
    code: "AM_STORE_FAILED",
    reason: message,
    hint: "What was stored before is kept. Look into the server's log.",
  };
}

/** A refused connection to a name with several addresses is an AggregateError without a message of its own. */
function messageOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return error.message === "" && first instanceof Error ? first.message : error.message;
}
