/** What the AI SDK throws or streams as an error, in our words. Its error objects hold the whole request, so none of them goes further than this file. */
import { APICallError } from "@ai-sdk/provider";
import type { ModelFailure } from "./model-failure.ts";

/** Causes followed before a chain counts as a circle. */
const CAUSES_MAX = 8;

/** An error and the ones that caused it, outermost first. */
export function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  let current: unknown = error;
  while (current instanceof Error && causes.length < CAUSES_MAX) {
    causes.push(current);
    current = current.cause;
  }
  return causes;
}

export function aiSdkFailure(error: unknown, phase: ModelFailure["phase"]): ModelFailure {
  if (APICallError.isInstance(error)) return httpFailure(error, phase);
  if (error instanceof Error) {
    const said = wordsOf(field(error, "value"));
    const isUnreadable =
      said === undefined && (field(error, "value") !== undefined || field(error, "text") !== undefined);
    const message = isUnreadable ? "something other than the expected JSON came" : (said ?? error.message);
    return { phase, message, ...codeOf(field(error, "value")), ...systemCause(error) };
  }
  return { phase, message: wordsOf(error) ?? "", ...codeOf(error), ...statusOf(error) };
}

function httpFailure(error: APICallError, phase: ModelFailure["phase"]): ModelFailure {
  const { statusCode, responseHeaders, responseBody, data } = error;
  const system = systemCause(error);
  if (statusCode === undefined)
    return { phase, message: system.cause?.message || (system.systemCode ?? error.message), ...system };
  // The answer had begun, and then the connection went.
  if (statusCode < 300) return { phase: "stream", message: system.cause?.message ?? error.message, ...system };
  const body = data ?? parsed(responseBody);
  return {
    phase,
    message: wordsOf(body) ?? error.message,
    status: statusCode,
    ...codeOf(body),
    ...(responseHeaders === undefined ? {} : { headers: responseHeaders }),
    ...(responseBody === undefined ? {} : { body: responseBody }),
  };
}

/** The first error with a system code: `connect ECONNREFUSED 127.0.0.1:8080`. */
function systemCause(error: unknown): { readonly systemCode?: string; readonly cause?: Error } {
  for (const cause of causesOf(error)) {
    const code = field(cause, "code");
    if (typeof code === "string") return { systemCode: code, cause };
  }
  return {};
}

/** The sentence in an error of a server: `{error: {message}}`, `{error: "..."}`, `{message}`, `{detail}` or plain text. */
function wordsOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  for (const key of ["error", "message", "detail"]) {
    const inner = field(value, key);
    const words = typeof inner === "string" ? inner : field(inner, "message");
    if (typeof words === "string") return words;
  }
  return undefined;
}

function codeOf(value: unknown): { readonly serverCode?: string } {
  for (const holder of [field(value, "error"), value]) {
    for (const key of ["code", "type", "status"]) {
      const code = field(holder, key);
      if (typeof code === "string" || typeof code === "number") return { serverCode: String(code) };
    }
  }
  return {};
}

function statusOf(value: unknown): { readonly status?: number } {
  const status = field(value, "statusCode");
  return typeof status === "number" ? { status } : {};
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}
