/**
 * Reads a value while the event loop waits: the engine reads values within a turn. A thread with a connection of its own asks
 * the server. It is needed only for values that have left memory; it starts with the first of them.
 */
import { extname } from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { StoreError } from "@agentmesh/ports";
import type { SessionOptions } from "./server-session.ts";

/** In source the thread is TypeScript as well. */
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
/** Nothing else happens in this process meanwhile, so a server that is away is not waited for long. */
const WAIT_MS_MAX = 7_000;
/** Of the thread, which then says why. */
const PATIENCE_MS_MAX = 5_000;

/** What the thread is started with. */
export interface BlobThreadData {
  readonly url: string;
  readonly schema: string;
  readonly patienceMs: number;
  /** Rises by one with each reply: the event loop sleeps on it. */
  readonly replies: Int32Array;
  readonly port: MessagePort;
}

/** `text` null: there is no such value. */
export type BlobReply = { readonly hash: string } & ({ readonly text: string | null } | { readonly failure: string });

export class BlobThread {
  readonly #place: string;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #replies = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(address: Pick<SessionOptions, "url" | "schema" | "place" | "patienceMs">) {
    const { url, schema, place } = address;
    const patienceMs = Math.min(address.patienceMs, PATIENCE_MS_MAX);
    this.#place = place;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.unref();
    const workerData: BlobThreadData = { url, schema, patienceMs, replies: this.#replies, port: port2 };
    this.#worker = new Worker(WORKER, { workerData, transferList: [port2] });
    this.#worker.on("error", () => undefined); // a thread that is gone gives no reply, which is told
    this.#worker.unref();
  }

  /** Undefined when there is no such value. Throws StoreError when the server does not answer. */
  read(hash: string): string | undefined {
    this.#port.postMessage(hash, []);
    const untilMs = performance.now() + WAIT_MS_MAX;
    for (;;) {
      const seen = Atomics.load(this.#replies, 0);
      const received = receiveMessageOnPort(this.#port);
      const reply = received?.message as BlobReply | undefined;
      if (reply?.hash === hash) return this.#textOf(reply);
      if (reply !== undefined) continue; // the late answer to a question that was given up
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw unreadable(this.#place, `no answer within ${WAIT_MS_MAX} ms`);
      Atomics.wait(this.#replies, 0, seen, leftMs);
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #textOf(reply: BlobReply): string | undefined {
    if ("failure" in reply) throw unreadable(this.#place, reply.failure);
    return reply.text ?? undefined;
  }
}

function unreadable(place: string, reason: string): StoreError {
  return new StoreError({
    code: "AM_STORE_UNAVAILABLE",
    message: `A value cannot be read from the store ${place}: ${reason}.`,
    hint: "Check that PostgreSQL runs and can be reached. Resume the run then.",
    facts: { place, cause: reason },
    retryable: true,
  });
}
