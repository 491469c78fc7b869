/** A store in another process: stopped, killed or given faults as processes are. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@agentmesh/core";
import { createdEvent } from "@agentmesh/ports/testing";
import type { SqliteStore, SqliteStoreOptions } from "../src/sqlite/sqlite-store.ts";

type StoreMethod = "append" | "claim" | "release" | "read" | "send" | "inbox" | "close";
type Reply = readonly [id: number, outcome: { readonly result?: unknown; readonly error?: object }];

const SERVER = join(import.meta.dirname, "fixtures", "store-server.ts");

export class StoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  /** `through`: a command that runs the process, such as strace with its options. */
  constructor(through: readonly string[] = []) {
    const [command, ...args] = [...through, process.execPath, SERVER];
    this.#child = spawn(command ?? process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
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

  async open(path: string, options: Pick<SqliteStoreOptions, "leaseMs" | "lockPatienceMs"> = {}): Promise<void> {
    await this.#call("open", [path, options]);
  }

  async call<Method extends StoreMethod>(
    method: Method,
    ...args: Parameters<SqliteStore[Method]>
  ): Promise<Awaited<ReturnType<SqliteStore[Method]>>> {
    return (await this.#call(method, args)) as Awaited<ReturnType<SqliteStore[Method]>>;
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

export function storePath(): string {
  return join(mkdtempSync(join(tmpdir(), "agentmesh-store-")), "store.db");
}

/** The first event of a run and `count - 1` more, from `seq` on. */
export function eventsOf(run: string, seq: number, count: number): readonly RunEvent[] {
  return Array.from({ length: count }, (_, index) =>
    seq + index === 1 ? createdEvent(run) : started(run, seq + index),
  );
}

function started(run: string, seq: number): RunEvent {
  const args = { hash: "hash", bytes: 2, value: {} };
  return { v: 1, type: "task.started", seq, atMs: seq, run, task: "a", attempt: 1, args, queueMs: 0 };
}

/** Why this machine cannot run a command to its end; undefined when it can. */
export function obstacle(command: string, args: readonly string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) return `${command}: ${error.message}`;
  return status === 0 ? undefined : `${command}: ${stderr.trim()}`;
}
