/** Questions, signals and times: asked before done, answered once and in time, taken once, oldest first; nobody is forgotten. */
import type { Payload, RunEvent } from "@agentmesh/core";
import type { RandomPlan, RandomTask } from "../random-plan.ts";
import { SIMULATED_TOOLS } from "../simulated-tools.ts";
import { type RunHistory, taskIdOf } from "./run-history.ts";

/** How late what is due may be when nothing is in its way. */
const LATE_MS_MAX = 5;
const DANGER = ["read", "idempotent", "write", "destructive"];

type Event<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

export function checkWaits(history: RunHistory): void {
  const walk = new WaitWalk(history);
  for (const event of history.events) walk.take(event);
  walk.end();
}

class WaitWalk {
  readonly #history: RunHistory;
  readonly #questions = new Map<string, Event<"approval.requested">>();
  /** The hash of the arguments that somebody has agreed to, by task. */
  readonly #agreed = new Map<string, string>();
  /** Agreed to and not started yet. */
  readonly #granted = new Set<string>();
  readonly #edited = new Map<string, string>();
  readonly #waits = new Map<string, Event<"task.waiting">>();
  readonly #doubts = new Set<string>();
  readonly #kept = new Map<string, Payload[]>();
  readonly #due = new Map<string, number>();
  #specs = new Map<string, RandomTask>();
  #proposed: RandomPlan | undefined;
  #suspensions = 0;

  constructor(history: RunHistory) {
    this.#history = history;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case "plan.proposed":
        this.#proposed = event.plan as unknown as RandomPlan;
        return;
      case "plan.accepted":
      case "plan.patched":
        this.#specs = new Map(this.#proposed?.tasks.map((task) => [task.id, task]));
        return;
      case "run.suspended":
        return this.#suspend(event);
      case "run.cancel_requested":
        this.#questions.clear();
        this.#waits.clear();
        return;
      case "approval.requested":
        return this.#ask(event);
      case "approval.granted":
      case "approval.denied":
        return this.#answer(event);
      case "signal.received":
        return this.#signal(event);
      default:
        this.#takeTask(event);
    }
  }

  end(): void {
    const { status } = this.#history.record.waits;
    if (status === "over") return;
    for (const [task, wait] of this.#waits) {
      const kept = wait.for === "signal" ? (this.#kept.get(wait.name ?? "") ?? []) : [];
      if (kept.length > 0) this.#history.breach("a signal is taken", `"${task}" waits for one that is there`);
    }
  }

  #takeTask(event: RunEvent): void {
    switch (event.type) {
      case "task.waiting":
        this.#waits.set(event.task, event);
        return;
      case "task.started":
        return this.#start(event);
      case "task.retried":
        this.#due.set(event.task, event.dueAtMs);
        if (event.cause === "fallback") this.#edited.delete(event.task);
        return;
      case "task.succeeded":
      case "task.failed":
        return this.#settle(event);
      case "task.skipped": // an element whose sibling has failed is asked for no more
        this.#questions.delete(event.task);
        this.#waits.delete(event.task);
        return;
      case "task.in_doubt":
        this.#doubts.add(event.task);
        return;
      case "task.resolved":
        this.#doubts.delete(event.task);
        if (event.as === "fail") this.#withdraw(event.task);
        break;
      default:
    }
  }

  #ask(event: Event<"approval.requested">): void {
    if (this.#questions.has(event.approval) || this.#granted.has(event.approval))
      this.#breach("asked once", event, "it is asked already, or was agreed to");
    this.#questions.set(event.approval, event);
  }

  #answer(event: Event<"approval.granted" | "approval.denied">): void {
    const question = this.#questions.get(event.approval);
    this.#questions.delete(event.approval);
    if (question === undefined) return this.#breach("answered once", event, "nobody has asked, or it was answered");
    const endsAtMs = question.expiresAtMs ?? Number.POSITIVE_INFINITY;
    if (event.by === "person" && event.atMs >= endsAtMs) this.#breach("answered in time", event, "it had expired");
    if (event.by === "expiry") this.#expire(event, { endsAtMs, choice: question.default ?? "reject" });
    if (event.type === "approval.denied") return;
    if (question.subject === "task") this.#granted.add(event.approval);
    const args = event.args ?? question.args;
    if (args !== undefined) this.#agreed.set(event.approval, args.hash);
    if (event.args === undefined) this.#edited.delete(event.approval);
    else this.#edited.set(event.approval, event.args.hash);
  }

  #expire(
    event: Event<"approval.granted" | "approval.denied">,
    { endsAtMs, choice }: { readonly endsAtMs: number; readonly choice: "approve" | "reject" },
  ): void {
    if (event.atMs < endsAtMs) this.#breach("expired in time", event, "it had not expired");
    if ((event.type === "approval.granted") !== (choice === "approve"))
      this.#breach("the default holds", event, `it is ${choice}`);
    this.#checkLateness(event, endsAtMs);
  }

  #start(event: Event<"task.started">): void {
    const { task, args, atMs } = event;
    this.#granted.delete(task);
    const edited = this.#edited.get(task);
    if (edited !== undefined && edited !== args.hash) this.#breach("edited arguments are used", event, "others are");
    if (this.#isToBeAsked(task) && this.#agreed.get(task) !== args.hash)
      this.#breach("asked before done", event, "nobody has agreed to this call");
    const dueAtMs = this.#due.get(task) ?? 0;
    this.#due.delete(task);
    if (atMs < dueAtMs && !this.#history.record.world.hasClockJump)
      this.#breach("waits are waited", event, `it was due ${dueAtMs - atMs} ms later`);
    if (dueAtMs > 0 && this.#isUncrowded()) this.#checkLateness(event, dueAtMs);
  }

  #isUncrowded(): boolean {
    const { policy, world } = this.#history.record;
    const hasAsked = this.#history.events.some(
      ({ type }) => type.startsWith("approval.") || type.startsWith("budget."),
    );
    return (
      policy.concurrency.run > world.ledger.calls.length &&
      policy.concurrency.tools["sim.send"] === undefined &&
      !hasAsked
    );
  }

  #isToBeAsked(key: string): boolean {
    const spec = this.#specs.get(taskIdOf(key));
    if (spec === undefined) return false;
    if (spec["approve"] !== undefined) return true;
    const isFallback = typeof spec["onError"] === "object"; // another tool, perhaps
    const tool = SIMULATED_TOOLS.find(({ name }) => name === spec.use);
    if (tool === undefined || isFallback) return false;
    return (this.#history.record.policy.approve ?? []).some(
      (name) => name === tool.name || (DANGER.includes(name) && DANGER.indexOf(tool.effect) >= DANGER.indexOf(name)),
    );
  }

  /** A signal goes to whoever has waited longest, and is kept when nobody waits. */
  #signal({ kind, name, data }: Event<"signal.received">): void {
    if (kind === "event") return;
    this.#kept.set(name, [...(this.#kept.get(name) ?? []), data]);
  }

  /** After an element has failed, the questions and waits of the others are withdrawn. */
  #withdraw(key: string): void {
    const id = taskIdOf(key);
    if (id === key) return;
    for (const open of [this.#questions, this.#waits])
      for (const other of open.keys()) if (other !== id && taskIdOf(other) === id) open.delete(other);
  }

  #settle(event: Event<"task.succeeded" | "task.failed">): void {
    const wait = this.#waits.get(event.task);
    this.#waits.delete(event.task);
    this.#questions.delete(event.task);
    if (event.type === "task.failed" && event.isHandled !== true) this.#withdraw(event.task);
    if (wait !== undefined) this.#endWait(event, wait);
  }

  #endWait(event: Event<"task.succeeded" | "task.failed">, wait: Event<"task.waiting">): void {
    const untilMs = wait.untilMs ?? Number.POSITIVE_INFINITY;
    if (event.type === "task.failed" || wait.for === "time") {
      if (event.atMs < untilMs) this.#breach("waits are waited", event, `it ended ${untilMs - event.atMs} ms early`);
      return this.#checkLateness(event, untilMs);
    }
    if (wait.for !== "signal") return;
    const taken = this.#kept.get(wait.name ?? "")?.shift();
    if (taken === undefined) return this.#breach("a signal is taken once", event, "there was none");
    if (taken.hash !== event.output?.hash) this.#breach("the oldest signal is taken", event, "it was another");
  }

  #checkLateness(event: RunEvent, dueAtMs: number): void {
    if (!this.#history.isCalm || this.#suspensions > 0 || event.atMs <= dueAtMs + LATE_MS_MAX) return;
    this.#breach("what is due happens", event, `it was due ${event.atMs - dueAtMs} ms before`);
  }

  /** Everything that it waits for is named. */
  #suspend(event: Event<"run.suspended">): void {
    this.#suspensions++;
    const questions = [...this.#questions.keys()].filter((name) => name !== "plan" && name !== "budget");
    const expected = [...this.#doubts, ...questions, ...this.#waits.keys()].sort();
    const named = [...event.tasks].sort();
    if (expected.join() !== named.join())
      this.#breach("a suspended run names what it waits for", event, `it names ${named.join()} of ${expected.join()}`);
    if (expected.length === 0 && this.#questions.size === 0)
      this.#breach("a suspended run names what it waits for", event, "it waits for nothing");
  }

  #breach(invariant: string, { seq, type }: RunEvent, detail: string): void {
    this.#history.breach(invariant, `event ${seq}, ${type}: ${detail}`);
  }
}
