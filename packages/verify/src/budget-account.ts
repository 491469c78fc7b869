/** What a run may use, has used and has set aside: added up anew from its events. */
import { countOf, type JournalEvent, textOf } from "./journal-event.ts";

export type AccountKind = "tokens" | "usd" | "calls";

interface Amount {
  readonly tokens: number;
  readonly microUsd: number;
  readonly calls?: number;
}

type Document = Readonly<Record<string, unknown>>;

const MICRO_USD_PER_USD = 1_000_000;

export class BudgetAccount {
  /** In tokens, millionths of a dollar and calls. */
  readonly limits = new Map<AccountKind, number>();
  readonly used: Record<AccountKind, number> = { tokens: 0, usd: 0, calls: 0 };
  readonly reservations = new Map<string, Amount>();
  #reservedTokens = 0;
  #reservedMicroUsd = 0;
  #reservedCalls = 0;

  reserved(kind: AccountKind): number {
    if (kind === "calls") return this.#reservedCalls;
    return kind === "tokens" ? this.#reservedTokens : this.#reservedMicroUsd;
  }

  /** The limits that are crossed now. */
  crossed(): readonly AccountKind[] {
    return [...this.limits]
      .filter(([kind, limit]) => this.used[kind] + this.reserved(kind) > limit)
      .map(([kind]) => kind);
  }

  apply(event: JournalEvent): void {
    if (event.type === "child.started")
      return this.#reserve(childKey(event), { ...amountOf(event), calls: countOf(event, "calls") });
    if (event.type === "child.settled") return this.#settleChild(event);
    this.#applyOwn(event);
  }

  #applyOwn(event: JournalEvent): void {
    switch (event.type) {
      case "run.created":
        return this.#limit(event.fields["policy"] as Document);
      case "task.started":
        // else the result of the run behind it is asked for again
        if (!this.reservations.has(childKey(event))) this.used.calls++;
        return;
      case "task.succeeded":
        if (event.fields["cache"] !== undefined) this.used.calls--; // it was counted when it started, and not made
        return;
      case "model.called":
      case "model.failed":
        return this.#countCall(event);
      case "budget.reserved":
        return this.#reserve(textOf(event, "reservation"), amountOf(event));
      case "budget.settled":
        this.#free(textOf(event, "reservation"));
        this.#use(amountOf(event));
        return;
      case "budget.raised":
        if (isAccountKind(textOf(event, "kind")))
          this.limits.set(textOf(event, "kind") as AccountKind, countOf(event, "limit"));
    }
  }

  #limit({ budget }: Document): void {
    const { tokens, usd, calls } = (budget ?? {}) as Document;
    if (typeof tokens === "number") this.limits.set("tokens", tokens);
    if (typeof usd === "number") this.limits.set("usd", Math.floor(usd * MICRO_USD_PER_USD));
    if (typeof calls === "number") this.limits.set("calls", calls);
  }

  #countCall(event: JournalEvent): void {
    const usage = event.fields["usage"] as Document;
    this.#free(textOf(event, "reservation"));
    this.#use({
      tokens: Number(usage["inputTokens"] ?? 0) + Number(usage["outputTokens"] ?? 0),
      microUsd: countOf(event, "costMicroUsd"),
    });
  }

  #settleChild(event: JournalEvent): void {
    const usage = event.fields["usage"] as Document;
    this.#free(childKey(event));
    this.used.calls += Number(usage["toolCalls"] ?? 0);
    this.#use({
      tokens: Number(usage["inputTokens"] ?? 0) + Number(usage["outputTokens"] ?? 0),
      microUsd: Number(usage["costMicroUsd"] ?? 0),
    });
  }

  #use({ tokens, microUsd }: Amount): void {
    this.used.tokens += tokens;
    this.used.usd += microUsd;
  }

  #reserve(id: string, amount: Amount): void {
    this.reservations.set(id, amount);
    this.#reservedTokens += amount.tokens;
    this.#reservedMicroUsd += amount.microUsd;
    this.#reservedCalls += amount.calls ?? 0;
  }

  #free(id: string): void {
    const amount = this.reservations.get(id);
    if (amount === undefined) return;
    this.reservations.delete(id);
    this.#reservedTokens -= amount.tokens;
    this.#reservedMicroUsd -= amount.microUsd;
    this.#reservedCalls -= amount.calls ?? 0;
  }
}

/** What is set aside for the run behind a task is named by the task. */
export function childKey(event: JournalEvent): string {
  return `child ${textOf(event, "task")}`;
}

export function isAccountKind(kind: string): kind is AccountKind {
  return kind === "tokens" || kind === "usd" || kind === "calls";
}

function amountOf(event: JournalEvent): Amount {
  return { tokens: countOf(event, "tokens"), microUsd: countOf(event, "microUsd") };
}
