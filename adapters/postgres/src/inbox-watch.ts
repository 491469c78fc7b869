/** Tells of new commands: at once by notifications of the server, and by looking now and then, since a connection can break. */
import type { RunInbox, WaitingItem } from "./run-inbox.ts";

/** What a notification has missed is found so late at most. */
const POLL_MS = 5_000;

interface Watch {
  readonly run: string;
  readonly listener: () => void;
  /** Unanswered items that the listener was told of: numbers may become visible out of order. */
  told: Set<number>;
}

export class InboxWatch {
  readonly #inbox: RunInbox;
  readonly #watches = new Map<string, Set<Watch>>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isAskedToLook = false;

  constructor(inbox: RunInbox) {
    this.#inbox = inbox;
  }

  watch(run: string, listener: () => void): () => void {
    const watch: Watch = { run, listener, told: new Set() };
    const ofRun = this.#watches.get(run) ?? new Set();
    this.#watches.set(run, ofRun.add(watch));
    this.#timer ??= setInterval(() => this.look(), POLL_MS).unref();
    this.look();
    return () => this.#stop(watch);
  }

  /** There is a new command for the run. */
  tell({ run, item }: WaitingItem): void {
    for (const watch of this.#watches.get(run) ?? []) tellOnce(watch, item);
  }

  /** What a notification says: `ITEM RUN`. */
  notice(payload: string): void {
    const space = payload.indexOf(" ");
    this.tell({ item: Number(payload.slice(0, space)), run: payload.slice(space + 1) });
  }

  /** Soon, once for all who ask meanwhile. A look that fails is made again at the next poll. */
  look(): void {
    if (this.#isAskedToLook || this.#watches.size === 0) return;
    this.#isAskedToLook = true;
    setImmediate(() => {
      if (!this.#isLooking) void this.#look();
    });
  }

  close(): void {
    this.#watches.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#isAskedToLook && this.#watches.size > 0) {
      this.#isAskedToLook = false;
      try {
        this.#tellAll(await this.#inbox.waiting([...this.#watches.keys()]));
      } catch {
        break;
      }
    }
    this.#isAskedToLook = false;
    this.#isLooking = false;
  }

  #tellAll(items: readonly WaitingItem[]): void {
    const ofRun = Map.groupBy(items, ({ run }) => run);
    for (const [run, watches] of this.#watches) {
      const unanswered = new Set((ofRun.get(run) ?? []).map(({ item }) => item));
      for (const watch of watches) {
        watch.told = new Set([...watch.told].filter((item) => unanswered.has(item)));
        for (const item of unanswered) tellOnce(watch, item);
      }
    }
  }

  #stop(watch: Watch): void {
    const ofRun = this.#watches.get(watch.run);
    ofRun?.delete(watch);
    if (ofRun?.size === 0) this.#watches.delete(watch.run);
    if (this.#watches.size === 0) this.close();
  }
}

function tellOnce(watch: Watch, item: number): void {
  if (watch.told.has(item)) return;
  watch.told.add(item);
  watch.listener();
}
