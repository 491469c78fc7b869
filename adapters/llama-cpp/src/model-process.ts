/**
 * A model file and the child process that has it loaded. Started by the first call and again after a crash, a bounded
 * number of times; shared by all models of the same file. While nothing is asked of it, it keeps nobody alive.
 */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { BrokenModelFileError } from "./broken-model-file-error.ts";
import type { Environment } from "./cache-folder.ts";
import { LineTail } from "./line-tail.ts";
import { ModelCrashedError } from "./model-crashed-error.ts";
import { workerEnvironment } from "./worker-environment.ts";
import { type LoadedModel, type WorkerCommand, type WorkerLoad, WorkerReport } from "./worker-message.ts";

/** Crashes without an answer in between after which it is not started again. */
const CRASHES_MAX = 3;
/** Between a cancel and the end of a process that does not react to it; one token or batch takes far less. */
const DEAF_AFTER_MS = 10_000;
/** The sources run as they are; a package holds what they compile to. */
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

export interface ProcessOptions {
  /** For people: `llama-cpp:gemma-3-270m`. */
  readonly model: string;
  readonly load: WorkerLoad;
  readonly environment: Environment;
}

/** One call. Exactly one of `onLost` and a report that ends the call is the last thing that it hears. */
export interface ProcessCall {
  readonly onReport: (report: WorkerReport) => void;
  /** The process ended. */
  readonly onLost: (error: Error) => void;
}

/** A command without the id, which the process gives. */
type Request = WithoutId<Exclude<WorkerCommand, { readonly type: "cancel" | "load" }>>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** One life of the child. */
interface Life {
  readonly child: ChildProcess;
  readonly errors: LineTail;
  readonly calls: Map<number, ProcessCall>;
  isKilled: boolean;
}

export class ModelProcess {
  readonly #options: ProcessOptions;
  #life: Life | undefined;
  #loaded: Promise<LoadedModel> | undefined;
  #lastId = 0;
  #crashes = 0;
  #lastCrash: ModelCrashedError | undefined;
  /** Called once, when it is closed. */
  readonly #onClose: () => void;
  #holders = 0;

  constructor(options: ProcessOptions, onClose: () => void) {
    this.#options = options;
    this.#onClose = onClose;
  }

  hold(): this {
    this.#holders += 1;
    return this;
  }

  /** The last holder's release ends the process. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#onClose();
    this.#kill();
  }

  /** Loads the model unless it is loaded. Throws BrokenModelFileError, ModelCrashedError. */
  async open(): Promise<LoadedModel> {
    if (this.#crashes >= CRASHES_MAX && this.#lastCrash !== undefined) throw this.#lastCrash;
    this.#loaded ??= this.#start().catch((error: unknown) => {
      this.#loaded = undefined;
      this.#kill();
      throw error;
    });
    return await this.#loaded;
  }

  /** Sends a request to the loaded model; gives back how to cancel it. Call `open` first. */
  call(request: Request, call: ProcessCall): { cancel(): void } {
    const life = this.#life;
    if (life === undefined) {
      call.onLost(this.#lastCrash ?? this.#crash({ how: "it was closed", lines: [], isCounted: false }));
      return { cancel: () => undefined };
    }
    const id = this.#send(life, request, call);
    return { cancel: () => this.#cancel(life, id) };
  }

  /** The process, for tests that end it. */
  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /** What it wrote to its standard error lately. */
  recentErrors(): readonly string[] {
    return this.#life?.errors.lines() ?? [];
  }

  #start(): Promise<LoadedModel> {
    const { environment, load } = this.#options;
    const child = fork(WORKER, [], {
      execArgv: [],
      env: workerEnvironment(environment),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const life: Life = { child, errors: new LineTail(), calls: new Map(), isKilled: false };
    this.#life = life;
    child.stdout?.on("data", (chunk: Uint8Array) => life.errors.push(chunk));
    child.stderr?.on("data", (chunk: Uint8Array) => life.errors.push(chunk));
    child.on("message", (message) => this.#read(life, message));
    child.once("error", (error) => this.#end(life, error.message));
    child.once("close", (code, signal) => this.#end(life, signal === null ? `exit code ${code}` : `signal ${signal}`));
    return new Promise((resolve, reject) => {
      const onReport = (report: WorkerReport): void => {
        if (report.type === "loaded") resolve(report.model);
        if (report.type === "failed") reject(new BrokenModelFileError(load.file, report.failure.message));
      };
      const command = { type: "load", load } as const;
      this.#send(life, command, { onReport, onLost: reject });
    });
  }

  #send(life: Life, command: Request | { type: "load"; load: WorkerLoad }, call: ProcessCall): number {
    this.#lastId += 1;
    const id = this.#lastId;
    life.calls.set(id, call);
    keepAlive(life);
    if (life.child.connected) life.child.send({ ...command, id });
    return id;
  }

  #cancel(life: Life, id: number): void {
    if (!life.calls.has(id)) return;
    if (life.child.connected) life.child.send({ type: "cancel", id } satisfies WorkerCommand);
    const timer = setTimeout(() => {
      if (!life.calls.has(id)) return;
      life.isKilled = true;
      life.child.kill("SIGKILL");
    }, DEAF_AFTER_MS);
    timer.unref();
  }

  #read(life: Life, message: unknown): void {
    const report = WorkerReport.parse(message);
    const call = life.calls.get(report.id);
    const isLast = report.type !== "started" && report.type !== "delta";
    if (isLast) life.calls.delete(report.id);
    if (report.type === "ended") this.#crashes = 0;
    keepAlive(life);
    call?.onReport(report);
  }

  #end(life: Life, how: string): void {
    if (this.#life === life) {
      this.#life = undefined;
      this.#loaded = undefined;
    }
    if (life.calls.size === 0) return;
    const error = this.#crash({ how, lines: life.errors.lines(), isCounted: !life.isKilled });
    const calls = [...life.calls.values()];
    life.calls.clear();
    for (const call of calls) call.onLost(error);
  }

  #crash(end: {
    readonly how: string;
    readonly lines: readonly string[];
    readonly isCounted: boolean;
  }): ModelCrashedError {
    if (end.isCounted) this.#crashes += 1;
    const crashes = this.#crashes;
    const { model } = this.#options;
    const isRestarted = crashes < CRASHES_MAX;
    const error = new ModelCrashedError({ model, how: end.how, lastLines: end.lines, crashes, isRestarted });
    this.#lastCrash = error;
    return error;
  }

  #kill(): void {
    const life = this.#life;
    this.#life = undefined;
    this.#loaded = undefined;
    if (life === undefined) return;
    life.isKilled = true;
    // It has nothing to save.
    life.child.kill("SIGKILL");
  }
}

/** A process that works keeps its parent alive, one that waits does not. */
function keepAlive({ child, calls }: Life): void {
  const isWorking = calls.size > 0;
  const parts = [child, child.channel, child.stdout, child.stderr] as const;
  for (const part of parts) {
    if (part === null || part === undefined) continue;
    const handle = part as { ref?: () => void; unref?: () => void };
    if (isWorking) handle.ref?.();
    else handle.unref?.();
  }
}
