/** The tools of one configured MCP server, over the connections that its callers share or have for themselves. */
import { createHash } from "node:crypto";
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import type { ServerState, ServerStatus, ToolCallOptions, ToolResult, ToolSource } from "@agentmesh/ports";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { serverUnavailable } from "../tool/call-failure.ts";
import { ChangeListeners } from "../tool/change-listeners.ts";
import { requireServerName, toolId } from "../tool/server-name.ts";
import { EraMemory } from "./era-memory.ts";
import { ServerFullError } from "./server-full-error.ts";
import type { ServerLink } from "./server-link.ts";
import { ServerLinks } from "./server-links.ts";

export interface McpToolSourceOptions {
  /** Its name in the configuration. */
  readonly server: string;
  readonly config: McpServerConfig;
  /** Calls may come with `onInput`. In the older protocol eras a server is told so before its first call. Default: false. */
  readonly canAsk?: boolean;
}

export class McpToolSource implements ToolSource {
  readonly server: string;
  readonly #config: McpServerConfig;
  readonly #listeners = new ChangeListeners();
  readonly #links: ServerLinks;
  #tools: readonly ToolSpec[] = [];
  #serverName = "";
  #warnings: readonly string[] = [];
  #connectMs: number | undefined;
  #isClosed = false;

  /** Throws ServerNameError. */
  constructor({ server, config, canAsk = false }: McpToolSourceOptions) {
    this.server = requireServerName(server);
    this.#config = config;
    const eras = new EraMemory();
    this.#links = new ServerLinks({ server, config, eras, canAsk, onChange: (link) => this.#take(link) });
  }

  /** Whoever asks with other credentials may be told something else: they are in it. */
  identity(): string {
    const {
      timeoutMs: _timeoutMs,
      startTimeoutMs: _startTimeoutMs,
      idleTimeoutMs: _idleTimeoutMs,
      connectionsMax: _connectionsMax,
      tools: _tools,
      trust: _trust,
      ...config
    } = this.#config;
    return createHash("sha256")
      .update(JSON.stringify([config, this.#serverName]))
      .digest("base64url");
  }

  status(): ServerStatus {
    const links = this.#links.all();
    const connections = links.filter(({ connection }) => connection !== undefined);
    const protocolVersion = connections[0]?.connection?.protocolVersion;
    const { error } = this.#links.base;
    return {
      server: this.server,
      state: this.#state(connections.length > 0),
      transport: this.#config.transport,
      tools: this.#tools.length,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      ...(this.#connectMs === undefined ? {} : { connectMs: this.#connectMs }),
      ...(error === undefined ? {} : { error }),
      ...(this.#warnings.length === 0 ? {} : { warnings: this.#warnings }),
      ...(this.#config.scope === "shared" ? {} : { connections: connections.length }),
    };
  }

  async connect(signal: AbortSignal): Promise<ServerStatus> {
    await this.#links.base.connect(signal);
    return this.status();
  }

  /** A crash loop, and every pause before the next attempt, is over. */
  reset(): void {
    for (const link of this.#links.all()) link.reset();
  }

  tools(): readonly ToolSpec[] {
    return this.#tools;
  }

  call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    let link: ServerLink;
    try {
      link = this.#isClosed ? this.#links.base : this.#links.of(options.caller);
    } catch (error) {
      if (!(error instanceof ServerFullError)) throw error;
      const called = { name: toolId(this.server, tool), server: this.server, tool };
      return Promise.reject(serverUnavailable(called, { error }));
    }
    return link.call(tool, args, options);
  }

  runEnded(run: string): Promise<void> {
    return this.#links.runEnded(run);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#links.close();
  }

  #state(isConnected: boolean): ServerState {
    const { state } = this.#links.base;
    // The connection that listed the tools may have gone to its first caller.
    return state === "idle" && isConnected ? "ready" : state;
  }

  /** What a connection has found last is what is known of the server. */
  #take(link: ServerLink): void {
    const { connection, state, connectMs } = link;
    if (connection !== undefined && state === "ready") {
      this.#tools = connection.discovery.tools;
      this.#warnings = connection.discovery.warnings;
      this.#serverName = connection.serverName;
      this.#connectMs = connectMs;
    }
    this.#listeners.tell();
  }
}
