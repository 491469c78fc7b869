/** The errors of a tool call, with the words a user reads. Whatever the cause, each says whether the call may have had an effect. */
import { type JsonObject, type MeshError, suggestion } from "@agentmesh/core";
import { type CallOutcome, ToolCallError, type ToolCallErrorCode } from "@agentmesh/ports";
import { cleanText } from "./clean-text.ts";
import type { DeadlineEnd } from "./deadline.ts";

/** Of what a tool says of its failure, this much is kept. */
const TOOL_TEXT_CHARS_MAX = 2_000;
const REASON_CHARS_MAX = 400;

/** The tool that was called, as the registry and as its server name it. */
export interface CalledTool {
  readonly name: string;
  readonly server: string;
  readonly tool: string;
}

interface Failure {
  readonly code: ToolCallErrorCode;
  readonly outcome: CallOutcome;
  /** Continues `"server.tool" ...`, without the full stop. */
  readonly says: string;
  readonly hint: string;
  readonly facts?: JsonObject;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

function callError(called: CalledTool, { says, facts, ...failure }: Failure): ToolCallError {
  const { name, server, tool } = called;
  return new ToolCallError({
    ...failure,
    message: `"${cleanText(name, REASON_CHARS_MAX)}" ${says}.`,
    facts: { server, tool, outcome: failure.outcome, ...facts },
  });
}

export function cancelledBeforeSent(called: CalledTool): ToolCallError {
  return callError(called, {
    code: "AM_TOOL_CANCELLED",
    outcome: "refused",
    says: "was cancelled before it was called",
    hint: "Nothing happened.",
  });
}

/** The call ended while the tool was at work. */
export function endedInCall(called: CalledTool, end: DeadlineEnd, timeoutMs: number): ToolCallError {
  if (end === "cancelled") {
    return callError(called, {
      code: "AM_TOOL_CANCELLED",
      outcome: "unknown",
      says: "was cancelled while it ran; whether it had an effect is unknown",
      hint: "The tool was told to stop; check what it did before calling it again.",
    });
  }
  return callError(called, {
    code: "AM_TOOL_TIMEOUT",
    outcome: "unknown",
    says: `gave no answer within ${timeoutMs} ms; whether it had an effect is unknown`,
    hint: `If it only is slow, raise timeoutMs of the task or of server "${called.server}".`,
    facts: { timeoutMs },
    retryable: true,
  });
}

export interface ToolFailureText {
  readonly text: string;
  /** False when the same call cannot go better, as with wrong arguments. */
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/** The tool itself says that it failed. Its text is a stranger's. */
export function toolFailed(called: CalledTool, { text, retryable, cause }: ToolFailureText): ToolCallError {
  const said = cleanText(text, TOOL_TEXT_CHARS_MAX);
  return callError(called, {
    code: "AM_TOOL_FAILED",
    outcome: "failed",
    says: said === "" ? "failed without saying why" : `failed: ${said.replace(/\.$/, "")}`,
    hint: "This is the tool's own answer: check the arguments it was given.",
    facts: { text: said },
    retryable,
    cause,
  });
}

export function toolUnknown(called: CalledTool, known: Iterable<string>): ToolCallError {
  return callError(called, {
    code: "AM_TOOL_UNKNOWN",
    outcome: "refused",
    says: `was not called: server "${called.server}" offers no such tool`,
    hint: suggestion(called.tool, known),
  });
}

export interface Unavailability {
  readonly error?: MeshError | undefined;
  /** When it may be tried again, from now, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

export function serverUnavailable(called: CalledTool, { error, retryAfterMs }: Unavailability): ToolCallError {
  const reason = (error?.message ?? `Server "${called.server}" is closed.`).replace(/\.$/, "");
  return callError(called, {
    code: "AM_TOOL_UNAVAILABLE",
    outcome: "refused",
    says: `was not called: ${reason}`,
    hint: error?.hint ?? "Open the mesh again to call its tools.",
    facts: {
      ...(error === undefined ? {} : { reason: error.code }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
    },
    retryable: error !== undefined,
    cause: error,
  });
}

/** `how` continues `its server ...`. */
export function serverDisconnected(called: CalledTool, how: string, cause: unknown): ToolCallError {
  return callError(called, {
    code: "AM_TOOL_DISCONNECTED",
    outcome: "unknown",
    says: `got no answer: its server ${cleanText(how, REASON_CHARS_MAX)}; whether the call had an effect is unknown`,
    hint: "Check what it did before calling it again; the next call connects anew.",
    retryable: true,
    cause,
  });
}

/** The server answered, but nobody can read it. */
export function answerUnreadable(called: CalledTool, reason: string, cause?: unknown): ToolCallError {
  return callError(called, {
    code: "AM_TOOL_PROTOCOL",
    outcome: "unknown",
    says: `answered not as MCP says: ${cleanText(reason, REASON_CHARS_MAX).replace(/\.$/, "")}`,
    hint: "Is its server a current version? Whether the call had an effect is unknown.",
    cause,
  });
}

/** What is wrong with an output, and where. */
export interface OutputFault {
  /** JSON Pointer into the output. */
  readonly path: string;
  /** Of the schema that refused it. */
  readonly keyword: string;
  readonly message: string;
}

export function outputInvalid(called: CalledTool, violations: readonly OutputFault[]): ToolCallError {
  const [first] = violations;
  const where = first === undefined || first.path === "" ? "" : ` at ${cleanText(first.path, REASON_CHARS_MAX)}`;
  const what = first === undefined ? "" : `: ${cleanText(first.message, REASON_CHARS_MAX).replace(/\.$/, "")}`;
  return callError(called, {
    code: "AM_TOOL_OUTPUT_INVALID",
    outcome: "failed",
    says: `gave an output that breaks its own output schema${where}${what}`,
    hint: "The tool ran, but its result cannot be used: report it to whoever wrote the tool.",
    facts: {
      violations: violations.map(({ path, keyword, message }) => ({
        path,
        keyword,
        message: cleanText(message, REASON_CHARS_MAX),
      })),
    },
  });
}

export interface OversizedOutput {
  /** At least so many came. */
  readonly bytes: number;
  readonly bytesMax: number;
}

export function outputTooLarge(called: CalledTool, { bytes, bytesMax }: OversizedOutput): ToolCallError {
  return callError(called, {
    code: "AM_TOOL_OUTPUT_TOO_LARGE",
    outcome: "failed",
    says: `gave a result of ${bytes} bytes or more; ${bytesMax} are allowed`,
    hint: `Ask the tool for less, or raise outputBytesMax of server "${called.server}".`,
    facts: { bytes, outputBytesMax: bytesMax },
  });
}
