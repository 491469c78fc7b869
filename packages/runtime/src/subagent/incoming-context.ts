/** What a run that was asked for by another one makes of what it is told: its place in the tree, and limits that only get lower. */
import { DEPTH_MAX_DEFAULT, MeshError, type RunBudget, type RunParent, type RunPolicy } from "@agentmesh/core";
import type { CallContext } from "@agentmesh/ports";

const MICRO_USD_PER_USD = 1_000_000;
const MS_PER_SECOND = 1_000;

/** A run that may not begin below those that ask for it. */
export class CallRefusedError extends MeshError {
  constructor(
    code: "AM_DEPTH_EXCEEDED" | "AM_CALL_CYCLE",
    depth: { readonly depth: number; readonly depthMax: number },
  ) {
    const isCycle = code === "AM_CALL_CYCLE";
    super({
      code,
      message: isCycle
        ? "The run is asked for what a run above it was asked already."
        : `The run would be ${depth.depth} levels below the first one; ${depth.depthMax} are allowed.`,
      hint: isCycle
        ? "Agents that hand the same work to each other never end: let one of them do it."
        : "Raise policy.maxDepth when runs may start runs that deep.",
      facts: { ...depth },
    });
  }
}

/** `digest`: what the run is asked, see workDigest. Throws CallRefusedError. */
export function assertMayBegin({ depth, path }: CallContext, { maxDepth }: RunPolicy, digest: string): void {
  const depthMax = maxDepth ?? DEPTH_MAX_DEFAULT;
  if (depth > depthMax) throw new CallRefusedError("AM_DEPTH_EXCEEDED", { depth, depthMax });
  if (path.includes(digest)) throw new CallRefusedError("AM_CALL_CYCLE", { depth, depthMax });
}

export function parentOf(context: CallContext, isRemote: boolean): RunParent {
  const { run, task, depth, root, path, traceparent, tracestate } = context;
  return {
    run,
    task,
    depth,
    root,
    path: [...path],
    ...(isRemote ? { isRemote } : {}),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/**
 * The lower of each limit. Nobody is asked for more than the caller has given: only the caller could say so. Of time, what
 * remained when the call was made holds: clocks differ.
 */
export function narrowedPolicy(policy: RunPolicy, { budget = {}, deadline }: CallContext): RunPolicy {
  const given: RunBudget = {
    ...(budget.tokens === undefined ? {} : { tokens: budget.tokens }),
    ...(budget.microUsd === undefined ? {} : { usd: budget.microUsd / MICRO_USD_PER_USD }),
    ...(budget.calls === undefined ? {} : { calls: budget.calls }),
    ...(deadline === undefined ? {} : { seconds: deadline.remainingMs / MS_PER_SECOND }),
  };
  const kinds = Object.keys(given) as ("tokens" | "usd" | "calls" | "seconds")[];
  if (kinds.length === 0) return policy;
  const own = policy.budget ?? {};
  const lower = Object.fromEntries(
    kinds.map((kind) => [kind, Math.min(own[kind] ?? Infinity, given[kind] ?? Infinity)]),
  );
  return { ...policy, budget: { ...own, ...lower, onExceeded: "fail" } };
}
