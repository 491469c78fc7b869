/** From what a server or the network said to the error a caller switches on and a person reads. Knows no driver's types. */
import { ModelError, type ModelErrorCode } from "@agentmesh/ports";
import { describeEndpoint, type ModelEndpoint, quote } from "./model-endpoint.ts";
import { type ResponseHeaders, retryAfterMs } from "./retry-after.ts";

export interface ModelFailure {
  /** `call`: before the answer began. `stream`: in the middle of it. */
  readonly phase: "call" | "stream";
  /** In the words of the server or the system. */
  readonly message: string;
  /** HTTP status of the answer, or the one that the server named inside the stream. */
  readonly status?: number;
  /** Of the system: `ECONNREFUSED`. */
  readonly systemCode?: string;
  /** In the words of the server: `insufficient_quota`, `overloaded_error`, `429`. */
  readonly serverCode?: string;
  readonly headers?: ResponseHeaders;
  readonly body?: string;
  readonly cause?: unknown;
}

interface Diagnosis {
  readonly code: ModelErrorCode;
  /** Follows the name of the server: "refused the key". */
  readonly says: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export function modelErrorOf(failure: ModelFailure, endpoint: ModelEndpoint, nowMs: number): ModelError {
  const diagnosis = diagnose(failure, endpoint);
  const words = quote(failure.message, endpoint);
  const asked = diagnosis.retryable ? retryAfterMs(failure.headers ?? {}, failure.body ?? "", nowMs) : undefined;
  const status = failure.status === undefined ? {} : { status: failure.status };
  return new ModelError({
    code: diagnosis.code,
    message: `${describeEndpoint(endpoint)} ${diagnosis.says}${words === "" ? "." : `: ${words}`}`,
    hint: asked === undefined ? diagnosis.hint : `Wait ${Math.ceil(asked / 1000)} s. ${diagnosis.hint}`,
    facts: { provider: endpoint.provider, model: endpoint.model, host: new URL(endpoint.baseUrl).host, ...status },
    retryable: diagnosis.retryable,
    ...(asked === undefined ? {} : { retryAfterMs: asked }),
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  });
}

function diagnose(failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  const status = failure.status ?? statusOfCode(failure.serverCode);
  if (status !== undefined && status >= 300) return diagnoseStatus(status, failure, endpoint);
  if (failure.phase === "stream") return broken();
  return unreachable(failure.systemCode, endpoint);
}

const SYSTEM_CODES_THAT_STAY: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_INVALID_URL",
]);

function unreachable(systemCode: string | undefined, endpoint: ModelEndpoint): Diagnosis {
  if (systemCode === "UND_ERR_HEADERS_TIMEOUT" || systemCode === "UND_ERR_BODY_TIMEOUT") {
    return {
      code: "AM_MODEL_TIMEOUT",
      says: "did not answer in time",
      hint: "Look whether its server still works.",
      retryable: true,
    };
  }
  const start = endpoint.keyVariable === undefined ? "Start the server, or correct" : "Check the network, or correct";
  return {
    code: "AM_MODEL_UNREACHABLE",
    says: "cannot be reached",
    hint: `${start} baseUrl of this model (now ${endpoint.baseUrl}).`,
    retryable: systemCode === undefined || !SYSTEM_CODES_THAT_STAY.has(systemCode),
  };
}

function broken(): Diagnosis {
  return {
    code: "AM_MODEL_STREAM_BROKEN",
    says: "broke off its answer",
    hint: "Try again; if it happens every time, the log of the server tells why.",
    retryable: true,
  };
}

type Diagnose = (failure: ModelFailure, endpoint: ModelEndpoint, status: number) => Diagnosis;

const DIAGNOSES: ReadonlyMap<number, Diagnose> = new Map<number, Diagnose>([
  [401, unauthorised],
  [402, outOfQuota],
  [403, unauthorised],
  [404, unknownModel],
  [408, overloaded],
  [409, overloaded],
  [413, contextTooSmall],
  [425, overloaded],
  [429, rateLimited],
]);

function diagnoseStatus(status: number, failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  if (status < 400) return redirected(failure, endpoint);
  if (isQuota(failure)) return outOfQuota(failure, endpoint);
  const known = DIAGNOSES.get(status) ?? (status >= 500 ? overloaded : refused);
  return known(failure, endpoint, status);
}

function redirected(failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  const target = failure.headers?.["location"] ?? "";
  const place = URL.canParse(target, endpoint.baseUrl) ? ` to ${new URL(target, endpoint.baseUrl).host}` : "";
  return {
    code: "AM_MODEL_UNREACHABLE",
    says: `sends the request elsewhere${place}`,
    hint: `A key is never sent to another place by itself: set baseUrl of this model to the final address (now ${endpoint.baseUrl}).`,
    retryable: false,
  };
}

function unauthorised(_failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  const where =
    endpoint.keyVariable === undefined ? "apiKey of this model" : `${endpoint.keyVariable}, or apiKey of this model,`;
  return {
    code: "AM_MODEL_UNAUTHORISED",
    says: "refused the key",
    hint: `Set ${where} to a key that may use ${endpoint.model}.`,
    retryable: false,
  };
}

function outOfQuota(_failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  const account = endpoint.keyVariable === undefined ? "the account" : `the account behind ${endpoint.keyVariable}`;
  return {
    code: "AM_MODEL_RATE_LIMITED",
    says: "gives no more answers on this account",
    hint: `Check plan and billing of ${account}; waiting does not help.`,
    retryable: false,
  };
}

function unknownModel(_failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  return {
    code: "AM_MODEL_UNKNOWN",
    says: `does not know the model ${endpoint.model}, or has nothing at this address`,
    hint: endpoint.unknownModelHint ?? `Check the name of the model, and baseUrl (now ${endpoint.baseUrl}).`,
    retryable: false,
  };
}

function contextTooSmall(): Diagnosis {
  return {
    code: "AM_MODEL_CONTEXT_TOO_SMALL",
    says: "has no room for this request",
    hint: "Use a model with a larger context, fewer tools, or a smaller maxOutputTokens.",
    retryable: false,
  };
}

function rateLimited(): Diagnosis {
  return {
    code: "AM_MODEL_RATE_LIMITED",
    says: "takes no more requests for now",
    hint: "Raise retries.max or retries.baseMs of this model, or lower the number of parallel calls.",
    retryable: true,
  };
}

function overloaded(_failure: ModelFailure, _endpoint: ModelEndpoint, status: number): Diagnosis {
  return {
    code: status === 408 ? "AM_MODEL_TIMEOUT" : "AM_MODEL_OVERLOADED",
    says: `failed to answer (HTTP ${status})`,
    hint: "This is a fault of the server and usually passes; a second model as fallback bridges it.",
    retryable: true,
  };
}

const CONTEXT_WORDS =
  /context[ _-]?(length|size|window)|maximum context|too many tokens|prompt is too long|exceeds? the (model|context)|input token count/i;
const SCHEMA_WORDS =
  /response_?format|json_?schema|response_?(json_?)?schema|output_config|output_format|structured output|grammar|guided|schema/i;

/** A server that refuses the request itself, with 400 or 422. Which part it dislikes only its words tell. */
function refused(failure: ModelFailure, endpoint: ModelEndpoint): Diagnosis {
  const words = `${failure.message} ${failure.serverCode ?? ""}`;
  if (CONTEXT_WORDS.test(words)) return contextTooSmall();
  if (/api[ _-]?key/i.test(words)) return unauthorised(failure, endpoint);
  if (SCHEMA_WORDS.test(words)) {
    return {
      code: "AM_MODEL_SCHEMA_UNSUPPORTED",
      says: "does not take the output schema",
      hint: "Set output: json for this model to ask for the shape in the prompt instead.",
      retryable: false,
    };
  }
  return {
    code: "AM_MODEL_REQUEST_REFUSED",
    says: "refused the request",
    hint: "Check the settings of this model (sampling, maxOutputTokens, output).",
    retryable: false,
  };
}

/** An account without money, not one that is too fast. Some servers say so with 400, some with 429. */
function isQuota(failure: ModelFailure): boolean {
  return /insufficient_quota|credit balance/i.test(`${failure.serverCode ?? ""} ${failure.message}`);
}

/** Servers that name an error inside a stream do so in words; Anthropic's, OpenAI's, Groq's and Google's. */
const CODE_STATUSES: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|resource_exhausted|insufficient_quota/i, 429],
  [/overloaded|unavailable/i, 503],
  [/authentication|unauthenticated/i, 401],
  [/permission/i, 403],
  [/not_?found/i, 404],
  [/context_length|invalid_request|invalid_argument|bad_request|invalid_prompt/i, 400],
];

function statusOfCode(code: string | undefined): number | undefined {
  if (code === undefined) return undefined;
  const status = Number(code);
  if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  return CODE_STATUSES.find(([pattern]) => pattern.test(code))?.[1];
}
