/**
 * The way to one MCP server, for all who share it. Connects when first wanted, survives the loss of the connection (the next
 * call makes one new one, whoever waits for it), and never repeats a call that the server may have begun.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject, MeshError } from "@agentmesh/core";
import type { ServerState, ToolCallOptions, ToolResult } from "@agentmesh/ports";
import { type CalledTool, cancelledBeforeSent, serverUnavailable, toolUnknown } from "../tool/call-failure.ts";
import { Deadline, DeadlineReached } from "../tool/deadline.ts";
import { toolId } from "../tool/server-name.ts";
import { tellMeta } from "../tool/tell-meta.ts";
import { toolResult } from "../tool/tool-output.ts";
import { CrashLoopError } from "./crash-loop-error.ts";
import type { EraMemory } from "./era-memory.ts";
import type { McpConnection } from "./mcp-connection.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { ReconnectBackoff } from "./reconnect-backoff.ts";
import { ServerLostError } from "./server-lost-error.ts";
import type { ServerStartError } from "./server-start-error.ts";
import type { StartedTask } from "./started-task.ts";
import type { TaskCall } from "./task-polling.ts";

/** A call waits this long for the next attempt to connect; with a longer pause before it, it is refused at once. */
const BACKOFF_WAIT_MS_MAX = 2_000;
/** A server that is tried again without anybody asking is given at least this pause. */
const RETRY_PAUSE_MS = 1_000;

export interface ServerLinkOptions {
  readonly server: string;
  readonly config: McpServerConfig;
  readonly eras: EraMemory;
  /** Whether some call may have a person asked. */
  readonly canAsk: boolean;
  /** A failed server is tried again without anybody asking. */
  readonly isKept: boolean;
  /** Told whenever its state changes, or what its server offers. */
  readonly onChange: (link: ServerLink) => void;
}

export class ServerLink {
  readonly #options: ServerLinkOptions;
  readonly #backoff = new ReconnectBackoff();
  readonly #closing = new AbortController();
  /** No new call uses them; each promise settles when nothing is left of one. */
  readonly #retired = new Map<McpConnection, Promise<void>>();
  #state: ServerState = "idle";
  #error: MeshError | undefined;
  #connection: McpConnection | undefined;
  /** The attempt under way, or the one that made the connection that holds. */
  #attempt: Promise<void> | undefined;
  #connectMs: number | undefined;
  #connectedAtMs = 0;
  #calls = 0;
  #usedAtMs = performance.now();
  #isKept: boolean;
  #retry: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#isKept = options.isKept;
  }

  get state(): ServerState {
    return this.#state;
  }

  get error(): MeshError | undefined {
    return this.#error;
  }

  get connection(): McpConnection | undefined {
    return this.#connection;
  }

  /** How long connecting took, in milliseconds. */
  get connectMs(): number | undefined {
    return this.#connectMs;
  }

  get isBusy(): boolean {
    return this.#calls > 0;
  }

  /** As `performance.now()`. */
  get usedAtMs(): number {
    return this.#usedAtMs;
  }

  /** From now on it is tried again only when somebody calls. */
  giveAway(): void {
    this.#isKept = false;
  }

  /**
   * Those who come while an attempt is under way share it; the signal of the first one gives it up. In a crash loop, nothing
   * is tried. Never rejects: what went wrong is in `error`.
   */
  connect(signal: AbortSignal): Promise<void> {
    const isLooping = this.#backoff.loopDeaths > 0 && this.#backoff.waitMs > 0;
    if (this.#closed !== undefined || (this.#attempt === undefined && isLooping)) return Promise.resolve();
    this.#attempt ??= this.#connect(AbortSignal.any([signal, this.#closing.signal]));
    return this.#attempt;
  }

  /** What failed before is forgotten: the next attempt may be made at once. */
  reset(): void {
    this.#backoff.reset();
  }

  /** The timeout counts from when the server is ready; until then `startTimeoutMs` does. */
  async call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    this.#calls += 1;
    clearTimeout(this.#rest);
    try {
      return await this.#call(tool, args, options);
    } finally {
      this.#calls -= 1;
      this.#restLater();
    }
  }

  /** Ends the connection politely; the next call makes another. */
  async rest(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.#closed !== undefined) return;
    this.#connection = undefined;
    this.#attempt = undefined;
    this.#retire(connection, connection.close());
    this.#become("idle");
    await this.#retired.get(connection);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    const { server } = this.#options;
    const called: CalledTool = { name: toolId(server, tool), server, tool };
    for (let attempts = 1; ; attempts++) {
      const connection = await this.#ready(called, options.signal);
      if (connection.refresh !== undefined) await patiently(called, options.signal, connection.refresh);
      const spec = connection.spec(tool);
      if (spec === undefined) throw toolUnknown(called, connection.toolNames());
      options.admit?.(spec);
      using deadline = new Deadline(options.signal, options.timeoutMs ?? this.#timeoutMs(tool));
      const result = await connection.call({ spec, args, options, deadline });
      if (typeof result !== "symbol")
        return "state" in result ? await this.#follow(result, { spec, options, deadline }) : result;
      this.#options.eras.forget();
      this.#drop(connection, "does not know the connection any more");
      if (attempts > 1) throw serverUnavailable(called, { error: this.#error });
    }
  }

  /** The task lives on whatever becomes of the connection. */
  async #follow(task: StartedTask, call: Pick<TaskCall, "spec" | "options" | "deadline">): Promise<ToolResult> {
    const { taskResult } = await import("./task-polling.ts");
    const { signal } = this.#closing;
    const connection = (): Promise<McpConnection> => this.#ready(call.spec, signal);
    const { config } = this.#options;
    const answer = await taskResult(task, { ...call, config, connection });
    tellMeta(answer, call.options);
    return toolResult(answer, call.spec, config.outputSchema);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { server, config, eras, canAsk } = this.#options;
    const startMs = performance.now();
    clearTimeout(this.#retry);
    this.#become("connecting");
    try {
      const { openConnection } = await import("./mcp-connection.ts");
      const connection = await openConnection({
        server,
        config,
        eras,
        canAsk,
        signal,
        onLost: (lost) => this.#drop(lost, lost.lossText()),
        onTools: (changed) => this.#take(changed),
      });
      this.#connection = connection;
      this.#connectedAtMs = performance.now();
      this.#connectMs = this.#connectedAtMs - startMs;
      if (this.#closed !== undefined || !connection.isOpen) this.#drop(connection, connection.lossText());
      else this.#take(connection);
    } catch (error) {
      this.#fail(error as ServerStartError, 0);
    }
  }

  /** The connection to call over. Rejects with ToolCallError, always `refused`: nothing was sent. */
  async #ready(called: CalledTool, signal: AbortSignal): Promise<McpConnection> {
    if (signal.aborted) throw cancelledBeforeSent(called);
    if (this.#connection === undefined && this.#closed === undefined) {
      const { waitMs } = this.#backoff;
      if (waitMs > BACKOFF_WAIT_MS_MAX) throw serverUnavailable(called, { error: this.#error, retryAfterMs: waitMs });
      await patiently(called, signal, this.#reconnect(waitMs));
    }
    if (this.#connection === undefined) throw serverUnavailable(called, { error: this.#error });
    return this.#connection;
  }

  async #reconnect(waitMs: number): Promise<void> {
    if (waitMs > 0) await sleep(waitMs);
    // Not the call's own signal: others may wait for the same attempt.
    await this.connect(this.#closing.signal);
  }

  #take(connection: McpConnection): void {
    if (this.#connection !== connection) return;
    this.#error = undefined;
    this.#become("ready");
    if (this.#calls === 0) this.#restLater();
  }

  #drop(connection: McpConnection, how: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#retire(connection, connection.retire());
    const error = new ServerLostError(this.#options.server, how);
    const isDeath = connection.stdio?.exit !== undefined;
    this.#fail(error, performance.now() - this.#connectedAtMs, isDeath);
  }

  #retire(connection: McpConnection, gone: Promise<void>): void {
    this.#retired.set(
      connection,
      gone.finally(() => this.#retired.delete(connection)),
    );
  }

  #fail(error: MeshError, livedMs: number, isDeath = error.code === "AM_SERVER_EXITED"): void {
    this.#attempt = undefined;
    this.#backoff.failed({ livedMs, isDeath });
    if (this.#closed !== undefined) return;
    const { loopDeaths: deaths, waitMs } = this.#backoff;
    this.#error =
      deaths === 0 ? error : new CrashLoopError({ server: this.#options.server, deaths, waitMs, last: error });
    this.#become("failed");
    const isWorthIt = error.retryable && error.code !== "AM_SERVER_START_CANCELLED" && deaths === 0;
    if (this.#isKept && isWorthIt) this.#retryLater(Math.max(RETRY_PAUSE_MS, waitMs));
  }

  #retryLater(delayMs: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#isKept) void this.connect(this.#closing.signal);
    }, delayMs).unref();
  }

  #restLater(): void {
    this.#usedAtMs = performance.now();
    const { idleTimeoutMs } = this.#options.config;
    clearTimeout(this.#rest);
    if (idleTimeoutMs === undefined || this.#calls > 0) return;
    this.#rest = setTimeout(() => void this.rest(), idleTimeoutMs).unref();
  }

  #become(state: ServerState): void {
    this.#state = state;
    this.#options.onChange(this);
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#retry);
    clearTimeout(this.#rest);
    const connection = this.#connection;
    const attempt = this.#attempt;
    this.#connection = undefined;
    this.#become("closed");
    await Promise.all([connection?.close(), attempt]);
    for (const retired of this.#retired.keys()) void retired.abandon();
    await Promise.all(this.#retired.values());
  }

  #timeoutMs(tool: string): number {
    const { timeoutMs, tools } = this.#options.config;
    const override = Object.hasOwn(tools.overrides, tool) ? tools.overrides[tool] : undefined;
    return override?.timeoutMs ?? timeoutMs;
  }
}

/** How long connecting and listing may take is their own affair; only the caller's patience counts. */
async function patiently(called: CalledTool, signal: AbortSignal, work: Promise<void>): Promise<void> {
  using patience = new Deadline(signal, Number.POSITIVE_INFINITY);
  await patience.race(work).catch((error: unknown) => {
    throw error instanceof DeadlineReached ? cancelledBeforeSent(called) : error;
  });
}
