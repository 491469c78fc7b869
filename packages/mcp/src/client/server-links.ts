/**
 * The links to one server by whom they are kept for: one for everybody, or one for each tenant or run (`scope`). Their number
 * is bounded; those that nobody uses make place.
 */
import type { ToolCaller } from "@agentmesh/ports";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { ServerLink, type ServerLinkOptions } from "./server-link.ts";
import { ServerFullError } from "./server-full-error.ts";

type Scope = McpServerConfig["scope"];

export class ServerLinks {
  readonly #options: Omit<ServerLinkOptions, "isKept">;
  readonly #links = new Map<string, ServerLink>();
  /** Closed, until nothing is left of them. */
  readonly #leaving = new Set<Promise<void>>();
  #base: ServerLink;

  constructor(options: Omit<ServerLinkOptions, "isKept">) {
    this.#options = options;
    this.#base = this.#newBase();
  }

  /** Lists the tools; also for calls of nobody in particular. */
  get base(): ServerLink {
    return this.#base;
  }

  all(): readonly ServerLink[] {
    return [this.#base, ...this.#links.values()];
  }

  /** The link of a caller. Throws ServerFullError. */
  of(caller: ToolCaller | undefined): ServerLink {
    const key = caller === undefined ? undefined : keyOf(this.#options.config.scope, caller);
    if (key === undefined) return this.#base;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    this.#makePlace();
    const link = this.#spare() ?? new ServerLink({ ...this.#options, isKept: false });
    this.#links.set(key, link);
    return link;
  }

  /** What is kept for this run alone is closed. */
  async runEnded(run: string): Promise<void> {
    if (this.#options.config.scope !== "run") return;
    const link = this.#links.get(run);
    if (link === undefined) return;
    this.#links.delete(run);
    await this.#leave(link);
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((link) => link.close()));
    await Promise.all(this.#leaving);
  }

  /** The connection that listed the tools and was not called yet serves its first caller: a server is not started twice. */
  #spare(): ServerLink | undefined {
    const spare = this.#base;
    if (spare.isBusy || (spare.state !== "ready" && spare.state !== "connecting")) return undefined;
    spare.giveAway();
    this.#base = this.#newBase();
    return spare;
  }

  #makePlace(): void {
    const { server, config } = this.#options;
    if (this.#links.size < config.connectionsMax) return;
    const free = [...this.#links].filter(([, link]) => !link.isBusy);
    const [oldest] = free.toSorted(([, left], [, right]) => left.usedAtMs - right.usedAtMs);
    if (oldest === undefined) throw new ServerFullError(server, config.connectionsMax);
    this.#links.delete(oldest[0]);
    void this.#leave(oldest[1]);
  }

  #leave(link: ServerLink): Promise<void> {
    const gone = link.close().finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    return gone;
  }

  #newBase(): ServerLink {
    return new ServerLink({ ...this.#options, isKept: true });
  }
}

function keyOf(scope: Scope, { run, tenant }: ToolCaller): string | undefined {
  if (scope === "shared") return undefined;
  return scope === "run" ? run : tenant;
}
