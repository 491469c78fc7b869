/**
 * The one file that knows the AI SDK's driver interface (LanguageModelV4): any of its providers as our Model. It calls
 * `doStream` only, and turns every way in which such a stream can fail into a thrown ModelError: the interface reports
 * errors inside a 200 answer as parts, and a stream that was cut as a finish reason.
 */
import type {
  JSONObject,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider";
import {
  type Clock,
  type Model,
  type ModelCapabilities,
  type ModelEndReason,
  ModelError,
  type ModelMessage,
  type ModelRequest,
  type ModelSampling,
  type ModelStreamPart,
  type ModelUsage,
} from "@agentmesh/ports";
import { aiSdkFailure, causesOf } from "./ai-sdk-failure.ts";
import { cancelledCall, leave, linkedAbort, orAborted } from "./cancellation.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import { type ModelFailure, modelErrorOf } from "./model-failure.ts";
import { type OutputRequest, outputInWords, outputRequest } from "./output-request.ts";
import type { SchemaDialectName } from "./schema-dialect.ts";
import { estimateRequestTokens, estimateUsage } from "./token-estimate.ts";

export interface AiSdkModelOptions {
  /** `driver:model`. */
  readonly id: string;
  readonly capabilities: ModelCapabilities;
  readonly dialect: SchemaDialectName;
  readonly endpoint: ModelEndpoint;
  readonly clock: Clock;
  /** Used where a request says nothing. */
  readonly defaults?: { readonly sampling?: ModelSampling; readonly maxOutputTokens?: number };
  /** What the provider is told beside the interface, by its own name; the sampling is that of the call. */
  readonly providerOptions?: (sampling: ModelSampling) => Readonly<Record<string, JSONObject>>;
  /** True when `providerOptions` carries topK, which the interface would only complain about. */
  readonly isTopKCarried?: boolean;
}

export function aiSdkModel(driver: LanguageModelV4, options: AiSdkModelOptions): Model {
  const refusedSchemas = new WeakSet<object>();
  return {
    id: options.id,
    identity: JSON.stringify([options.endpoint.baseUrl, options.dialect, options.defaults]),
    capabilities: options.capabilities,
    stream: (request, signal) => stream({ driver, options, request, signal, refusedSchemas }),
    countTokens: (request) => Promise.resolve({ tokens: estimateRequestTokens(request), isExact: false }),
    close: () => Promise.resolve(),
  };
}

interface Call {
  readonly driver: LanguageModelV4;
  readonly options: AiSdkModelOptions;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  /** Schemas that this server refused before: not sent to it again. */
  readonly refusedSchemas: WeakSet<object>;
}

async function* stream(call: Call): AsyncGenerator<ModelStreamPart> {
  if (call.signal.aborted) throw cancelledCall(call.options.id);
  const abort = linkedAbort(call.signal);
  let phase: ModelFailure["phase"] = "call";
  let parts: AsyncIterator<LanguageModelV4StreamPart> | undefined;
  try {
    const opened = await open(call, abort.controller.signal);
    parts = opened.parts;
    phase = "stream";
    const reader = new PartReader(call, opened.warnings);
    for (;;) {
      const next = await orAborted(parts.next(), abort.controller.signal);
      if (next.done === true) break;
      yield* reader.read(next.value);
    }
    yield reader.end();
  } catch (error) {
    throw asModelError(error, phase, call);
  } finally {
    abort.unlink();
    abort.controller.abort();
    if (parts !== undefined) leave(parts);
  }
}

interface OpenedStream {
  readonly parts: AsyncIterator<LanguageModelV4StreamPart>;
  readonly warnings: readonly string[];
}

/** A server that refuses the schema after all is asked once more, in words. */
async function open(call: Call, signal: AbortSignal): Promise<OpenedStream> {
  const output = outputOf(call);
  try {
    return await openWith(call, output, signal);
  } catch (error) {
    const failure = asModelError(error, "call", call);
    const wanted = call.request.output;
    const isWorthAsking = failure.code === "AM_MODEL_SCHEMA_UNSUPPORTED" && output?.control === "schema";
    if (!isWorthAsking || wanted?.schema === undefined) throw failure;
    if (typeof wanted.schema === "object") call.refusedSchemas.add(wanted.schema);
    const inWords = outputInWords({ name: wanted.name, schema: wanted.schema }, failure.message);
    return await openWith(call, inWords, signal);
  }
}

function outputOf(call: Call): OutputRequest | undefined {
  const { request, options, refusedSchemas } = call;
  const { output } = request;
  if (output === undefined) return undefined;
  if (output.schema === undefined) throw grammarUnsupported(options.id);
  const isRefused = typeof output.schema === "object" && refusedSchemas.has(output.schema);
  if (isRefused) return outputInWords(output, "The server refused this output schema before.");
  return outputRequest(output, options.capabilities.output, options.dialect);
}

function grammarUnsupported(modelId: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_SCHEMA_UNSUPPORTED",
    message: `${modelId} runs no grammars.`,
    hint: "Ask for a schema, or give this role a model whose output control is grammar.",
    facts: { model: modelId },
  });
}

async function openWith(call: Call, output: OutputRequest | undefined, signal: AbortSignal): Promise<OpenedStream> {
  const opened = await orAborted(Promise.resolve(call.driver.doStream(callOptions(call, output, signal))), signal);
  return { parts: opened.stream[Symbol.asyncIterator](), warnings: output?.warnings ?? [] };
}

function callOptions(call: Call, output: OutputRequest | undefined, signal: AbortSignal): LanguageModelV4CallOptions {
  const { request, options } = call;
  const sampling = { ...options.defaults?.sampling, ...request.sampling };
  // The interface has no word for it: providers that can do it get it in their own options.
  const { minP: _minP, topK, ...known } = sampling;
  const maxOutputTokens = request.maxOutputTokens ?? options.defaults?.maxOutputTokens;
  return {
    prompt: promptOf(request.messages, output?.instruction),
    abortSignal: signal,
    ...known,
    ...(topK === undefined || options.isTopKCarried === true ? {} : { topK }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(request.stopSequences === undefined ? {} : { stopSequences: [...request.stopSequences] }),
    ...(output === undefined || output.control === "text" ? {} : { responseFormat: responseFormatOf(output) }),
    ...(options.providerOptions === undefined ? {} : { providerOptions: options.providerOptions(sampling) }),
  };
}

function responseFormatOf(output: OutputRequest): NonNullable<LanguageModelV4CallOptions["responseFormat"]> {
  const { name, schema } = output;
  return schema === undefined ? { type: "json" } : { type: "json", name, schema };
}

/**
 * System texts become one at the front, and neighbours of the same role one message: chat templates of local models
 * and some vendors refuse anything else.
 */
function promptOf(messages: readonly ModelMessage[], instruction: string | undefined): LanguageModelV4Prompt {
  const system = messages.filter(({ role, text }) => role === "system" && text !== "").map(({ text }) => text);
  if (instruction !== undefined) system.push(instruction);
  const turns: { role: "user" | "assistant"; texts: string[] }[] = [];
  for (const { role, text } of messages) {
    if (role === "system" || text === "") continue;
    const last = turns.at(-1);
    if (last?.role === role) last.texts.push(text);
    else turns.push({ role, texts: [text] });
  }
  return [
    ...(system.length === 0 ? [] : [{ role: "system" as const, content: system.join("\n\n") }]),
    ...turns.map(({ role, texts }) => ({ role, content: [{ type: "text" as const, text: texts.join("\n\n") }] })),
  ];
}

/** Turns the parts of one V4 stream into ours; remembers what the end needs. */
class PartReader {
  readonly #call: Call;
  readonly #warnings: readonly string[];
  readonly #text: string[] = [];
  #isStarted = false;
  #finish: { readonly reason: LanguageModelV4FinishReason; readonly usage: LanguageModelV4Usage } | undefined;

  constructor(call: Call, warnings: readonly string[]) {
    this.#call = call;
    this.#warnings = warnings;
  }

  *read(part: LanguageModelV4StreamPart): Generator<ModelStreamPart> {
    if (part.type === "error") throw part.error;
    if (part.type === "stream-start") yield* this.#start(part.warnings);
    else if (part.type === "text-delta" || part.type === "reasoning-delta") yield* this.#delta(part);
    else if (part.type === "finish") this.#finish = { reason: part.finishReason, usage: part.usage };
  }

  /** Throws when the stream stopped without saying why. */
  end(): ModelStreamPart {
    const reason = this.#finish === undefined ? undefined : endReasonOf(this.#finish.reason);
    if (this.#finish === undefined || reason === undefined) throw brokenOff(this.#call);
    return { type: "end", reason, usage: usageOf(this.#finish.usage, this.#call.request, this.#text.join("")) };
  }

  *#start(warnings: readonly SharedV4Warning[]): Generator<ModelStreamPart> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    yield { type: "start", warnings: [...this.#warnings, ...warnings.map(describeWarning)] };
  }

  *#delta(part: {
    readonly type: "text-delta" | "reasoning-delta";
    readonly delta: string;
  }): Generator<ModelStreamPart> {
    if (part.delta === "") return;
    yield* this.#start([]);
    this.#text.push(part.delta);
    yield { type: part.type === "text-delta" ? "text" : "reasoning", delta: part.delta };
  }
}

function describeWarning(warning: SharedV4Warning): string {
  if (warning.type === "other") return warning.message;
  const subject = warning.type === "deprecated" ? warning.setting : warning.feature;
  const details = warning.type === "deprecated" ? warning.message : warning.details;
  return `${warning.type}: ${subject}${details === undefined ? "" : ` (${details})`}`;
}

/** `tool-calls` is as good as an end, since no tools were offered; so is a reason that only the server knows. */
function endReasonOf(reason: LanguageModelV4FinishReason): ModelEndReason | undefined {
  if (reason.unified === "length") return "length";
  if (reason.unified === "content-filter") return "refused";
  if (reason.unified === "stop" || reason.unified === "tool-calls") return "stop";
  return reason.unified === "other" && reason.raw !== undefined ? "stop" : undefined;
}

function usageOf(usage: LanguageModelV4Usage, request: ModelRequest, answer: string): ModelUsage {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens.total === undefined || outputTokens.total === undefined) return estimateUsage(request, answer);
  const cached = inputTokens.cacheRead;
  return {
    inputTokens: inputTokens.total,
    outputTokens: outputTokens.total,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    isExact: true,
  };
}

function asModelError(error: unknown, phase: ModelFailure["phase"], call: Call): ModelError {
  if (call.signal.aborted) return cancelledCall(call.options.id);
  const own = causesOf(error).find((cause) => cause instanceof ModelError);
  return own ?? failed(aiSdkFailure(error, phase), call);
}

function failed(failure: ModelFailure, call: Call): ModelError {
  return modelErrorOf(failure, call.options.endpoint, call.options.clock.nowMs());
}

function brokenOff(call: Call): ModelError {
  return failed({ phase: "stream", message: "the stream stopped before its end" }, call);
}
