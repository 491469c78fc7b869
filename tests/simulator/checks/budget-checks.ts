/** Used + reserved never exceeds a limit, at any event; every reservation is settled once. */
import type { RunEvent } from "@agentmesh/core";
import type { RunHistory } from "./run-history.ts";

export function checkBudget(history: RunHistory): void {
  const ledger = new BudgetLedger(history);
  for (const event of history.events) ledger.take(event);
  ledger.end();
}

class BudgetLedger {
  readonly #history: RunHistory;
  readonly #limits: Record<"tokens" | "usd" | "calls" | "seconds", number>;
  readonly #open = new Map<string, { readonly tokens: number; readonly microUsd: number }>();
  readonly #settled = new Set<string>();
  #tokens = 0;
  #microUsd = 0;
  #calls = 0;
  #activeMs = 0;
  #lastAtMs = 0;
  #isActive = false;
  #isRaising = false;

  constructor(history: RunHistory) {
    this.#history = history;
    const { tokens, usd, calls, seconds } = history.record.policy.budget ?? {};
    this.#limits = {
      tokens: tokens ?? Infinity,
      usd: usd === undefined ? Infinity : Math.floor(usd * 1_000_000),
      calls: calls ?? Infinity,
      seconds: seconds === undefined ? Infinity : Math.floor(seconds * 1_000),
    };
  }

  take(event: RunEvent): void {
    this.#passTime(event);
    switch (event.type) {
      case "task.started":
        this.#startCall(event.seq);
        break;
      case "task.succeeded":
        this.#calls -= event.cache === undefined ? 0 : 1;
        break;
      case "budget.reserved":
        this.#open.set(event.reservation, event);
        break;
      case "budget.settled":
        this.#spend(event, { tokens: event.tokens, microUsd: event.microUsd });
        break;
      case "model.called":
      case "model.failed":
        this.#takeModelCall(event);
        break;
      case "budget.raised":
        this.#limits[event.kind] = event.limit;
        this.#isRaising = false;
        break;
      case "budget.exceeded":
        this.#isRaising = event.error === undefined;
        break;
      default:
    }
    this.#check(event);
  }

  #startCall(seq: number): void {
    this.#calls++;
    if (this.#activeMs >= this.#limits.seconds && !this.#isRaising && !this.#history.record.world.hasClockJump)
      this.#history.breach("I7 budget", `event ${seq}: a task starts after ${this.#activeMs} ms`);
  }

  end(): void {
    if (this.#history.record.waits.status === "over" && this.#open.size > 0)
      this.#history.breach("I7 budget", `${[...this.#open.keys()].join(", ")} is never settled`);
  }

  #takeModelCall(event: Extract<RunEvent, { type: "model.called" | "model.failed" }>): void {
    const spent = {
      tokens: event.usage.inputTokens + event.usage.outputTokens,
      microUsd: event.costMicroUsd ?? 0,
    };
    const isLimited = this.#limits.tokens < Infinity || this.#limits.usd < Infinity;
    if (event.reservation !== undefined) return this.#spend({ seq: event.seq, reservation: event.reservation }, spent);
    if (isLimited) this.#history.breach("I7 budget", `event ${event.seq}: a model was called without a reservation`);
    this.#tokens += spent.tokens;
    this.#microUsd += spent.microUsd;
  }

  #spend(
    { seq, reservation }: { readonly seq: number; readonly reservation: string },
    spent: { readonly tokens: number; readonly microUsd: number },
  ): void {
    if (this.#settled.has(reservation) || !this.#open.has(reservation))
      this.#history.breach("I7 budget", `event ${seq}: ${reservation} is settled twice, or was never made`);
    this.#settled.add(reservation);
    this.#open.delete(reservation);
    this.#tokens += spent.tokens;
    this.#microUsd += spent.microUsd;
  }

  /** Time counts while somebody drives the run and it waits for nobody. */
  #passTime(event: RunEvent): void {
    const isDeadTime = event.type === "run.resumed";
    if (this.#isActive && !isDeadTime) this.#activeMs += Math.max(0, event.atMs - this.#lastAtMs);
    this.#lastAtMs = event.atMs;
    if (event.type === "run.started" || event.type === "run.resumed") this.#isActive = true;
    if (event.type === "run.suspended") this.#isActive = false;
  }

  #check({ seq, type }: RunEvent): void {
    const reserved = [...this.#open.values()];
    const tokens = this.#tokens + reserved.reduce((sum, each) => sum + each.tokens, 0);
    const microUsd = this.#microUsd + reserved.reduce((sum, each) => sum + each.microUsd, 0);
    const where = `event ${seq}, ${type}`;
    if (tokens > this.#limits.tokens)
      this.#history.breach("I7 budget", `${where}: ${tokens} tokens of ${this.#limits.tokens}`);
    if (microUsd > this.#limits.usd) this.#history.breach("I7 budget", `${where}: ${microUsd} of ${this.#limits.usd}`);
    if (this.#calls > this.#limits.calls)
      this.#history.breach("I7 budget", `${where}: ${this.#calls} calls of ${this.#limits.calls}`);
  }
}
