/** One record per call of a model, for journals and logs: what went in, what came out, what it cost, how it ended. */
import type {
  Clock,
  Model,
  ModelEndReason,
  ModelError,
  ModelRequest,
  ModelStreamPart,
  ModelUsage,
} from "@agentmesh/ports";
import { asModelError } from "./driver-fault.ts";
import { layerOver } from "./model-layer.ts";
import { estimateUsage } from "./token-estimate.ts";

/** Characters of text, and of reasoning, that one record keeps; a longer answer is cut in the record only. */
export const TRACE_CHARACTERS_MAX = 1_000_000;

/** `abandoned`: the reader left before the end. */
export type ModelCallOutcome =
  | { readonly type: "ended"; readonly reason: ModelEndReason }
  | { readonly type: "failed"; readonly error: ModelError }
  | { readonly type: "abandoned" };

export interface ModelCallTrace {
  readonly model: string;
  readonly request: ModelRequest;
  /** As far as it came. */
  readonly text: string;
  readonly reasoning: string;
  readonly warnings: readonly string[];
  /** The backend's count, or the estimate of token-estimate.ts over what came, then `isExact` is false. */
  readonly usage: ModelUsage;
  readonly startedAtMs: number;
  /** From the call to the first text or reasoning; absent when none came. */
  readonly firstDeltaMs?: number;
  readonly durationMs: number;
  readonly outcome: ModelCallOutcome;
  /** `hit`: an earlier answer, given again; no model was asked. */
  readonly cache?: "hit";
}

export interface TraceOptions {
  readonly clock: Clock;
  /** Called once per call, after its end. Must not throw. */
  readonly observe: (trace: ModelCallTrace) => void;
}

export function withTrace(model: Model, options: TraceOptions): Model {
  return layerOver(model, (request, signal) => traced(model, { request, signal }, options));
}

interface Call {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

async function* traced(model: Model, call: Call, options: TraceOptions): AsyncGenerator<ModelStreamPart> {
  const recorder = new CallRecorder(model.id, call.request, options.clock.nowMs());
  let outcome: ModelCallOutcome = { type: "abandoned" };
  try {
    for await (const part of model.stream(call.request, call.signal)) {
      recorder.add(part, options.clock.nowMs());
      if (part.type === "end") outcome = { type: "ended", reason: part.reason };
      yield part;
    }
  } catch (error) {
    outcome = { type: "failed", error: asModelError(error, model.id) };
    throw error;
  } finally {
    options.observe(recorder.trace(outcome, options.clock.nowMs()));
  }
}

class CallRecorder {
  readonly #model: string;
  readonly #request: ModelRequest;
  readonly #startedAtMs: number;
  readonly #text = new BoundedText();
  readonly #reasoning = new BoundedText();
  #warnings: readonly string[] = [];
  #firstDeltaMs: number | undefined;
  #usage: ModelUsage | undefined;

  constructor(model: string, request: ModelRequest, startedAtMs: number) {
    this.#model = model;
    this.#request = request;
    this.#startedAtMs = startedAtMs;
  }

  add(part: ModelStreamPart, nowMs: number): void {
    if (part.type === "start") this.#warnings = part.warnings;
    else if (part.type === "end") this.#usage = part.usage;
    else {
      this.#firstDeltaMs ??= Math.max(0, Math.round(nowMs - this.#startedAtMs));
      (part.type === "text" ? this.#text : this.#reasoning).add(part.delta);
    }
  }

  trace(outcome: ModelCallOutcome, nowMs: number): ModelCallTrace {
    const text = this.#text.join();
    const reasoning = this.#reasoning.join();
    return {
      model: this.#model,
      request: this.#request,
      text,
      reasoning,
      warnings: this.#warnings,
      usage: this.#usage ?? estimateUsage(this.#request, text + reasoning),
      startedAtMs: this.#startedAtMs,
      ...(this.#firstDeltaMs === undefined ? {} : { firstDeltaMs: this.#firstDeltaMs }),
      durationMs: Math.max(0, Math.round(nowMs - this.#startedAtMs)),
      outcome,
    };
  }
}

class BoundedText {
  readonly #pieces: string[] = [];
  #room = TRACE_CHARACTERS_MAX;

  add(piece: string): void {
    if (this.#room <= 0) return;
    this.#pieces.push(piece.slice(0, this.#room));
    this.#room -= piece.length;
  }

  join(): string {
    return this.#pieces.join("");
  }
}
