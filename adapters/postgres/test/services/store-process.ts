/** A store in another process: stopped and killed as processes are. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { RunEvent } from "@agentmesh/core";
import { createdEvent } from "@agentmesh/ports/testing";
import type { PostgresStore, PostgresStoreOptions } from "../../src/index.ts";

type StoreMethod = "append" | "claim" | "release" | "read" | "send" | "inbox" | "close";
type Reply = readonly [id: number, outcome: { readonly result?: unknown; readonly error?: object }];

const SERVER = join(import.meta.dirname, "..", "fixtures", "store-server.ts");

export class StoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor() {
    this.#child = spawn(process.execPath, [SERVER], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", ([id, { result, error }]: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(Object.assign(new Error("in the other process"), error));
    });
    this.#child.on("exit", () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error("the other process has ended"));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async open(options: PostgresStoreOptions): Promise<void> {
    await this.#call("open", [options]);
  }

  async call<Method extends StoreMethod>(
    method: Method,
    ...args: Parameters<PostgresStore[Method]>
  ): Promise<Awaited<ReturnType<PostgresStore[Method]>>> {
    return (await this.#call(method, args)) as Awaited<ReturnType<PostgresStore[Method]>>;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #call(method: string, args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#calls;
    const waiting = Promise.withResolvers<unknown>();
    waiting.promise.catch(() => undefined);
    this.#waiting.set(id, waiting);
    this.#child.send([id, method, ...args]);
    return waiting.promise;
  }
}

/** `count` events from `seq` on; event 1 is the run's first. */
export function eventsOf(run: string, seq: number, count: number): readonly RunEvent[] {
  return Array.from({ length: count }, (_, index) =>
    seq + index === 1 ? createdEvent(run) : started(run, seq + index),
  );
}

function started(run: string, seq: number): RunEvent {
  const args = { hash: "hash", bytes: 2, value: {} };
  return { v: 1, type: "task.started", seq, atMs: seq, run, task: "a", attempt: 1, args, queueMs: 0 };
}
