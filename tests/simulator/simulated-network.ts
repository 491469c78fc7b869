/**
 * Between a run and its tools: latency, lost requests, lost and late answers, lost connections, and tools that are deaf to
 * a cancel. What a tool does, it does whether or not whoever asked still lives.
 */
import { canonicalJson, type Json } from "@agentmesh/core";
import {
  type Executor,
  type NodeContext,
  type TaskCall,
  ToolCallError,
  type ToolCallErrorCode,
} from "@agentmesh/ports";
import type { Chance } from "./chance.ts";
import type { CallAnswer, LedgerCall } from "./effect-ledger.ts";
import { engine } from "./engine-door.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedWorld } from "./simulated-world.ts";
import { valueOfCall } from "./simulated-tools.ts";

/** After that a call without an answer is given up, when its task does not say. */
const TIMEOUT_MS = 2_000;

type Fate =
  | "ok"
  | "fails"
  | "fails-half-way"
  | "refused"
  | "request-lost"
  | "answer-lost"
  | "cut-before"
  | "cut-after"
  | "slow";

const FATES: Readonly<Record<Fate, number>> = {
  ok: 74,
  fails: 5,
  "fails-half-way": 3,
  refused: 3,
  "request-lost": 3,
  "answer-lost": 4,
  "cut-before": 2,
  "cut-after": 3,
  slow: 3,
};

/** A quiet world has no faults of the network. */
export interface NetworkOptions {
  readonly isReliable: boolean;
  /** A copy of an answer that was delivered is delivered again, late. */
  readonly onDuplicate: (call: LedgerCall, value: Json) => void;
}

interface Exchange {
  readonly entry: LedgerCall;
  readonly process: SimulatedProcess;
  readonly settled: PromiseWithResolvers<Json>;
  readonly value: Json;
  isOver: boolean;
}

export class SimulatedNetwork implements Executor {
  readonly #world: SimulatedWorld;
  readonly #process: SimulatedProcess;
  readonly #chance: Chance;
  readonly #options: NetworkOptions;
  readonly #builtIn = new engine.DefaultExecutor({ proxy: () => undefined });

  constructor(world: SimulatedWorld, process: SimulatedProcess, options: NetworkOptions) {
    this.#world = world;
    this.#process = process;
    this.#chance = world.chance(`network ${process.name}`);
    this.#options = options;
  }

  execute(call: TaskCall, context: NodeContext): Promise<Json> {
    if (!this.#process.isAlive) return new Promise(() => undefined);
    this.#world.pass("launch", this.#process);
    if (call.binding.server === "mesh") return this.#generate(call, context);
    const exchange = this.#begin(call);
    this.#fare(exchange, call.timeoutMs ?? TIMEOUT_MS);
    context.signal.addEventListener("abort", () => this.#cancel(exchange), { once: true });
    return exchange.settled.promise;
  }

  async #generate(call: TaskCall, context: NodeContext): Promise<Json> {
    const { entry } = this.#begin(call);
    try {
      const value = await this.#builtIn.execute(call, context);
      if (this.#process.isAlive) Object.assign(entry, { answer: "ok", value });
      return value;
    } catch (error) {
      if (this.#process.isAlive) entry.answer = "failed";
      throw error;
    }
  }

  #begin({ task, attempt, idempotencyKey, binding, args }: TaskCall): Exchange {
    const entry = this.#world.ledger.add({
      order: this.#world.nextOrder(),
      task,
      attempt,
      key: idempotencyKey,
      tool: binding.tool,
      effect: binding.effect,
      args: canonicalJson(args),
      process: this.#process.name,
    });
    const settled = Promise.withResolvers<Json>();
    settled.promise.catch(() => undefined);
    return { entry, process: this.#process, settled, value: valueOfCall(entry.number, this.#chance), isOver: false };
  }

  #fare(exchange: Exchange, timeoutMs: number): void {
    const fate = this.#options.isReliable ? "ok" : this.#chance.weighted(FATES);
    const there = this.#chance.between(1, 60);
    const back = there + this.#chance.between(1, 60);
    this.#after(timeoutMs, () => this.#fail(exchange, "AM_TOOL_TIMEOUT"));
    switch (fate) {
      case "ok":
        this.#affect(exchange, there);
        return this.#after(back, () => this.#succeed(exchange));
      case "slow":
        this.#affect(exchange, there);
        return this.#after(timeoutMs + this.#chance.between(-20, 2_000), () => this.#succeed(exchange));
      case "fails":
        return this.#after(back, () => this.#fail(exchange, "AM_TOOL_FAILED"));
      case "fails-half-way":
        this.#affect(exchange, there);
        return this.#after(back, () => this.#fail(exchange, "AM_TOOL_FAILED"));
      case "refused":
        return this.#after(there, () => this.#fail(exchange, "AM_TOOL_UNAVAILABLE"));
      case "request-lost":
        return undefined;
      case "answer-lost":
        return this.#affect(exchange, there);
      case "cut-before":
        return this.#after(there, () => this.#fail(exchange, "AM_TOOL_DISCONNECTED"));
      case "cut-after":
        this.#affect(exchange, this.#chance.between(1, 3_000));
        return this.#after(there, () => this.#fail(exchange, "AM_TOOL_DISCONNECTED"));
    }
  }

  /** Happens outside, and strikes the process that waits for the answer. */
  #affect({ entry, process }: Exchange, delayMs: number): void {
    this.#after(delayMs, () => {
      if (entry.effect !== "read") entry.effects++;
      this.#world.visit("effect", process);
    });
  }

  #succeed(exchange: Exchange): void {
    this.#answer(exchange, "ok", () => {
      exchange.entry.value = exchange.value;
      exchange.settled.resolve(exchange.value);
      if (this.#chance.percent(12)) this.#repeatAnswer(exchange);
    });
  }

  #repeatAnswer({ entry, process, value }: Exchange): void {
    const delayMs = this.#chance.pick([0, 1, 100, 3_000]);
    this.#after(delayMs, () => process.deliver(() => this.#options.onDuplicate(entry, value)));
  }

  #fail(exchange: Exchange, code: ToolCallErrorCode): void {
    const outcome = OUTCOMES[code] ?? "unknown";
    this.#answer(exchange, outcome, () => exchange.settled.reject(callError(code, outcome)));
  }

  /** An answer reaches a living process once; what comes later is a late answer. */
  #answer(exchange: Exchange, answer: CallAnswer, settle: () => void): void {
    exchange.process.deliver(() => {
      if (exchange.isOver) return this.#answerLate(exchange, answer);
      exchange.isOver = true;
      this.#world.pass("receipt", exchange.process);
      exchange.entry.answer = answer;
      settle();
    });
  }

  /** The call was given up long ago. Nobody waits for what it gives, and it is told all the same. */
  #answerLate({ entry, value }: Exchange, answer: CallAnswer): void {
    if (answer === "ok") this.#options.onDuplicate(entry, value);
  }

  /** A polite tool stops; a deaf one goes on. */
  #cancel(exchange: Exchange): void {
    const isPolite = this.#chance.percent(60);
    if (isPolite) this.#after(this.#chance.between(1, 100), () => this.#fail(exchange, "AM_TOOL_CANCELLED"));
  }

  #after(delayMs: number, work: () => void): void {
    const { timeline } = this.#world;
    timeline.at(timeline.nowMs + delayMs, work);
  }
}

type Outcome = "refused" | "failed" | "unknown";

const OUTCOMES: { readonly [Code in ToolCallErrorCode]?: Outcome } = {
  AM_TOOL_FAILED: "failed",
  AM_TOOL_UNAVAILABLE: "refused",
};

function callError(code: ToolCallErrorCode, outcome: Outcome): ToolCallError {
  return new ToolCallError({
    code,
    message: `The simulated network says ${code}.`,
    hint: "Nothing to do.",
    facts: {},
    outcome,
    retryable: outcome !== "failed",
  });
}
