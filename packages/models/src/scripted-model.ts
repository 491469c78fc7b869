/**
 * A model that answers from a script: for tests of everything above the model, without a network and the same every
 * time. It streams in pieces, counts tokens by the estimate, honours aborts and remembers what it was asked.
 */
import type { Json, JsonObject } from "@agentmesh/core";
import type {
  Model,
  ModelCapabilities,
  ModelEndReason,
  ModelRequest,
  ModelStreamPart,
  ModelUsage,
} from "@agentmesh/ports";
import { cancelledCall, orAborted } from "./cancellation.ts";
import { asModelError } from "./driver-fault.ts";
import { ScriptExhaustedError } from "./script-exhausted-error.ts";
import { estimateRequestTokens, estimateUsage } from "./token-estimate.ts";

export interface ScriptedReplyOptions {
  readonly text: string;
  readonly reasoning?: string;
  /** `stop` when absent. */
  readonly endReason?: ModelEndReason;
  /** The estimate over request and text when absent. */
  readonly usage?: ModelUsage;
  /** Thrown after the text instead of an end: a stream that breaks. */
  readonly error?: Error;
}

/** An answer whose end matters too. */
export class ScriptedReply {
  readonly options: ScriptedReplyOptions;

  constructor(options: ScriptedReplyOptions) {
    this.options = options;
  }
}

/** Computes the answer of call number `call`, counted from 0. */
export type ScriptedFunction = (request: ModelRequest, call: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** Text as it is, an object or list as JSON, an error to throw instead of an answer, a reply, or a function that gives one. */
export type ScriptedAnswer = string | JsonObject | readonly Json[] | Error | ScriptedReply | ScriptedFunction;

export interface ScriptedModelOptions {
  readonly id?: string;
  readonly capabilities?: ModelCapabilities;
  /** Characters (code points) of one delta: 8 when absent. */
  readonly deltaCharacters?: number;
}

export interface ScriptedModel extends Model {
  /** Every request so far, in order. */
  readonly requests: readonly ModelRequest[];
}

const DELTA_CHARACTERS = 8;

/** A list answers one call each and then throws ScriptExhaustedError; a single function answers every call. */
export function scriptedModel(
  script: readonly ScriptedAnswer[] | ScriptedFunction,
  options: ScriptedModelOptions = {},
): ScriptedModel {
  const id = options.id ?? "scripted:script";
  const requests: ModelRequest[] = [];
  const answerOf = (call: number): ScriptedAnswer => {
    if (typeof script === "function") return script;
    const answer = script[call];
    if (answer === undefined) throw new ScriptExhaustedError(id, script.length);
    return answer;
  };
  const stream = async function* (request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    try {
      signal.throwIfAborted();
      const call = requests.push(request) - 1;
      const reply = await orAborted(settled(answerOf(call), { request, call }), signal);
      for (const part of partsOf(reply, request, options.deltaCharacters ?? DELTA_CHARACTERS)) {
        signal.throwIfAborted();
        yield part;
      }
    } catch (error) {
      throw signal.aborted ? cancelledCall(id) : asModelError(error, id);
    }
  };
  return {
    id,
    capabilities: options.capabilities ?? { output: "json" },
    requests,
    stream,
    countTokens: (request) => Promise.resolve({ tokens: estimateRequestTokens(request), isExact: false }),
    close: () => Promise.resolve(),
  };
}

interface Call {
  readonly request: ModelRequest;
  readonly call: number;
}

async function settled(answer: ScriptedAnswer, call: Call): Promise<ScriptedReply> {
  if (typeof answer === "function") return await settled(await answer(call.request, call.call), call);
  if (answer instanceof Error) throw answer;
  if (answer instanceof ScriptedReply) return answer;
  return new ScriptedReply({ text: typeof answer === "string" ? answer : JSON.stringify(answer) });
}

function* partsOf(reply: ScriptedReply, request: ModelRequest, deltaCharacters: number): Generator<ModelStreamPart> {
  const { text, reasoning, endReason, usage, error } = reply.options;
  yield { type: "start", warnings: [] };
  for (const delta of pieces(reasoning ?? "", deltaCharacters)) yield { type: "reasoning", delta };
  for (const delta of pieces(text, deltaCharacters)) yield { type: "text", delta };
  if (error !== undefined) throw error;
  yield { type: "end", reason: endReason ?? "stop", usage: usage ?? estimateUsage(request, (reasoning ?? "") + text) };
}

/** Never cuts a character in two. */
function* pieces(text: string, characters: number): Generator<string> {
  const codePoints = Array.from(text);
  for (let index = 0; index < codePoints.length; index += characters) {
    yield codePoints.slice(index, index + characters).join("");
  }
}
