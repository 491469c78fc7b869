/**
 * Drives one run in this process. The discipline is in `#turns`: decide and fold at once, append what all waiting inputs
 * came to without waiting, and let only effects and viewers wait until that is durable. Turns never overlap.
 */
import {
  evolve,
  isOver,
  type Json,
  MeshError,
  openEffects,
  type RunEffect,
  type RunEvent,
  type RunInput,
  runOutline,
  type RunOutline,
  RunState,
  runView,
  type RunView,
  takeEffects,
  transition,
} from "@agentmesh/core";
import { type InboxAnswer, type InboxItem, RunOwnedError, type StoredBlob } from "@agentmesh/ports";
import { CallCancelledError, RunStoppedError } from "./call-cancelled-error.ts";
import { NodeCalls } from "./node-calls.ts";
import { PayloadWriter, type WrittenPayload } from "./payload-writer.ts";
import { prepareCommand, refusalOf } from "./run-commands.ts";
import { RunLeftError } from "./run-left-error.ts";
import type { RunServices, ToolDirectory } from "./run-services.ts";
import type { EphemeralDraft, RunSignal } from "./run-signal.ts";
import { RunValues } from "./run-values.ts";
import { TaskCalls } from "./task-calls.ts";
import { ValueCache } from "./value-cache.ts";

/** How many inputs are taken in before timers and sockets get their say. */
const TURNS_MAX = 500;
const DONE = Promise.resolve();

interface QueuedInput {
  readonly input: RunInput;
  readonly blobs: readonly StoredBlob[];
  /** Told what it came to, once that is durable. */
  readonly receive?: (events: readonly RunEvent[]) => void;
}

/** A command from the inbox, which may come from another process. */
interface QueuedItem {
  readonly item: InboxItem;
}

/** What the inputs of some turns came to: one append, and what waits until it is durable. */
class TurnBatch {
  readonly events: RunEvent[] = [];
  readonly blobs: StoredBlob[] = [];
  readonly answers: InboxAnswer[] = [];
  /** Effects of the world, and callers who want to know. */
  readonly work: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.events.length === 0 && this.answers.length === 0 && this.work.length === 0;
  }
}

export type SignalListener = (signal: RunSignal) => void;

export class RunDriver {
  readonly run: string;
  readonly services: RunServices;
  readonly state: RunState;
  readonly values: RunValues;
  readonly #cache: ValueCache;
  #tools: ToolDirectory | undefined;
  readonly #writer: PayloadWriter;
  readonly #nodeCalls: NodeCalls;
  readonly #taskCalls: TaskCalls;
  readonly #listeners = new Set<SignalListener>();
  readonly #settled = Promise.withResolvers<RunOutline>();
  readonly #queue: (QueuedInput | QueuedItem)[] = [];
  /** Commands of the inbox that were taken in, by number. */
  readonly #taken = new Set<number>();
  #stopWatching: () => void = () => undefined;
  #isTurning = false;
  /** Suspended: the run is given back with that commit, so nothing more may be decided here. */
  #isPaused = false;
  #stopWaking: () => void = () => undefined;
  #failure: unknown;

  /** `state`: the fold of its stored events; absent for a run that begins. */
  constructor(run: string, services: RunServices, state = new RunState()) {
    this.run = run;
    this.services = services;
    this.state = state;
    this.#cache = new ValueCache(services.store);
    this.values = new RunValues(this.state, this.#cache);
    this.#writer = new PayloadWriter(services.mask);
    this.#nodeCalls = new NodeCalls(this);
    this.#taskCalls = new TaskCalls(this);
    this.#settled.promise.catch(() => undefined); // whoever waits sees it
  }

  /** The tools that the run may use. Throws UnknownDomainError. */
  get tools(): ToolDirectory {
    this.#tools ??= this.services.tools.within(this.state.scope);
    return this.#tools;
  }

  /** Resolves when the run is over or suspended, and that is durable; rejects when the store fails. */
  get settled(): Promise<RunOutline> {
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

  /** Begins a run; its inbox is watched from now on. */
  start(input: Extract<RunInput, { type: "start" }>, ...written: readonly WrittenPayload[]): void {
    this.feed(input, ...written);
    this.#watchInbox();
  }

  /**
   * Goes on with a run whose process is gone, or which was suspended: folds those of its events that the state does not
   * hold yet, takes in the commands that wait for it, and doubts what was under way. The caller has claimed the run, and
   * read it after that.
   */
  async recover(events: readonly RunEvent[]): Promise<void> {
    for (const event of events) evolve(this.state, event);
    const goesOn = await this.#childrenThatGoOn(openEffects(this.state));
    const waiting = await this.services.store.inbox(this.run);
    const { seq } = this.state;
    this.feed({ type: "recover" });
    for (const child of goesOn) this.feed({ type: "continue", child });
    for (const item of waiting) this.#take(item);
    if (this.state.seq === seq) await this.#leaveAsItWas();
    else this.#watchInbox();
  }

  /** Stops as a process does that dies: nothing more is stored, and whoever takes the run up doubts what was under way. */
  leave(): void {
    this.#fail(new RunLeftError(this.run));
  }

  /** Takes in a fact; `written` are the values that it refers to. */
  feed(input: RunInput, ...written: readonly WrittenPayload[]): void {
    this.#enqueue({ input, blobs: blobsOf(written) });
  }

  /** Takes in a fact; resolves with the events that it gave once they are durable, never when the run fails before. */
  ask(input: RunInput, ...written: readonly WrittenPayload[]): Promise<readonly RunEvent[]> {
    const answer = Promise.withResolvers<readonly RunEvent[]>();
    this.#enqueue({ input, blobs: blobsOf(written), receive: answer.resolve });
    return answer.promise;
  }

  /** The run was given back: what comes now is for whoever takes it up, or too late. */
  get #isDone(): boolean {
    return this.#isPaused || isOver(this.state);
  }

  #enqueue(queued: QueuedInput | QueuedItem): void {
    if (this.#failure !== undefined) return;
    this.#queue.push(queued);
    if (!this.#isTurning) this.#turns();
  }

  /** Tells viewers what is not stored. */
  show(draft: EphemeralDraft): void {
    this.#publish({ ...draft, v: 1, atMs: this.services.clock.nowMs(), run: this.run });
  }

  #turns(): void {
    this.#isTurning = true;
    const batch = new TurnBatch();
    try {
      for (let turn = 0; turn < TURNS_MAX; turn++) {
        const next = this.#isDone ? undefined : this.#queue.shift();
        if (next === undefined) break;
        if ("item" in next) this.#follow(next.item, batch);
        else this.#turn(next, batch);
      }
      this.#commit(batch);
      if (!this.#isDone && this.#queue.length > 0) setImmediate(() => this.#turns());
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isTurning = !this.#isDone && this.#queue.length > 0 && this.#failure === undefined;
    }
  }

  #turn({ input, blobs, receive }: QueuedInput, batch: TurnBatch): void {
    const nowMs = this.services.clock.nowMs();
    const events = this.services.mask.maskEvents(transition(this.state, input, { nowMs, run: this.run }));
    for (const event of events) batch.events.push(event);
    for (const blob of blobs) batch.blobs.push(blob);
    for (const effect of takeEffects(this.state, nowMs)) this.#launch(effect, batch);
    if (receive !== undefined) batch.work.push(() => receive(events));
    if (events.length > 0) this.#isPaused = this.state.status === "suspended";
  }

  #commit(batch: TurnBatch): void {
    if (batch.isEmpty) return;
    const { events, blobs, answers, work } = batch;
    const hasStopped = events.length > 0 && this.#isDone;
    const isStored = events.length > 0 || answers.length > 0;
    const durable = isStored ? this.services.store.append(events, blobs, answers) : DONE;
    durable
      .then(() => {
        for (const event of events) this.#publish(event);
        for (const each of work) each();
        if (hasStopped) this.#stop();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #watchInbox(): void {
    const { store } = this.services;
    this.#stopWatching = store.watchInbox(this.run, () => {
      store.inbox(this.run).then(
        (items) => {
          for (const item of items) this.#take(item);
        },
        (error: unknown) => this.#fail(error),
      );
    });
  }

  #take(item: InboxItem): void {
    if (this.#taken.has(item.item)) return;
    this.#taken.add(item.item);
    this.#enqueue({ item });
  }

  /** The command and its answer are one commit: it is followed once, whatever dies. */
  #follow({ item, command }: InboxItem, batch: TurnBatch): void {
    const error = refusalOf(this, command);
    batch.answers.push(error === undefined ? { item } : { item, error });
    if (error !== undefined) return;
    const prepared = prepareCommand(this, command);
    this.#turn({ input: prepared.command, blobs: blobsOf(prepared.written) }, batch);
  }

  /** Nothing has woken it: it is given back, suspended. */
  async #leaveAsItWas(): Promise<void> {
    await this.services.store.release(this.run);
    this.#settled.resolve(runOutline(this.state));
  }

  /** Suspended, and durable: a command that came meanwhile wakes it again, unless another process is quicker. */
  async #pause(): Promise<void> {
    this.#queue.length = 0;
    this.#taken.clear();
    if ((await this.services.store.inbox(this.run)).length === 0 || !(await this.#reclaim()))
      return this.#settled.resolve(runOutline(this.state));
    this.#isPaused = false;
    await this.recover(await this.services.store.read(this.run, this.state.seq));
  }

  async #reclaim(): Promise<boolean> {
    try {
      return await this.services.store.claim(this.run);
    } catch (error) {
      if (error instanceof RunOwnedError) return false;
      throw error;
    }
  }

  /** What touches the world waits until the batch is durable. */
  #launch(effect: RunEffect, { work }: TurnBatch): void {
    switch (effect.type) {
      case "resolve-task":
        this.#taskCalls.resolve(effect.task);
        return;
      case "wake":
        this.#stopWaking();
        this.#stopWaking = this.services.clock.at(effect.atMs, () => this.feed({ type: "advance" }));
        return;
      case "run-node":
        if (this.#nodeCalls.isPure(effect.node)) this.#nodeCalls.start(effect.node, effect.call);
        else work.push(() => this.#nodeCalls.start(effect.node, effect.call));
        return;
      case "call-tool":
        work.push(() => this.#taskCalls.start(effect));
        return;
      case "answer-input":
        work.push(() => this.#taskCalls.answerInput(effect));
        return;
      case "watch-child":
        work.push(() => this.services.children.watch(this.run, effect.child));
        return;
      case "end-child":
        work.push(() => void this.#endChild(effect.child));
        return;
      case "cancel-calls":
        work.push(() => this.#cancelCalls(this.#endReason()));
    }
  }

  /** Nobody may have been there to hear of it. */
  async #childrenThatGoOn(effects: readonly RunEffect[]): Promise<readonly string[]> {
    const goesOn: string[] = [];
    for (const effect of effects)
      if (effect.type === "watch-child" && !(await this.services.children.isWaiting(effect.child)))
        goesOn.push(effect.child);
    return goesOn;
  }

  async #endChild(child: string): Promise<void> {
    const report = await this.services.children.end(child);
    this.feed({ type: "child-ended", child, ...(report === undefined ? {} : { report }) });
  }

  #publish(signal: RunSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  #stop(): void {
    this.#stopWaking();
    this.#stopWatching();
    if (isOver(this.state)) this.#settled.resolve(runOutline(this.state));
    else this.#pause().catch((error: unknown) => this.#fail(error));
  }

  /** The store failed, or the engine is wrong: nothing more is decided, what is under way is told to stop. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stopWaking();
    this.#stopWatching();
    this.#cancelCalls(error instanceof MeshError ? error : new CallCancelledError());
    this.#settled.reject(error);
  }

  #cancelCalls(reason: MeshError): void {
    this.#nodeCalls.cancel(reason);
    this.#taskCalls.cancel(reason);
  }

  /** What calls under way are told: that the run was cancelled, or that its time is over. */
  #endReason(): MeshError {
    const { error, status } = this.state;
    return status === "stopping" && error !== undefined ? new RunStoppedError(error) : new CallCancelledError();
  }
}

const NO_BLOBS: readonly StoredBlob[] = [];

function blobsOf(written: readonly WrittenPayload[]): readonly StoredBlob[] {
  if (written.every(({ blob }) => blob === undefined)) return NO_BLOBS;
  return written.flatMap(({ blob }) => (blob === undefined ? [] : [blob]));
}
