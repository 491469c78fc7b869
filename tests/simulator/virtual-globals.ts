/**
 * Puts virtual time, virtual timers and a table of virtual processes in the place of the machine's, for code that runs
 * within a simulated process. All other code gets the real ones.
 */
import { currentProcess, type SimulatedProcess, VIRTUAL_PID_MIN } from "./simulated-process.ts";
import type { Appointment } from "./timeline.ts";

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  dateNow: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
  kill: process.kill.bind(process),
};

/** Resolves after everything that is due now. */
export function nextRealTurn(): Promise<void> {
  return new Promise((resolve) => real.setImmediate(resolve));
}

type Work = (...args: readonly unknown[]) => void;

class VirtualTimer {
  readonly #process: SimulatedProcess;
  readonly #work: () => void;
  readonly #delayMs: number;
  readonly #isRepeated: boolean;
  #next: Appointment | undefined;

  constructor(process: SimulatedProcess, work: () => void, options: { delayMs: number; isRepeated: boolean }) {
    this.#process = process;
    this.#work = work;
    this.#delayMs = Math.max(1, options.delayMs);
    this.#isRepeated = options.isRepeated;
    this.refresh();
  }

  refresh(): this {
    this.cancel();
    const next = this.#process.after(this.#delayMs, () => {
      if (next.isCancelled) return; // while the process was stopped
      if (this.#isRepeated) this.refresh();
      this.#work();
    });
    this.#next = next;
    return this;
  }

  cancel(): void {
    if (this.#next !== undefined) this.#next.isCancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

let installed = false;

/** Does nothing the second time. */
export function installVirtualGlobals(): void {
  if (installed) return;
  installed = true;
  Object.assign(globalThis, {
    setTimeout: timerFunction(false, real.setTimeout as Work),
    setInterval: timerFunction(true, real.setInterval as Work),
    setImmediate: virtualImmediate,
    clearTimeout: clearFunction(real.clearTimeout as Work),
    clearInterval: clearFunction(real.clearInterval as Work),
  });
  Date.now = () => currentProcess()?.nowMs() ?? real.dateNow();
  performance.now = () => currentProcess()?.world.timeline.nowMs ?? real.performanceNow();
  process.kill = (pid, signal) => {
    const world = currentProcess()?.world;
    if (pid < VIRTUAL_PID_MIN || world === undefined) return real.kill(pid, signal);
    if (world.isAlive(pid)) return true;
    throw Object.assign(new Error(`kill ESRCH ${pid}`), { code: "ESRCH" });
  };
}

function timerFunction(isRepeated: boolean, otherwise: Work): unknown {
  return (work: Work, delayMs = 0, ...args: readonly unknown[]) => {
    const process = currentProcess();
    if (process === undefined) return otherwise(work, delayMs, ...args);
    return new VirtualTimer(process, () => work(...args), { delayMs, isRepeated });
  };
}

function clearFunction(otherwise: Work): unknown {
  return (timer: unknown) => {
    if (timer instanceof VirtualTimer) timer.cancel();
    else otherwise(timer);
  };
}

function virtualImmediate(work: Work, ...args: readonly unknown[]): unknown {
  const process = currentProcess();
  if (process === undefined) return real.setImmediate(work, ...args);
  const { world } = process;
  world.pendingImmediates++;
  return real.setImmediate(() => {
    world.pendingImmediates--;
    process.deliver(() => work(...args));
  });
}
