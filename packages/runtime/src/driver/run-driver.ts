/**
 * Drives one run in this process. The discipline is in `#turn`: decide and fold at once, append without waiting, and let
 * only effects and viewers wait until the events are durable. Turns never overlap.
 */
import {
  isOver,
  type Json,
  publicStatus,
  type RunEffect,
  type RunInput,
  RunState,
  runView,
  type RunView,
  takeEffects,
  transition,
} from "@agentmesh/core";
import type { StoredBlob } from "@agentmesh/ports";
import { NodeCalls } from "./node-calls.ts";
import { PayloadWriter, type WrittenPayload } from "./payload-writer.ts";
import type { RunServices } from "./run-services.ts";
import type { EphemeralDraft, RunSignal } from "./run-signal.ts";
import { RunValues } from "./run-values.ts";
import { TaskCalls } from "./task-calls.ts";
import { ValueCache } from "./value-cache.ts";

/** How many turns are taken before timers and sockets get their say. */
const TURNS_MAX = 500;

interface QueuedInput {
  readonly input: RunInput;
  readonly blobs: readonly StoredBlob[];
}

export type SignalListener = (signal: RunSignal) => void;

export class RunDriver {
  readonly run: string;
  readonly services: RunServices;
  readonly state = new RunState();
  readonly values: RunValues;
  readonly #cache: ValueCache;
  readonly #writer: PayloadWriter;
  readonly #nodeCalls: NodeCalls;
  readonly #taskCalls: TaskCalls;
  readonly #listeners = new Set<SignalListener>();
  readonly #settled = Promise.withResolvers<RunView>();
  #inbox: QueuedInput[] = [];
  #isTurning = false;
  #stopWaking: () => void = () => undefined;
  #failure: unknown;

  constructor(run: string, services: RunServices) {
    this.run = run;
    this.services = services;
    this.#cache = new ValueCache(services.store);
    this.values = new RunValues(this.state, this.#cache);
    this.#writer = new PayloadWriter(services.mask);
    this.#nodeCalls = new NodeCalls(this);
    this.#taskCalls = new TaskCalls(this);
    this.#settled.promise.catch(() => undefined); // whoever waits sees it
  }

  /** Resolves when the run is over or suspended, and that is durable; rejects when the store fails. */
  get settled(): Promise<RunView> {
    return this.#settled.promise;
  }

  get view(): RunView {
    return runView(this.state);
  }

  listen(listener: SignalListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Describes a value and keeps it at hand for the tasks that read it. */
  write(value: Json): WrittenPayload {
    const written = this.#writer.write(value);
    this.#cache.keep(written.payload, value);
    return written;
  }

  /** Takes in a fact; `written` are the values that it refers to. */
  feed(input: RunInput, ...written: readonly WrittenPayload[]): void {
    if (this.#failure !== undefined) return;
    this.#inbox.push({ input, blobs: written.flatMap(({ blob }) => (blob === undefined ? [] : [blob])) });
    if (!this.#isTurning) this.#turns();
  }

  /** Tells viewers what is not stored. */
  show(draft: EphemeralDraft): void {
    this.#publish({ ...draft, v: 1, atMs: this.services.clock.nowMs(), run: this.run });
  }

  #turns(): void {
    this.#isTurning = true;
    try {
      for (let turn = 0; turn < TURNS_MAX; turn++) {
        const next = this.#inbox.shift();
        if (next === undefined) return;
        this.#turn(next);
      }
      setImmediate(() => this.#turns());
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isTurning = this.#inbox.length > 0 && this.#failure === undefined;
    }
  }

  #turn({ input, blobs }: QueuedInput): void {
    const nowMs = this.services.clock.nowMs();
    const events = transition(this.state, input, { nowMs, run: this.run });
    const stored = events.map((event) => this.services.mask.maskEvent(event));
    const durable = stored.length === 0 ? Promise.resolve() : this.services.store.append(stored, blobs);
    for (const effect of takeEffects(this.state, nowMs)) this.#launch(effect, durable);
    if (stored.length === 0) return;
    const hasStopped = isOver(this.state) || this.state.status === "suspended";
    durable.then(
      () => {
        for (const event of stored) this.#publish(event);
        if (hasStopped) this.#stop();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #launch(effect: RunEffect, durable: Promise<void>): void {
    switch (effect.type) {
      case "resolve-task":
        return this.#taskCalls.resolve(effect.task);
      case "wake":
        this.#stopWaking();
        this.#stopWaking = this.services.clock.at(effect.atMs, () => this.feed({ type: "advance" }));
        return;
      case "run-node":
        return this.#whenDurable(durable, () => this.#nodeCalls.start(effect.node, effect.call));
      case "call-tool":
        return this.#whenDurable(durable, () => this.#taskCalls.start(effect));
      case "cancel-calls":
        return this.#whenDurable(durable, () => {
          this.#nodeCalls.cancel();
          this.#taskCalls.cancel();
        });
    }
  }

  #whenDurable(durable: Promise<void>, work: () => void): void {
    durable.then(work, () => undefined).catch((error: unknown) => this.#fail(error)); // a failed append ends the run in its own turn
  }

  #publish(signal: RunSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  #stop(): void {
    this.#stopWaking();
    if (isOver(this.state) || publicStatus(this.state) === "suspended") this.#settled.resolve(this.view);
  }

  /** The store failed, or the engine is wrong: nothing more is decided, what is under way is told to stop. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stopWaking();
    this.#nodeCalls.cancel();
    this.#taskCalls.cancel();
    this.#settled.reject(error);
  }
}
