/** Reads what the SDK rejects a call with, and what it says of the call: was it never received, did it fail, or is it unknown? */
import type { ToolCallError } from "@agentmesh/ports";
import {
  InsufficientScopeError,
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import {
  answerUnreadable,
  type CalledTool,
  endedInCall,
  outputTooLarge,
  serverDisconnected,
  serverUnavailable,
  toolFailed,
} from "../tool/call-failure.ts";
import type { Deadline } from "../tool/deadline.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { protocolText } from "./protocol-text.ts";
import { startFailure, systemCode } from "./start-failure.ts";
import { TransportFault } from "../transport/transport-fault.ts";

/** No connection was made, so nothing was sent. */
const NO_CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "AM_CONNECT_TIMEOUT",
  "AM_DESTINATION_REFUSED",
  "AM_SIGN_IN_NEEDED",
  "AM_SIGN_IN_FAILED",
  "AM_SIGN_IN_UNAVAILABLE",
]);
const NOT_CONNECTED = "Not connected";
const INTERNAL_ERROR: number = ProtocolErrorCode.InternalError;

export interface FailedCall {
  readonly called: CalledTool;
  readonly deadline: Deadline;
  readonly config: McpServerConfig;
  /** What became of the connection; continues `its server ...`. */
  readonly lossText: () => string;
}

/**
 * Whether the server cannot have begun the call: then a new connection may send it again. Only what HTTP itself says of
 * a lost session, or of a server that speaks another revision since it was updated, counts; an error inside the protocol
 * may be the tool's own, after it did something.
 */
export function wasNeverReceived(error: unknown, hasSession: boolean): boolean {
  if (error instanceof SdkHttpError) return isStrangerTo(error, hasSession);
  if (error instanceof SdkError) return error.code === SdkErrorCode.NotConnected;
  if (error instanceof Error && error.message === NOT_CONNECTED) return true;
  return NO_CONNECTION.has(systemCode(error) ?? "");
}

/** By the specification HTTP 404 for a lost session; some servers answer 400 instead, as all do to a foreign revision. */
function isStrangerTo({ status, data }: SdkHttpError, hasSession: boolean): boolean {
  if (status === 404) return hasSession;
  return status === 400 && /session|not initialized|protocol version/i.test(String(data.text));
}

export function callFailure(error: unknown, call: FailedCall): ToolCallError {
  const { called, deadline, config, lossText } = call;
  if (deadline.end !== undefined) return endedInCall(called, deadline.end, deadline.timeoutMs);
  if (error instanceof ProtocolError) return answeredError(error, call);
  if (isHttpError(error)) return httpError(error, call);
  if (error instanceof SdkError && error.code !== SdkErrorCode.ConnectionClosed) return sdkError(error, called);
  if (isUnreadable(error)) return answerUnreadable(called, protocolText(error.message), error);
  const code = systemCode(error);
  const isHttp = config.transport === "http";
  return serverDisconnected(called, isHttp && code !== undefined ? `cut the connection (${code})` : lossText(), error);
}

/** The body of an HTTP response that is no JSON, or JSON that is no message. */
function isUnreadable(error: unknown): error is Error {
  return error instanceof SyntaxError || (error instanceof Error && error.name === "ZodError");
}

function answeredError(error: ProtocolError, { called, config }: FailedCall): ToolCallError {
  const fault: unknown = error.data;
  if (fault instanceof TransportFault) {
    return fault.kind === "too-large"
      ? outputTooLarge(called, { bytes: fault.bytes, bytesMax: config.outputBytesMax })
      : serverDisconnected(called, "broke off its answer", error);
  }
  const retryable = error.code === INTERNAL_ERROR;
  return toolFailed(called, { text: error.message, retryable, cause: error });
}

type HttpError = SdkHttpError | UnauthorizedError | InsufficientScopeError;

function isHttpError(error: unknown): error is HttpError {
  return error instanceof SdkHttpError || error instanceof UnauthorizedError || error instanceof InsufficientScopeError;
}

/** 4xx: turned away before the tool was asked. 5xx: a gateway may have passed it on. */
function httpError(error: HttpError, { called, config }: FailedCall): ToolCallError {
  if (error instanceof SdkHttpError && error.status >= 500) {
    return serverDisconnected(called, `answered HTTP ${error.status}`, error);
  }
  return serverUnavailable(called, { error: startFailure({ server: called.server, config }, error) });
}

function sdkError(error: SdkError, called: CalledTool): ToolCallError {
  if (error.code === SdkErrorCode.UnsupportedResultType) {
    const text = "it asks for more input in mid-call, which is not spoken yet";
    return toolFailed(called, { text, retryable: false, cause: error });
  }
  return answerUnreadable(called, protocolText(error.message), error);
}
