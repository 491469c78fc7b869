/** What a configuration says may be given again, as a mesh takes it. */
import type { Clock, Model, ModelRole, Store } from "@agentmesh/ports";
import type { LoadedConfig } from "../config/load-config.ts";
import { SecretMask } from "../driver/secret-mask.ts";
import type { ToolCacheRules } from "./caching-executor.ts";
import { digestOf, MeshCache } from "./mesh-cache.ts";
import { ModelAnswers } from "./model-answers.ts";

const BYTES_PER_MEGABYTE = 1_000_000;
const MS_PER_SECOND = 1_000;

export interface MeshCaching {
  readonly cache: MeshCache;
  readonly tools: ToolCacheRules;
  /** Whether what outputs look like is learned where a tool does not say. */
  readonly learnsShapes: boolean;
  /** Absent: every model is always asked. */
  readonly answers?: ModelAnswers;
  /** Of planner and policy; absent: every run is planned anew. */
  readonly plannerIdentity?: string;
  /** Of the model behind mesh.generate. */
  readonly executorIdentity?: string;
}

export interface CacheSurroundings {
  readonly store: Store;
  readonly clock: Clock;
  /** The names of models by role. */
  readonly roles: Readonly<Partial<Record<ModelRole, string>>>;
  /** Models that a program has made itself, by name. */
  readonly instances: Readonly<Record<string, Model>> | undefined;
}

/** Undefined when nothing is kept, whatever a plan says. */
export function configuredCaching(loaded: LoadedConfig, surroundings: CacheSurroundings): MeshCaching | undefined {
  const { tenant, policy, cache: said } = loaded.config;
  if (!said.enabled) return undefined;
  const { store, clock } = surroundings;
  const mask = new SecretMask(loaded.secrets);
  const cache = new MeshCache({
    table: store.cache,
    tenant,
    clock,
    mask,
    bytesMax: said.megabytesMax * BYTES_PER_MEGABYTE,
  });
  const ttlMs = said.tools === undefined ? undefined : said.tools.ttlSeconds * MS_PER_SECOND;
  const identityOf = (role: ModelRole): string => modelIdentity(loaded, surroundings, role);
  return {
    cache,
    tools: { ttlMs, except: said.tools?.except ?? [] },
    learnsShapes: said.shapes,
    executorIdentity: identityOf("executor"),
    ...(said.models === false ? {} : { answers: new ModelAnswers(cache, said.models === "sampled") }),
    ...(said.plans ? { plannerIdentity: digestOf([identityOf("planner"), policy]) } : {}),
  };
}

/** What would make another model of it; neither its key nor how patiently it is asked. */
function modelIdentity({ config }: LoadedConfig, { roles, instances }: CacheSurroundings, role: ModelRole): string {
  const name = roles[role] ?? "";
  const instance = instances?.[name];
  if (instance !== undefined) return digestOf([instance.id, instance.identity ?? ""]);
  const { price: _price, timeouts: _timeouts, retries: _retries, ...said } = config.models[name] ?? {};
  return digestOf({ ...said, apiKey: undefined });
}
