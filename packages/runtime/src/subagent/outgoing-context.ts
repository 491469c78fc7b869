/** What a run tells the run behind one of its calls: read off its state when the call is made. */
import { hash } from "node:crypto";
import { canonicalJson, type Json, leftOf, type Plan, type RunState, type TaskState } from "@agentmesh/core";
import type { CallBudget, CallContext } from "@agentmesh/ports";

const TRACE_ID_CHARS = 32;
const SPAN_ID_CHARS = 16;

/** Of a run without a parent. */
const ROOT_PLACE = { root: undefined, depth: 0, path: [], tracestate: undefined };

export interface CallPlace {
  readonly task: TaskState;
  readonly nowMs: number;
}

export function outgoingContext(state: RunState, { task, nowMs }: CallPlace): CallContext {
  const { parent, tenant, run } = state;
  const { root, depth, path, tracestate } = parent ?? ROOT_PLACE;
  const budget = budgetOf(state, task, nowMs);
  const remainingMs = leftOf(state, "seconds", nowMs);
  return {
    traceparent: traceparentOf(state, task),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(budget === undefined ? {} : { budget }),
    ...(Number.isFinite(remainingMs) ? { deadline: deadlineOf(nowMs, remainingMs) } : {}),
    tenant,
    depth: depth + 1,
    root: root ?? run,
    run,
    task: task.key,
    ...scopeOf(state, task),
    path: [...(path ?? []), workDigest(workOf(state), state.inputs?.hash ?? "")],
  };
}

/** What a run is asked, as a digest: the same goal or plan with the same inputs has the same one. */
export function workDigest(work: string | Plan, inputsHash: string): string {
  const text = typeof work === "string" ? work : canonicalJson(work as unknown as Json);
  return hash("sha256", `${inputsHash}\n${text}`, "base64url").slice(0, 22);
}

function workOf({ goal, compiled }: RunState): string | Plan {
  return goal ?? compiled?.plan ?? "";
}

/** A run of another mesh has scopes of its own. */
function scopeOf(state: RunState, { share, child }: TaskState): Pick<CallContext, "scope"> {
  const isHere = share !== undefined && child !== undefined;
  return isHere && state.scope !== undefined ? { scope: state.scope } : {};
}

/** What was set aside for the run behind the call; for a call that has none, what is left. */
function budgetOf(state: RunState, { share }: TaskState, nowMs: number): CallBudget | undefined {
  const { limits } = state;
  const amount = (kind: "tokens" | "usd" | "calls", set: number | undefined): number =>
    Math.max(0, set ?? leftOf(state, kind, nowMs));
  const budget = {
    ...(limits.has("tokens") ? { tokens: amount("tokens", share?.tokens) } : {}),
    ...(limits.has("usd") ? { microUsd: amount("usd", share?.microUsd) } : {}),
    ...(limits.has("calls") ? { calls: amount("calls", share?.calls) } : {}),
  };
  return Object.keys(budget).length === 0 ? undefined : budget;
}

function deadlineOf(nowMs: number, leftMs: number): { readonly atMs: number; readonly remainingMs: number } {
  const remainingMs = Math.max(0, Math.floor(leftMs));
  return { atMs: nowMs + remainingMs, remainingMs };
}

/** The trace is the root's, the span the attempt's: both follow from names, so that a repetition has the same. */
function traceparentOf({ parent, run }: RunState, { key, attempt }: TaskState): string {
  const given = parent?.traceparent?.split("-")[1];
  const trace = given ?? hash("sha256", `trace ${parent?.root ?? run}`, "hex").slice(0, TRACE_ID_CHARS);
  const span = hash("sha256", `span ${run}:${key}:${attempt}`, "hex").slice(0, SPAN_ID_CHARS);
  return `00-${trace}-${span}-01`;
}
