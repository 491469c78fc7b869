/** One text for a key of a cache: the same for equal keys only. */
import type { CacheKey } from "@agentmesh/ports";

export function cacheKeyText({ tenant, kind, key }: CacheKey): string {
  return JSON.stringify([tenant, kind, key]);
}
