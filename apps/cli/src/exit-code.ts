/** What the exit code says (DESIGN 10), and which error ends with which: the one table. */

export const EXIT = {
  ok: 0,
  runFailed: 1,
  usage: 2,
  suspended: 3,
  unreachable: 4,
  budget: 5,
  unauthorised: 6,
  interrupted: 130,
} as const;

/** By error code; what is not here is a run that failed. */
const EXIT_OF_CODE: ReadonlyMap<string, number> = new Map([
  ...codes(EXIT.usage, [
    "AM_USAGE",
    "AM_PLAN_FILE",
    "AM_INPUT_FILE",
    "AM_PLAN_INVALID",
    "AM_INPUT_INVALID",
    "AM_UNKNOWN_RUN",
    "AM_UNKNOWN_EVENT",
    "AM_CASSETTE_FILE",
    "AM_CASSETTE_MISFIT",
    "AM_FORK_NO_PLAN",
    "AM_FORK_TASK_NEVER_RAN",
    "AM_CONFIRMATION_NEEDED",
    "AM_INIT_FILE",
    "AM_LOCK_FILE",
    "AM_UNKNOWN_DOMAIN",
    "AM_SCOPE_SERVER",
    "AM_LOCK_FILE_UNNAMED",
    "AM_SERVER_NAME_INVALID",
    "AM_STORE_UNAVAILABLE",
    "AM_STORE_READ_ONLY",
    "AM_STORE_NEWER",
    "AM_STORE_NOT_OURS",
    "AM_RUN_OWNED",
    "AM_PLAN_REDACTED",
    "AM_PRICE_UNKNOWN",
    "AM_INBOX_COMMAND_TOO_LARGE",
    "AM_INBOX_FULL",
    "AM_CALL_CYCLE",
    "AM_DEPTH_EXCEEDED",
    "AM_LISTEN_OPEN",
    "AM_LISTEN_FAILED",
  ]),
  ...codes(EXIT.unreachable, [
    "AM_NO_MODEL",
    "AM_MODEL_UNREACHABLE",
    "AM_MODEL_RATE_LIMITED",
    "AM_MODEL_OVERLOADED",
    "AM_MODEL_TIMEOUT",
    "AM_MODEL_UNKNOWN",
    "AM_MODEL_PULL_FAILED",
    "AM_SERVER_UNAVAILABLE",
    "AM_SERVER_COMMAND_NOT_FOUND",
    "AM_SERVER_COMMAND_REFUSED",
    "AM_SERVER_EXITED",
    "AM_SERVER_START_TIMEOUT",
    "AM_SERVER_GARBAGE",
    "AM_SERVER_UNREACHABLE",
    "AM_SERVER_HTTP_STATUS",
    "AM_SERVER_PROTOCOL",
    "AM_TOOL_UNAVAILABLE",
    "AM_TOOL_DISCONNECTED",
    "AM_COMMAND_PENDING",
  ]),
  ...codes(EXIT.budget, ["AM_BUDGET_EXCEEDED", "AM_DEADLINE_EXCEEDED"]),
  ...codes(EXIT.unauthorised, ["AM_MODEL_UNAUTHORISED", "AM_SERVER_UNAUTHORISED"]),
]);

/** What a run refuses to be told. The same codes within a run are a failure of the run. */
const REFUSALS: ReadonlySet<string> = new Set([
  "AM_RUN_OVER",
  "AM_RUN_ENDING",
  "AM_UNKNOWN_TASK",
  "AM_NOT_IN_DOUBT",
  "AM_NOT_WAITING",
  "AM_ALREADY_DECIDED",
  "AM_APPROVAL_EXPIRED",
  "AM_ARGUMENT_INVALID",
  "AM_RESULT_INVALID",
  "AM_TOO_MANY_SIGNALS",
]);

/** Of a command that was refused or could not begin. */
export function exitCodeOfError(code: string): number {
  return REFUSALS.has(code) ? EXIT.usage : exitCodeOf(code);
}

/** `causes`: the codes of the tasks behind the error, for a run that failed because of them. */
export function exitCodeOf(code: string, causes: readonly string[] = []): number {
  if (code.startsWith("AM_CONFIG_")) return EXIT.usage;
  const [cause] = causes;
  if (code === "AM_TASK_FAILED" && cause !== undefined) return exitCodeOf(cause);
  return EXIT_OF_CODE.get(code) ?? EXIT.runFailed;
}

function codes(exit: number, names: readonly string[]): readonly (readonly [string, number])[] {
  return names.map((name) => [name, exit]);
}
