/**
 * The tools of one configured MCP server. Connects when first wanted, survives the loss of the connection (the next call
 * makes one new one, whoever waits for it), and never repeats a call that the server may have begun.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject, MeshError, ToolSpec } from "@agentmesh/core";
import type { ServerState, ServerStatus, ToolCallOptions, ToolResult, ToolSource } from "@agentmesh/ports";
import { type CalledTool, cancelledBeforeSent, serverUnavailable, toolUnknown } from "../tool/call-failure.ts";
import { ChangeListeners } from "../tool/change-listeners.ts";
import { Deadline, DeadlineReached } from "../tool/deadline.ts";
import type { McpConnection } from "./mcp-connection.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { ReconnectBackoff } from "./reconnect-backoff.ts";
import { ServerLostError } from "./server-lost-error.ts";
import type { ServerStartError } from "./server-start-error.ts";
import { requireServerName, toolId } from "../tool/server-name.ts";

/** A call waits this long for the next attempt to connect; with a longer pause before it, it is refused at once. */
const BACKOFF_WAIT_MS_MAX = 2_000;

export interface McpToolSourceOptions {
  /** Its name in the configuration. */
  readonly server: string;
  readonly config: McpServerConfig;
}

export class McpToolSource implements ToolSource {
  readonly server: string;
  readonly #config: McpServerConfig;
  readonly #listeners = new ChangeListeners();
  readonly #backoff = new ReconnectBackoff();
  readonly #closing = new AbortController();
  /** No new call uses them; each promise settles when nothing is left of one. */
  readonly #retired = new Map<McpConnection, Promise<void>>();
  #state: ServerState = "idle";
  #tools: readonly ToolSpec[] = [];
  #serverName = "";
  #warnings: readonly string[] = [];
  #error: MeshError | undefined;
  #connection: McpConnection | undefined;
  /** The attempt under way, or the one that made the connection that holds. */
  #attempt: Promise<ServerStatus> | undefined;
  #connectMs: number | undefined;
  #connectedAtMs = 0;
  #closed: Promise<void> | undefined;

  /** Throws ServerNameError. */
  constructor({ server, config }: McpToolSourceOptions) {
    this.server = requireServerName(server);
    this.#config = config;
  }

  /** Whoever asks with other credentials may be told something else: they are in it. */
  identity(): string {
    const {
      timeoutMs: _timeoutMs,
      startTimeoutMs: _startTimeoutMs,
      tools: _tools,
      trust: _trust,
      ...config
    } = this.#config;
    return createHash("sha256")
      .update(JSON.stringify([config, this.#serverName]))
      .digest("base64url");
  }

  status(): ServerStatus {
    const protocolVersion = this.#connection?.protocolVersion;
    return {
      server: this.server,
      state: this.#state,
      transport: this.#config.transport,
      tools: this.#tools.length,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      ...(this.#connectMs === undefined ? {} : { connectMs: this.#connectMs }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#warnings.length === 0 ? {} : { warnings: this.#warnings }),
    };
  }

  /** Those who come while an attempt is under way share it; the signal of the first one gives it up. */
  connect(signal: AbortSignal): Promise<ServerStatus> {
    if (this.#closed !== undefined) return Promise.resolve(this.status());
    this.#attempt ??= this.#connect(AbortSignal.any([signal, this.#closing.signal]));
    return this.#attempt;
  }

  tools(): readonly ToolSpec[] {
    return this.#tools;
  }

  /** The timeout counts from when the server is ready; until then `startTimeoutMs` does. */
  async call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    const { signal, idempotencyKey, onProgress } = options;
    const called: CalledTool = { name: toolId(this.server, tool), server: this.server, tool };
    for (let attempts = 1; ; attempts++) {
      const connection = await this.#ready(called, signal);
      const spec = connection.spec(tool);
      if (spec === undefined) throw toolUnknown(called, this.#toolNames());
      using deadline = new Deadline(signal, options.timeoutMs ?? this.#timeoutMs(tool));
      const result = await connection.call({ spec, args, idempotencyKey, deadline, onProgress });
      if (typeof result !== "symbol") return result;
      this.#drop(connection, "does not know the connection any more");
      if (attempts > 1) throw serverUnavailable(called, { error: this.#error });
    }
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #connect(signal: AbortSignal): Promise<ServerStatus> {
    const startMs = performance.now();
    this.#become("connecting");
    try {
      const { openConnection } = await import("./mcp-connection.ts");
      const connection = await openConnection({
        server: this.server,
        config: this.#config,
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
      this.#fail(error as ServerStartError);
    }
    return this.status();
  }

  /** The connection to call over. Rejects with ToolCallError, always `refused`: nothing was sent. */
  async #ready(called: CalledTool, signal: AbortSignal): Promise<McpConnection> {
    // How long connecting may take is its own affair; here only the caller's patience counts.
    using patience = new Deadline(signal, Number.POSITIVE_INFINITY);
    if (patience.end !== undefined) throw cancelledBeforeSent(called);
    if (this.#connection === undefined && this.#closed === undefined) {
      const { waitMs } = this.#backoff;
      if (waitMs > BACKOFF_WAIT_MS_MAX) throw serverUnavailable(called, { error: this.#error, retryAfterMs: waitMs });
      await patience.race(this.#reconnect(waitMs)).catch((error: unknown) => {
        throw error instanceof DeadlineReached ? cancelledBeforeSent(called) : error;
      });
    }
    if (this.#connection === undefined) throw serverUnavailable(called, { error: this.#error });
    return this.#connection;
  }

  async #reconnect(waitMs: number): Promise<void> {
    if (waitMs > 0) await sleep(waitMs);
    // Not the call's own signal: others may wait for the same attempt.
    await this.connect(this.#closing.signal);
  }

  /** Takes over what the connection has found. */
  #take(connection: McpConnection): void {
    if (this.#connection !== connection) return;
    this.#tools = connection.discovery.tools;
    this.#serverName = connection.serverName;
    this.#warnings = connection.discovery.warnings;
    this.#error = undefined;
    this.#become("ready");
  }

  #drop(connection: McpConnection, how: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#retired.set(
      connection,
      connection.retire().finally(() => this.#retired.delete(connection)),
    );
    this.#fail(new ServerLostError(this.server, how), performance.now() - this.#connectedAtMs);
  }

  #fail(error: MeshError, livedMs = 0): void {
    this.#attempt = undefined;
    this.#backoff.failed(livedMs);
    if (this.#closed !== undefined) return;
    this.#error = error;
    this.#become("failed");
  }

  #become(state: ServerState): void {
    this.#state = state;
    this.#listeners.tell();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const connection = this.#connection;
    const attempt = this.#attempt;
    this.#connection = undefined;
    this.#become("closed");
    await Promise.all([connection?.close(), attempt]);
    for (const retired of this.#retired.keys()) void retired.abandon();
    await Promise.all(this.#retired.values());
  }

  #toolNames(): readonly string[] {
    return this.#tools.map(({ tool }) => tool);
  }

  #timeoutMs(tool: string): number {
    const { overrides } = this.#config.tools;
    const override = Object.hasOwn(overrides, tool) ? overrides[tool] : undefined;
    return override?.timeoutMs ?? this.#config.timeoutMs;
  }
}
