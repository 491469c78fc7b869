/**
 * One connection to the server, made again with growing pauses when it breaks. A statement that was under way then has an
 * unknown outcome (ConnectionLostError); one that has not begun waits for the next connection, as long as the patience lasts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Notification, QueryResultRow } from "pg";
import { ClosedStoreError } from "./closed-store-error.ts";
import { ConnectionLostError } from "./connection-lost-error.ts";
import { isConnectionLoss, isRepeatable, isStarting, sqlState, storeErrorFrom } from "./postgres-error.ts";
import { clientFor, STATEMENT_MS_MAX } from "./server-address.ts";
import { prepareStore } from "./store-schema.ts";

/** Between two tries to connect: doubled each time. */
const PAUSE_MS = 25;
const PAUSE_MS_MAX = 1_000;
/** The server's own limit comes first where the server still answers. */
const ANSWER_MS_MAX = STATEMENT_MS_MAX + 2_000;

export interface SessionOptions {
  readonly url: string;
  readonly schema: string;
  /** For messages. */
  readonly place: string;
  /** How long an outage may last before what waits for its end is given up. */
  readonly patienceMs: number;
  /** The channel of notifications to listen to. */
  readonly listen?: { readonly channel: string; readonly onNotice: (payload: string) => void };
  readonly onLost?: () => void;
}

/** A prepared statement; the name tells it from others of its connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export class ServerSession {
  readonly #options: SessionOptions;
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #outageSinceMs: number | undefined;
  #isClosed = false;
  /** One statement at a time: ends when those that were asked for before have ended. */
  #last: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get place(): string {
    return this.#options.place;
  }

  /** The first connection: a server that starts is waited for, everything else fails at once. Throws StoreError. */
  async open(): Promise<void> {
    const untilMs = performance.now() + this.#options.patienceMs;
    for (;;) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        if (!isStarting(error) || performance.now() > untilMs) throw storeErrorFrom(error, this.place);
        await sleep(PAUSE_MS_MAX / 4);
      }
    }
  }

  /** Throws ConnectionLostError when the outcome is unknown, StoreError when nothing was sent, and what the server says. */
  query<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    const result = this.#last.then(() => this.#query<Row>(statement, values));
    this.#last = result.then(ignore, ignore);
    return result;
  }

  /** Does what may be done twice until its outcome is known. Throws StoreError. */
  async repeat<Result>(work: (isRepetition: boolean) => Promise<Result>): Promise<Result> {
    let untilMs: number | undefined;
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        return await work(untilMs !== undefined);
      } catch (error) {
        untilMs ??= performance.now() + this.#options.patienceMs;
        const mayRepeat = error instanceof ConnectionLostError || isRepeatable(error);
        if (!mayRepeat || performance.now() > untilMs || this.#isClosed) throw storeErrorFrom(error, this.place);
        await this.#pause(pauseMs);
      }
    }
  }

  /** A statement that changes nothing. Throws StoreError. */
  read<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.repeat(() => this.query<Row>(statement, values));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop.abort();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #query<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    const client = await this.#connected();
    const timer = setTimeout(() => this.#drop(client), ANSWER_MS_MAX);
    try {
      const { rows } = await client.query<Row>({ ...statement, values: [...values] });
      return rows;
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      this.#drop(client);
      throw new ConnectionLostError(this.place, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connected(): Promise<Client> {
    if (this.#isClosed) throw new ClosedStoreError(this.place);
    if (this.#client !== undefined) return this.#client;
    this.#connecting ??= this.#reconnect().finally(() => {
      this.#connecting = undefined;
    });
    return await this.#connecting;
  }

  /** Throws StoreError when the outage lasts longer than the patience, or another try would not help. */
  async #reconnect(): Promise<Client> {
    this.#outageSinceMs ??= performance.now();
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        return await this.#connect();
      } catch (error) {
        const isOver = performance.now() - this.#outageSinceMs > this.#options.patienceMs;
        if (isOver || this.#isClosed || !mayPass(error)) throw storeErrorFrom(error, this.place);
        await this.#pause(pauseMs);
      }
    }
  }

  async #pause(pauseMs: number): Promise<void> {
    await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  async #connect(): Promise<Client> {
    const { url, schema, listen } = this.#options;
    const client = clientFor(url);
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    try {
      await client.connect();
      await prepareStore(client, schema, this.place);
      await client.query(sessionSettings(schema));
      if (listen !== undefined) {
        client.on("notification", ({ payload }: Notification) => listen.onNotice(payload ?? ""));
        await client.query(`LISTEN ${listen.channel}`);
      }
    } catch (error) {
      abandon(client);
      throw error;
    }
    if (this.#isClosed) {
      abandon(client);
      throw new ClosedStoreError(this.place);
    }
    this.#outageSinceMs = undefined;
    this.#client = client;
    return client;
  }

  /** Statements that are under way on it are rejected by the client. */
  #drop(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    abandon(client);
    this.#outageSinceMs = performance.now();
    if (!this.#isClosed) this.#options.onLost?.();
  }
}

/** An event that was acknowledged must be on the disk, whatever the server's or the user's default is. */
function sessionSettings(schema: string): string {
  return `SELECT set_config('search_path', '${schema}', false),
    CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END`;
}

/** Ends the connection without waiting for the server, which may not listen; what is under way is rejected. */
function abandon(client: Client): void {
  client.end().catch(() => undefined);
}

function ignore(): void {
  // Whoever asked is told.
}

/** Whether an outage may end by itself: no server, one that starts, one without a free place. A refused password does not. */
function mayPass(error: unknown): boolean {
  return isConnectionLoss(error) || sqlState(error)?.startsWith("53") === true;
}
