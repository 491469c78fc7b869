/** The tools of a mesh: every server behind one proxy type, discovered in parallel, and none that can stop the others. */
import { MESH_TOOLS, type ToolBinding, type ToolSpec } from "@agentmesh/core";
import { McpToolProxy } from "@agentmesh/mcp";
import type { ServerStatus, ToolSource } from "@agentmesh/ports";
import type { ToolDirectory } from "../driver/run-services.ts";
import { ToolPins } from "./tool-pins.ts";

/** How many tools are remembered, gone ones among them. */
const BEFORE_MAX = 20_000;

export type ServerListener = (status: ServerStatus) => void;

export class ToolRegistry implements ToolDirectory {
  readonly #sources: ReadonlyMap<string, ToolSource>;
  readonly #listeners = new Set<ServerListener>();
  /** Names of servers that are no functions of this program. */
  readonly #remote: ReadonlySet<string>;
  readonly #pins: ToolPins;
  #proxies: ReadonlyMap<string, McpToolProxy> | undefined;
  /** The last ones, to see which have changed. */
  #before: ReadonlyMap<string, McpToolProxy> = new Map();

  /** Server names are unique: each comes from one key of the configuration. */
  constructor(sources: Iterable<ToolSource>, pins = new ToolPins()) {
    this.#pins = pins;
    this.#sources = new Map([...sources].map((source) => [source.server, source]));
    const remote = [...this.#sources.values()].filter((source) => source.status().transport !== "local");
    this.#remote = new Set(remote.map(({ server }) => server));
    for (const source of this.#sources.values()) {
      source.onChange(() => {
        this.#proxies = undefined;
        for (const listener of this.#listeners) listener(source.status());
      });
    }
  }

  /** Connects to the named servers (or all) at once and waits for them; one that fails says so in its status. */
  async discover(signal: AbortSignal, names?: ReadonlySet<string>): Promise<readonly ServerStatus[]> {
    const wanted = [...this.#sources.values()].filter((source) => names === undefined || names.has(source.server));
    const statuses = await Promise.all(wanted.map((source) => source.connect(signal)));
    this.#proxies = undefined;
    return statuses;
  }

  servers(): readonly ServerStatus[] {
    return [...this.#sources.values()].map((source) => source.status());
  }

  /** Told whenever a server's status or tools change. */
  onServer(listener: ServerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tools(): readonly ToolSpec[] {
    return [...[...this.#all().values()].map((proxy) => proxy.spec), ...MESH_TOOLS];
  }

  offered(): readonly ToolSpec[] {
    return this.tools().filter((spec) => !this.#isLocked(spec) || this.#pins.isOffered(spec));
  }

  /** The tools that can be pinned. */
  lockable(): readonly ToolSpec[] {
    return this.tools().filter((spec) => this.#isLocked(spec));
  }

  assertSame(live: ToolSpec, { fingerprint }: ToolBinding): void {
    this.#pins.assertSame(live, fingerprint, this.#isLocked(live));
  }

  find(name: string): ToolSpec | undefined {
    return this.#all().get(name)?.spec ?? MESH_TOOLS.find((tool) => tool.name === name);
  }

  /** See ToolSource. */
  identityOf({ server, tool }: ToolSpec): string {
    return this.#sources.get(server)?.identity?.(tool) ?? "";
  }

  unavailable(): ReadonlyMap<string, string> {
    const failed = this.servers().filter((status) => status.state === "failed");
    return new Map(failed.map((status) => [status.server, status.error?.message ?? "it failed"]));
  }

  /** Connects at once, whatever pause its failures have earned it. Undefined: there is no such server. */
  async reconnect(server: string, signal: AbortSignal): Promise<ServerStatus | undefined> {
    const source = this.#sources.get(server);
    source?.reset?.();
    return source?.connect(signal);
  }

  runEnded(run: string): void {
    for (const source of this.#sources.values()) void source.runEnded?.(run);
  }

  proxy(name: string): McpToolProxy | undefined {
    return this.#all().get(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()));
  }

  /** Functions of this program are as the program is: only what servers say of their tools is pinned. */
  #isLocked({ server }: ToolSpec): boolean {
    return this.#remote.has(server);
  }

  /** By name, in the order of the configuration and of each server's own list. */
  #all(): ReadonlyMap<string, McpToolProxy> {
    if (this.#proxies !== undefined) return this.#proxies;
    const proxies = new Map(
      [...this.#sources.values()].flatMap((source) =>
        source.tools().map((spec) => [spec.name, new McpToolProxy(spec, source)] as const),
      ),
    );
    for (const [name, { spec }] of this.#before) {
      const now = proxies.get(name)?.spec;
      if (now !== undefined && now.fingerprint !== spec.fingerprint) this.#pins.keepFormer(spec);
    }
    // A tool that is away for a while is not forgotten: it may come back changed.
    this.#before = new Map([...[...this.#before].slice(-BEFORE_MAX), ...proxies]);
    this.#proxies = proxies;
    return proxies;
  }
}
