/**
 * Gives a tool's earlier result in place of a call, where somebody has said that this is right: the configuration, for tools
 * that only read, or the plan, for one task. A result belongs to the tool as it was, the server as it is configured and the
 * arguments; the same call that is under way elsewhere is waited for instead of made again.
 */
import { GENERATE_TOOL, type Json, MESH_SERVER, type ToolSpec } from "@agentmesh/core";
import { orAborted, SingleFlight } from "@agentmesh/models";
import type { CacheRow, Executor, NodeContext, TaskCall } from "@agentmesh/ports";
import { readResult, resultBody } from "./cached-result.ts";
import { cacheKey, digestOf, type MeshCache, type Teller } from "./mesh-cache.ts";

/** How old a result may be when a plan says `cache: true` and nobody says more. An hour. */
const TTL_MS_DEFAULT = 3_600_000;

export interface ToolCacheRules {
  /** For tools that only read; absent: only where a plan asks for it. */
  readonly ttlMs: number | undefined;
  /** `server.tool` or `server.*`. */
  readonly except: readonly string[];
}

/**
 * All tools of the mesh, whatever a run may see of them: a name means the same tool in every scope, and a call gets as far as
 * an executor only when the run's own scope had the tool, once when its plan was checked and again when it was resolved.
 */
export interface VersionedTools {
  find(name: string): ToolSpec | undefined;
  /** What besides its own words makes a tool another one: see ToolSource. */
  identityOf(tool: ToolSpec): string;
}

export interface ToolCaching {
  readonly cache: MeshCache;
  readonly rules: ToolCacheRules;
  readonly tools: VersionedTools;
}

/** A result, and when and in which run it was called for. */
interface Shared {
  readonly value: Json;
  readonly run: string;
  readonly createdMs: number;
}

interface Lookup {
  readonly call: TaskCall;
  readonly context: NodeContext;
  readonly key: string;
  readonly spec: ToolSpec;
  readonly ttlMs: number;
}

export class CachingExecutor implements Executor {
  readonly #executor: Executor;
  readonly #caching: ToolCaching;
  readonly #flights = new SingleFlight<Shared>();

  constructor(executor: Executor, caching: ToolCaching) {
    this.#executor = executor;
    this.#caching = caching;
  }

  execute(call: TaskCall, context: NodeContext): Promise<Json> {
    const ttlMs = this.#ttlMs(call);
    return ttlMs === 0 ? this.#executor.execute(call, context) : this.#look(call, context, ttlMs);
  }

  /** 0: not from the cache, and not into it. */
  #ttlMs({ cache, binding }: TaskCall): number {
    const { ttlMs = 0, except } = this.#caching.rules;
    if (cache === false) return 0;
    if (cache !== undefined) return cache === true ? ttlMs || TTL_MS_DEFAULT : cache.ttlMs;
    if (ttlMs === 0 || binding.effect !== "read" || binding.server === MESH_SERVER) return 0;
    return except.includes(binding.tool) || except.includes(`${binding.server}.*`) ? 0 : ttlMs;
  }

  async #look(call: TaskCall, context: NodeContext, ttlMs: number): Promise<Json> {
    const { cache, tools } = this.#caching;
    const spec = call.binding.tool === GENERATE_TOOL.name ? GENERATE_TOOL : tools.find(call.binding.tool);
    const isSame = spec !== undefined && spec.fingerprint === call.binding.fingerprint;
    if (!isSame || !cache.mayKeep(JSON.stringify(call.args))) return this.#executor.execute(call, context);
    const key = cacheKey(spec.name, toolVersion(spec, tools), digestOf(call.args));
    return this.#found({ call, context, key, spec, ttlMs });
  }

  async #found(lookup: Lookup): Promise<Json> {
    const { call, context, key } = lookup;
    // Who waits less long than the one who asks would be kept waiting too long.
    const flightKey = `${key}#${call.timeoutMs ?? ""}`;
    while (!context.signal.aborted) {
      const kept = await this.#kept(lookup);
      if (kept !== undefined) return this.#give(call, kept);
      const flight = this.#flights.join(flightKey);
      if (flight === undefined) return this.#lead(lookup, flightKey);
      const landing = await orAborted(flight, context.signal).catch(() => undefined);
      if (landing?.type === "shared") return this.#give(call, landing.value);
      if (landing?.type !== "left") break;
    }
    return this.#executor.execute(call, context); // when it was given up meanwhile: it says so itself
  }

  async #kept({ context, key, spec, ttlMs }: Lookup): Promise<Shared | undefined> {
    const { cache } = this.#caching;
    const row: CacheRow | undefined = await cache.find("tool", key, tellerOf(context));
    if (row === undefined || cache.nowMs - row.createdMs >= ttlMs) return undefined;
    const result = readResult(row.body, spec.outputSchema);
    return result === undefined ? undefined : { value: result.value, run: result.run, createdMs: row.createdMs };
  }

  /** Makes the call, for all who wait for it. */
  async #lead({ call, context, key, ttlMs }: Lookup, flightKey: string): Promise<Json> {
    const { cache } = this.#caching;
    const land = this.#flights.lead(flightKey);
    try {
      const value = await this.#executor.execute(call, context);
      const body = resultBody(context.run, value);
      cache.keep("tool", { key, body, ttlMs }, tellerOf(context));
      const shared = { value, run: context.run, createdMs: cache.nowMs };
      land(cache.mayKeep(body) ? { type: "shared", value: shared } : { type: "failed" });
      return value;
    } catch (error) {
      land({ type: context.signal.aborted ? "left" : "failed" });
      throw error;
    }
  }

  #give(call: TaskCall, { value, run, createdMs }: Shared): Json {
    call.onCacheHit?.({ ageMs: Math.max(0, Math.round(this.#caching.cache.nowMs - createdMs)), run });
    return value;
  }
}

/** Another one when the tool, its server's version or its configuration has changed. */
export function toolVersion(tool: ToolSpec, tools: VersionedTools): string {
  return digestOf([tool.fingerprint, tools.identityOf(tool)]);
}

function tellerOf(context: NodeContext): Teller {
  return (message) => context.report({ type: "note", message });
}
