/**
 * In the newer protocol era a server tells of changes only on a stream that the client keeps open, and the SDK does not
 * open it again when it breaks. This does, with growing pauses, and reports each time that it is open: what changed
 * before that was missed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/client";

const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 60_000;
/** A server that never once accepts is not asked for ever. */
const REFUSALS_MAX = 5;

export class ToolSubscription {
  readonly #client: Client;
  readonly #onOpen: () => void;
  readonly #stop = new AbortController();

  constructor(client: Client, onOpen: () => void) {
    this.#client = client;
    this.#onOpen = onOpen;
    void this.#run();
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    for (let wasOpen = false; !signal.aborted && (wasOpen || failures < REFUSALS_MAX);) {
      try {
        const subscription = await this.#client.listen({ toolsListChanged: true }, { signal });
        this.#onOpen();
        wasOpen = true;
        failures = 0;
        await subscription.closed;
      } catch {
        failures += 1;
      }
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** failures);
      await sleep(pauseMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}
