/**
 * A process that can be stopped, and can die at any instant. All code that runs for it does so in its own asynchronous
 * context; its timers and immediates are virtual, so that a dead one is never heard of again, and a stopped one wakes up
 * with everything that has come for it meanwhile.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Appointment, Timeline } from "./timeline.ts";

/** Thrown into code of a process that dies in the middle of it. */
export class ProcessDeath extends Error {}

export interface ProcessWorld {
  readonly timeline: Timeline;
  /** How far the clock on the wall has jumped. */
  readonly clockOffsetMs: number;
  /** Immediates that will still run. */
  pendingImmediates: number;
  /** Told of each piece of work that a process begins: it may die or be stopped there. */
  visit(point: string, process: SimulatedProcess): void;
  fail(error: unknown): void;
  isAlive(pid: number): boolean;
}

/** Beyond every process id that a system gives. */
export const VIRTUAL_PID_MIN = 2 ** 30;

const context = new AsyncLocalStorage<SimulatedProcess>();

/** The process that the calling code belongs to; undefined outside of a simulation. */
export function currentProcess(): SimulatedProcess | undefined {
  return context.getStore();
}

export class SimulatedProcess {
  readonly pid: number;
  readonly name: string;
  readonly host: string;
  readonly world: ProcessWorld;
  /** Since when nothing is heard of it; undefined while it works. */
  silentSinceMs: number | undefined;
  #state: "alive" | "stopped" | "dead" = "alive";
  readonly #parked: (() => void)[] = [];
  readonly #closers: (() => void)[] = [];

  constructor(world: ProcessWorld, { pid, name, host }: { pid: number; name: string; host: string }) {
    this.world = world;
    this.pid = pid;
    this.name = name;
    this.host = host;
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  get isRunning(): boolean {
    return this.#state === "alive";
  }

  nowMs(): number {
    return this.world.timeline.nowMs + this.world.clockOffsetMs;
  }

  /** What the system does when the process is gone. */
  onDeath(closer: () => void): void {
    this.#closers.push(closer);
  }

  die(): void {
    this.#state = "dead";
    this.silentSinceMs ??= this.world.timeline.nowMs;
    this.#parked.length = 0;
    for (const close of this.#closers.splice(0)) close();
  }

  stop(): void {
    if (this.#state !== "alive") return;
    this.#state = "stopped";
    this.silentSinceMs = this.world.timeline.nowMs;
  }

  resume(): void {
    if (this.#state !== "stopped") return;
    this.#state = "alive";
    this.silentSinceMs = undefined;
    const { timeline } = this.world; // one after the other, as an event loop does
    for (const work of this.#parked.splice(0)) timeline.at(timeline.nowMs, () => this.deliver(work));
  }

  /** Runs code of this process. */
  run<Result>(work: () => Result): Result {
    return context.run(this, work);
  }

  /** Runs it now, when the process wakes up, or never. */
  deliver(work: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "stopped") {
      this.#parked.push(work);
      return;
    }
    this.world.visit("work", this);
    if (this.#state !== "alive") return this.deliver(work);
    this.run(() => {
      try {
        work();
      } catch (error) {
        if (!(error instanceof ProcessDeath)) this.world.fail(error);
      }
    });
  }

  after(delayMs: number, work: () => void): Appointment {
    const { timeline } = this.world;
    return timeline.at(timeline.nowMs + Math.max(0, delayMs), () => this.deliver(work));
  }
}
