/**
 * Gives an answer again when the same model is asked the same thing: as the stream that it was, for nothing. Lies above the
 * retries and reservations, so that what is given again reserves nothing; is told to the observer like every call.
 */
import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@agentmesh/core";
import type { Clock, Model, ModelRequest, ModelSampling, ModelStreamPart } from "@agentmesh/ports";
import { ANSWER_FORMAT, AnswerRecorder, type CachedAnswer, readAnswer, replayAnswer } from "./cached-answer.ts";
import { cancelledCall, orAborted } from "./cancellation.ts";
import { layerOver } from "./model-layer.ts";
import type { Landing, SingleFlight } from "./single-flight.ts";
import { type ModelCallTrace, withTrace } from "./trace-layer.ts";

/** Answers that are longer are not kept, in UTF-16 units of text and reasoning. */
const ANSWER_CHARACTERS_MAX = 250_000;

/** Where answers are kept: those of one tenant. */
export interface AnswerStore {
  /** False for what must not be written down, such as a secret. */
  mayKeep(text: string): boolean;
  /** Must not reject. */
  find(key: string): Promise<string | undefined>;
  /** Must not throw. */
  keep(key: string, body: string): void;
  /** What is being asked now, by key. */
  readonly flights: SingleFlight<CachedAnswer>;
}

/** As a configuration holds it, where undefined means nothing. */
type SamplingDefaults = { readonly [Key in keyof ModelSampling]?: ModelSampling[Key] | undefined };

export interface ModelCacheOptions {
  readonly answers: AnswerStore;
  readonly clock: Clock;
  /** What holds where a request says nothing. */
  readonly sampling?: SamplingDefaults | undefined;
  /** True: also answers that another call would give differently. */
  readonly isSampledKept: boolean;
  /** Called once per answer that was given again, after its end. Must not throw. */
  readonly observe?: (trace: ModelCallTrace) => void;
}

export function withCache(model: Model, options: ModelCacheOptions): Model {
  return layerOver(model, (request, signal) => {
    if (!options.isSampledKept && !isRepeatable({ ...options.sampling, ...request.sampling }))
      return model.stream(request, signal);
    const text = questionText(model, request, options.sampling);
    if (!options.answers.mayKeep(text)) return model.stream(request, signal);
    const key = `${model.id.slice(0, 200)}#${createHash("sha256").update(text).digest("base64url")}`;
    return cached(model, { key, request, signal }, options);
  });
}

/** Whether the model would say the same again, as far as that can be asked for. */
function isRepeatable({ temperature, seed }: SamplingDefaults): boolean {
  return temperature === 0 || seed !== undefined;
}

/** Everything that changes the answer; nothing else. */
function questionText(model: Model, request: ModelRequest, sampling: SamplingDefaults | undefined): string {
  const { messages, output, maxOutputTokens, stopSequences } = request;
  const { id, identity, capabilities } = model;
  const asked = { messages, output, maxOutputTokens, stopSequences, sampling: { ...sampling, ...request.sampling } };
  const plain = JSON.stringify({ format: ANSWER_FORMAT, id, identity, capabilities, asked });
  return canonicalJson(JSON.parse(plain) as Json);
}

interface Call {
  readonly key: string;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

async function* cached(model: Model, call: Call, options: ModelCacheOptions): AsyncGenerator<ModelStreamPart> {
  yield* await sourceOf(model, call, options);
}

/** An earlier answer, or the answer that somebody else is getting just now, or a call of the model. */
async function sourceOf(model: Model, call: Call, options: ModelCacheOptions): Promise<AsyncIterable<ModelStreamPart>> {
  const { answers } = options;
  for (;;) {
    if (call.signal.aborted) throw cancelledCall(model.id);
    const answer = readAnswer(await answers.find(call.key));
    if (answer !== undefined) return again(model, { call, answer }, options);
    const flight = answers.flights.join(call.key);
    if (flight === undefined) return ask(model, call, { answers, land: answers.flights.lead(call.key) });
    const landing = await orAborted(flight, call.signal).catch(() => {
      throw cancelledCall(model.id);
    });
    if (landing.type === "shared") return again(model, { call, answer: landing.value }, options);
    if (landing.type === "failed") return model.stream(call.request, call.signal);
  }
}

interface Flight {
  readonly answers: AnswerStore;
  readonly land: (landing: Landing<CachedAnswer>) => void;
}

/** Asks, for all who wait for it. Only an answer that the model has ended by itself is kept. */
async function* ask(
  model: Model,
  { key, request, signal }: Call,
  { answers, land }: Flight,
): AsyncGenerator<ModelStreamPart> {
  const recorder = new AnswerRecorder(ANSWER_CHARACTERS_MAX);
  let hasFailed = false;
  try {
    for await (const part of model.stream(request, signal)) {
      recorder.add(part);
      if (part.type === "end") {
        const answer = part.reason === "stop" ? kept(answers, key, recorder.answer()) : undefined;
        land(answer === undefined ? { type: "failed" } : { type: "shared", value: answer });
      }
      yield part;
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    land({ type: hasFailed && !signal.aborted ? "failed" : "left" });
  }
}

function kept(answers: AnswerStore, key: string, answer: CachedAnswer | undefined): CachedAnswer | undefined {
  if (answer === undefined) return undefined;
  if (!answers.mayKeep(textOf(answer))) return undefined;
  answers.keep(key, JSON.stringify(answer));
  return answer;
}

/** As one text: a secret may have come in pieces. */
function textOf({ pieces }: CachedAnswer): string {
  const of = (wanted: "text" | "reasoning"): string =>
    pieces.map(([type, delta]) => (type === wanted ? delta : "")).join("");
  return `${of("text")}\n${of("reasoning")}`;
}

interface Hit {
  readonly call: Call;
  readonly answer: CachedAnswer;
}

function again(
  model: Model,
  { call, answer }: Hit,
  { clock, observe }: ModelCacheOptions,
): AsyncIterable<ModelStreamPart> {
  const replay = layerOver(model, (_request, signal) => untilAborted(model.id, replayAnswer(answer), signal));
  const tell = (trace: ModelCallTrace): void => observe?.({ ...trace, cache: "hit" });
  return withTrace(replay, { clock, observe: tell }).stream(call.request, call.signal);
}

async function* untilAborted(
  modelId: string,
  parts: Iterable<ModelStreamPart>,
  signal: AbortSignal,
): AsyncGenerator<ModelStreamPart> {
  for (const part of parts) {
    if (signal.aborted) throw cancelledCall(modelId);
    yield part;
  }
}
