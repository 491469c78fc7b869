/**
 * What travels with a call to the run behind it, in `_meta`: where it stands and how much it may use up. Whoever receives it
 * believes nothing that would give it more than it has: a budget only lowers limits, a tenant is a claim.
 */
import { type Json, type JsonObject, RunScope } from "@agentmesh/core";
import type { CallContext } from "@agentmesh/ports";
import * as z from "@agentmesh/core/zod";

const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";
const BUDGET = "agentmesh/budget";
const DEADLINE = "agentmesh/deadline";
const TENANT = "agentmesh/tenant";
const DEPTH = "agentmesh/depth";
const ROOT = "agentmesh/rootRun";
const PARENT = "agentmesh/parent";
const PATH = "agentmesh/path";
const SCOPE = "agentmesh/scope";

const Name = z.string().min(1).max(256);
const Amount = z.int().min(0);
const Fields = {
  [TRACEPARENT]: z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
  [TRACESTATE]: z.string().max(512),
  [BUDGET]: z.object({ tokens: Amount.optional(), microUsd: Amount.optional(), calls: Amount.optional() }),
  [DEADLINE]: z.object({ atMs: Amount, remainingMs: Amount }),
  [TENANT]: Name,
  [DEPTH]: z.int().min(1).max(1_000),
  [ROOT]: Name,
  [PARENT]: z.object({ run: Name, task: Name }),
  [PATH]: z.array(z.string().max(64)).max(64),
  [SCOPE]: RunScope,
};

export function encodeCallContext(context: CallContext): JsonObject {
  const { traceparent, tracestate, budget, deadline, tenant, depth, root, run, task, path, scope } = context;
  return {
    ...(traceparent === undefined ? {} : { [TRACEPARENT]: traceparent }),
    ...(tracestate === undefined ? {} : { [TRACESTATE]: tracestate }),
    ...(budget === undefined ? {} : { [BUDGET]: { ...budget } }),
    ...(deadline === undefined ? {} : { [DEADLINE]: { ...deadline } }),
    ...(tenant === undefined ? {} : { [TENANT]: tenant }),
    [DEPTH]: depth,
    [ROOT]: root,
    [PARENT]: { run, task },
    [PATH]: [...path],
    ...(scope === undefined ? {} : { [SCOPE]: scope as unknown as Json }),
  };
}

/** What is missing or malformed is as if nobody had said it; undefined when no run of a mesh has called. */
export function decodeCallContext(meta: JsonObject | undefined): CallContext | undefined {
  if (meta === undefined) return undefined;
  const parent = fieldOf(meta, PARENT);
  if (parent === undefined) return undefined;
  return {
    ...defined({
      traceparent: fieldOf(meta, TRACEPARENT),
      tracestate: fieldOf(meta, TRACESTATE),
      budget: defined(fieldOf(meta, BUDGET) ?? {}),
      deadline: fieldOf(meta, DEADLINE),
      tenant: fieldOf(meta, TENANT),
      scope: fieldOf(meta, SCOPE),
    }),
    // Who does not say how deep it stands is believed to stand above nobody but this.
    depth: fieldOf(meta, DEPTH) ?? 1,
    root: fieldOf(meta, ROOT) ?? parent.run,
    ...parent,
    path: fieldOf(meta, PATH) ?? [],
  };
}

/** The entries that have a value. */
function defined<Entries extends object>(
  entries: Entries,
): { [Name in keyof Entries]?: Exclude<Entries[Name], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never;
}

function fieldOf<Key extends keyof typeof Fields>(
  meta: JsonObject,
  key: Key,
): z.infer<(typeof Fields)[Key]> | undefined {
  const parsed = Fields[key].safeParse(meta[key]);
  return parsed.success ? (parsed.data as z.infer<(typeof Fields)[Key]>) : undefined;
}
