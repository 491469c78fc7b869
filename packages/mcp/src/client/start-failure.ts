/** Turns whatever went wrong while a server was started into the one error that tells its operator what to do. */
import { existsSync } from "node:fs";
import {
  InsufficientScopeError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { type JsonObject, MeshError } from "@agentmesh/core";
import { SignInError } from "../auth/sign-in-error.ts";
import { cleanText } from "../tool/clean-text.ts";
import type { HttpEndpoint } from "../transport/http-transport.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { protocolText } from "./protocol-text.ts";
import { ServerStartError, type ServerStartErrorCode } from "./server-start-error.ts";
import { type ChildCommand, type ChildExit, exitText, type StdioTransport } from "../transport/stdio-transport.ts";

const REASON_CHARS_MAX = 400;
/** So many of the last lines of standard error stand in the message; `facts` has more. */
const SHOWN_LINES = 3;

export interface StartAttempt {
  readonly server: string;
  readonly config: McpServerConfig;
  /** Of a stdio server: what is left to be looked at. */
  readonly stdio?: StdioTransport | undefined;
  readonly ended?: "cancelled" | "timeout" | undefined;
}

interface Diagnosis {
  readonly code: ServerStartErrorCode;
  /** Continues `Server "x" ...`, without the full stop. */
  readonly says: string;
  readonly hint: string;
  readonly facts?: JsonObject;
  readonly retryable?: boolean;
}

export function startFailure(attempt: StartAttempt, cause: unknown): ServerStartError {
  const { code, says, hint, facts, retryable } = diagnose(attempt, cause);
  return new ServerStartError({
    code,
    message: `Server "${attempt.server}" ${says}.`,
    hint,
    server: attempt.server,
    facts: facts ?? {},
    retryable: retryable ?? false,
    cause,
  });
}

function diagnose(attempt: StartAttempt, cause: unknown): Diagnosis {
  if (attempt.ended === "cancelled") {
    return {
      code: "AM_SERVER_START_CANCELLED",
      says: "was not waited for",
      hint: "Connect again to use its tools.",
      retryable: true,
    };
  }
  const { config } = attempt;
  return config.transport === "stdio"
    ? (childFailure(attempt, cause, config) ?? protocolFailure(cause))
    : (httpFailure(attempt, cause, config) ?? protocolFailure(cause));
}

function childFailure(attempt: StartAttempt, cause: unknown, command: ChildCommand): Diagnosis | undefined {
  const { stdio, server } = attempt;
  if (stdio === undefined) return undefined;
  const isTimeout = attempt.ended === "timeout";
  const spawnCode = stdio.pid === null ? systemCode(cause) : undefined;
  if (spawnCode !== undefined) return spawnFailure(server, command, spawnCode);
  if (stdio.exit !== undefined && !isTimeout) return exitFailure(stdio.exit, stdio.errorLines);
  if (stdio.isGarbled || (stdio.garbageLines > 0 && isTimeout)) return garbageFailure(stdio);
  return isTimeout ? timeoutFailure(attempt, stdio.errorLines) : undefined;
}

function spawnFailure(server: string, { command, cwd }: ChildCommand, code: string): Diagnosis {
  if (cwd !== undefined && !existsSync(cwd)) {
    return {
      code: "AM_SERVER_COMMAND_NOT_FOUND",
      says: `cannot be started: its working directory "${cwd}" does not exist`,
      hint: `Correct mcpServers.${server}.cwd.`,
      facts: { cwd },
    };
  }
  if (code === "ENOENT") {
    return {
      code: "AM_SERVER_COMMAND_NOT_FOUND",
      says: `cannot be started: the command "${command}" was not found`,
      hint: `Install it, or write its full path in mcpServers.${server}.command.`,
      facts: { command },
    };
  }
  return {
    code: "AM_SERVER_COMMAND_REFUSED",
    says: `cannot be started: the system refused to run "${command}" (${code})`,
    hint: `Is mcpServers.${server}.command an executable file?`,
    facts: { command, reason: code },
  };
}

function exitFailure(exit: ChildExit, lines: readonly string[]): Diagnosis {
  return {
    code: "AM_SERVER_EXITED",
    says: `${exitText(exit)} before it was ready${saying(lines)}`,
    hint: "Run its command in a terminal to see why; its arguments or an environment variable may be missing.",
    facts: { exitCode: exit.code, signal: exit.signal, stderr: lines },
    retryable: true,
  };
}

function garbageFailure({ garbage, garbageLines, errorLines }: StdioTransport): Diagnosis {
  return {
    code: "AM_SERVER_GARBAGE",
    says: `writes what is not MCP to its standard output, first "${garbage[0] ?? ""}"`,
    hint: "A stdio server may print nothing but protocol messages there: make it log to standard error.",
    facts: { lines: garbageLines, samples: garbage, stderr: errorLines },
  };
}

function timeoutFailure({ server, config }: StartAttempt, lines: readonly string[]): Diagnosis {
  return {
    code: "AM_SERVER_START_TIMEOUT",
    says: `was not ready within ${config.startTimeoutMs} ms${saying(lines)}`,
    hint: `If it only is slow to start, raise mcpServers.${server}.startTimeoutMs.`,
    facts: { startTimeoutMs: config.startTimeoutMs, stderr: lines },
    retryable: true,
  };
}

function httpFailure(attempt: StartAttempt, cause: unknown, endpoint: HttpEndpoint): Diagnosis | undefined {
  const { server } = attempt;
  if (attempt.ended === "timeout") return timeoutFailure(attempt, []);
  const url = shownUrl(endpoint.url);
  const status = httpStatus(cause);
  if (status === 401 || status === 403)
    return unauthorised({ server, url, status, isBearer: endpoint.bearer !== undefined });
  if (status !== undefined) return statusFailure(server, url, status);
  const own = ownFault(cause);
  if (own !== undefined) return ownFailure(own, { server, url });
  const code = systemCode(cause);
  if (code === undefined || code.startsWith(NOT_HTTP)) return undefined;
  return {
    code: "AM_SERVER_UNREACHABLE",
    says: `cannot be reached at ${url}: ${REASONS[code] ?? code}`,
    hint: `Is it running, and is mcpServers.${server}.url right?`,
    facts: { url, reason: code },
    retryable: true,
  };
}

/** What node's parser says of what is no HTTP. */
const NOT_HTTP = "HPE_";

/** What we did not do ourselves, and why. */
function ownFailure(fault: MeshError, { server, url }: { readonly server: string; readonly url: string }): Diagnosis {
  const { code, message, retryable } = fault;
  const isSignIn = fault instanceof SignInError;
  const says = `${isSignIn ? "does not let us in" : "cannot be reached"}: ${message.replace(/\.$/, "")}`;
  const hint = fault.hint.replace("SERVER", server);
  return {
    code: isSignIn ? "AM_SERVER_UNAUTHORISED" : "AM_SERVER_UNREACHABLE",
    says,
    hint,
    retryable,
    facts: { url, reason: code },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "its host name is unknown",
  EAI_AGAIN: "its host name cannot be looked up now",
  ETIMEDOUT: "the connection timed out",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an authority that is not known here",
  CERT_SIGNATURE_FAILURE: "its certificate is of an authority that is not known here",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

interface Refusal {
  readonly server: string;
  readonly url: string;
  readonly status: number;
  readonly isBearer: boolean;
}

function unauthorised({ server, url, status, isBearer }: Refusal): Diagnosis {
  return {
    code: "AM_SERVER_UNAUTHORISED",
    says: `${isBearer ? "refused the credentials" : "asks for credentials"} at ${url} (HTTP ${status})`,
    hint: `Set a valid token in mcpServers.${server}.auth.bearer, or what it wants in headers.`,
    facts: { url, status },
  };
}

function statusFailure(server: string, url: string, status: number): Diagnosis {
  const isServerFault = status >= 500 || status === 429;
  return {
    code: "AM_SERVER_HTTP_STATUS",
    says: `answered HTTP ${status} at ${url}`,
    hint: isServerFault
      ? "The server itself is in trouble: look at its logs, or try later."
      : `Is mcpServers.${server}.url the address of its MCP endpoint? It often ends in /mcp.`,
    facts: { url, status },
    retryable: isServerFault,
  };
}

function protocolFailure(cause: unknown): Diagnosis {
  const isEndless = cause instanceof SdkError && cause.code === SdkErrorCode.ListPaginationExceeded;
  const reason = isEndless
    ? "its list of tools has no end"
    : cleanText(protocolText(rootMessage(cause)), REASON_CHARS_MAX);
  return {
    code: "AM_SERVER_PROTOCOL",
    says: `does not answer as MCP says: ${reason.replace(/\.$/, "")}`,
    hint: "Is it an MCP server, and a current version?",
    facts: { reason },
  };
}

function saying(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `, saying "${lines.slice(-SHOWN_LINES).join(" / ")}"`;
}

/** Without user, password and query, which may be secret. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function httpStatus(cause: unknown): number | undefined {
  if (cause instanceof UnauthorizedError) return 401;
  if (cause instanceof InsufficientScopeError) return 403;
  if (cause instanceof SseError) return cause.code;
  return cause instanceof SdkHttpError ? cause.status : undefined;
}

/** An error of ours down the chain of causes. */
function ownFault(error: unknown): MeshError | undefined {
  for (let link = error; link instanceof Error; link = link.cause) if (link instanceof MeshError) return link;
  return undefined;
}

/** The stream of HTTP+SSE tells it in its text only. */
const SYSTEM_CODE = /\bE[A-Z_]{4,}\b/;

/** The code of the operating system or the TLS library, which stands somewhere down the chain of causes. */
export function systemCode(error: unknown): string | undefined {
  for (let link = error; link instanceof Error; link = link.cause) {
    const code: unknown = "code" in link ? link.code : undefined;
    if (typeof code === "string" && !(link instanceof SdkError)) return code;
    if (link instanceof SseError) return SYSTEM_CODE.exec(link.message)?.[0];
    if (link instanceof AggregateError) return systemCode(link.errors[0]);
  }
  return undefined;
}

/** The message of the first cause: what wraps it only says that something failed. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
