/**
 * Runs that runs of this mesh have started: begun, or found again, under an id that follows from the call; told to their
 * parents when they go on after a wait; ended with their parents.
 */
import { type ChildReport, isOver, NO_USAGE, type RunOutline, runOutline, type RunState } from "@agentmesh/core";
import type { Clock, Store } from "@agentmesh/ports";
import type { ChildRuns } from "../driver/child-runs.ts";
import { foldEvents, type RunBeginning, type RunDesk } from "../mesh/run-desk.ts";
import { derivedRunId } from "../mesh/run-id.ts";
import type { RunResult } from "../mesh/run-result.ts";

/** How long a run that another process drives may take to end, in milliseconds. */
const END_MS_MAX = 30_000;
const POLL_MS = 50;

export interface ChildDeskParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Known once the mesh is put together. */
  readonly desk: () => RunDesk;
}

/** A run behind a call that is waited for here. */
export interface AttachedRun {
  readonly id: string;
  /** What it comes to, or `suspended`. */
  readonly result: Promise<RunResult>;
  cancel(reason: string): void;
}

export class ChildDesk implements ChildRuns {
  readonly #parts: ChildDeskParts;
  /** How many calls wait here for a run. */
  readonly #attached = new Map<string, number>();
  readonly #telling = new Set<Promise<unknown>>();

  constructor(parts: ChildDeskParts) {
    this.#parts = parts;
  }

  idOf(tenant: string, idempotencyKey: string): string {
    return derivedRunId(tenant, idempotencyKey);
  }

  /** Begins the run, or finds it as far as it is. */
  attach(id: string, beginning: RunBeginning): AttachedRun {
    this.#attached.set(id, (this.#attached.get(id) ?? 0) + 1);
    const run = this.#parts.desk().attach(id, beginning);
    const leave = (): void => {
      const left = (this.#attached.get(id) ?? 1) - 1;
      if (left === 0) this.#attached.delete(id);
      else this.#attached.set(id, left);
    };
    const result = run.result.finally(leave);
    return { id, result, cancel: (reason) => run.cancel(reason) };
  }

  async isWaiting(child: string): Promise<boolean> {
    const state = await this.#stateOf(child);
    if (state?.status !== "suspended") return false;
    const nowMs = this.#parts.clock.nowMs();
    for (const { kind, name, untilMs } of state.asks.values()) {
      if (untilMs <= nowMs) return false;
      if (kind === "child" && !(await this.isWaiting(name ?? ""))) return false;
    }
    return true;
  }

  watch(parent: string, child: string): void {
    this.#keep(this.isWaiting(child).then((isWaiting) => (isWaiting ? undefined : this.#tell(parent, child))));
  }

  /** A run of this process is over: whoever has started it, and does not wait for it here, is told. */
  ended({ run, parent }: RunOutline): void {
    if (parent === undefined || parent.isRemote === true || this.#attached.has(run)) return;
    this.#keep(this.#tell(parent.run, run));
  }

  get isBusy(): boolean {
    return this.#telling.size > 0;
  }

  /** Resolves once everybody who had to be told was told. */
  async idle(): Promise<void> {
    while (this.#telling.size > 0) await Promise.allSettled(this.#telling);
  }

  async end(child: string): Promise<ChildReport | undefined> {
    try {
      const state = await this.#stateOf(child);
      if (state === undefined) return { run: child, usage: NO_USAGE };
      if (!isOver(state)) await this.#cancel(child);
      const outline = await this.#ended(child);
      return outline === undefined ? undefined : reportOf(outline);
    } catch {
      return undefined; // what it has used counts in full then
    }
  }

  async #cancel(child: string): Promise<void> {
    const command = { type: "cancel", reason: "the run that started it was ended" } as const;
    const run = await this.#parts.desk().send(child, command);
    await run?.result;
  }

  async #ended(child: string): Promise<RunOutline | undefined> {
    const { clock } = this.#parts;
    const untilMs = clock.nowMs() + END_MS_MAX;
    while (clock.nowMs() < untilMs) {
      const state = await this.#stateOf(child);
      if (state !== undefined && isOver(state)) return runOutline(state);
      const pause = Promise.withResolvers<void>();
      clock.at(clock.nowMs() + POLL_MS, pause.resolve);
      await pause.promise;
    }
    return undefined;
  }

  /** It may not wait any more, or be over: then there is nothing to tell. */
  async #tell(parent: string, child: string): Promise<void> {
    await this.#parts.desk().send(parent, { type: "continue", child });
  }

  #keep(telling: Promise<unknown>): void {
    const kept = telling.catch(() => undefined).finally(() => this.#telling.delete(kept));
    this.#telling.add(kept);
  }

  async #stateOf(run: string): Promise<RunState | undefined> {
    const events = await this.#parts.store.read(run, 0);
    return events.length === 0 ? undefined : foldEvents(events);
  }
}

export function reportOf({ run, usage }: RunOutline): ChildReport {
  const { modelCalls, toolCalls, inputTokens, outputTokens, isExact, costMicroUsd } = usage;
  return { run, usage: { modelCalls, toolCalls, inputTokens, outputTokens, isExact, costMicroUsd } };
}
