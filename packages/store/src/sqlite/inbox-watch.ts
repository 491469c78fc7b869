/** Tells of new commands: at once for those of this opening, by looking for those of other processes. */
import type { RunInbox } from "./run-inbox.ts";
import type { StoreFile } from "./store-file.ts";

/** How often is looked: a person who cancels from another terminal waits so long at most. */
const POLL_MS = 100;

interface Watch {
  readonly run: string;
  readonly listener: () => void;
  /** The newest item that the listener was told of. */
  toldItem: number;
}

export class InboxWatch {
  readonly #file: StoreFile;
  readonly #inbox: RunInbox;
  readonly #watches = new Map<string, Set<Watch>>();
  /** The newest item that any watch was looked at for. */
  #seenItem = 0;
  #version: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: StoreFile, inbox: RunInbox) {
    this.#file = file;
    this.#inbox = inbox;
  }

  watch(run: string, listener: () => void): () => void {
    const watch: Watch = { run, listener, toldItem: 0 };
    const ofRun = this.#watches.get(run) ?? new Set();
    this.#watches.set(run, ofRun.add(watch));
    this.#start();
    setImmediate(() => this.#tellWaiting(watch));
    return () => this.#stop(watch);
  }

  /** There is a new command for the run. */
  tell(run: string, item: number): void {
    for (const watch of this.#watches.get(run) ?? []) this.#tellOnce(watch, item);
  }

  close(): void {
    this.#watches.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#look(() => (this.#seenItem = this.#inbox.newest()));
    this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
  }

  #stop(watch: Watch): void {
    const ofRun = this.#watches.get(watch.run);
    ofRun?.delete(watch);
    if (ofRun?.size === 0) this.#watches.delete(watch.run);
    if (this.#watches.size === 0) this.close();
  }

  #poll(): void {
    for (const { item, run } of this.#look(() => this.#newItems()) ?? []) this.tell(run, item);
  }

  /** An idle look reads one number of the file's header. */
  #newItems(): readonly { readonly item: number; readonly run: string }[] {
    const version = this.#file.version();
    if (version === this.#version) return [];
    const items = this.#inbox.after(this.#seenItem);
    this.#seenItem = items.at(-1)?.item ?? this.#seenItem;
    this.#version = version;
    return items;
  }

  /** What came before the watch. */
  #tellWaiting(watch: Watch): void {
    if (this.#watches.get(watch.run)?.has(watch) !== true) return;
    const item = this.#look(() => this.#inbox.newestOf(watch.run)) ?? 0;
    if (item > 0) this.#tellOnce(watch, item);
  }

  #tellOnce(watch: Watch, item: number): void {
    if (item <= watch.toldItem) return;
    watch.toldItem = item;
    watch.listener();
  }

  /** A look that fails is made again at the next poll. */
  #look<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch {
      this.#version = undefined;
      return undefined;
    }
  }
}
