/** What a run tells the run that one of its calls has: where it stands, and how much it may still use up. */

import type { RunScope } from "@agentmesh/core";

/** Limits of the callee; absent where there is none. It may only lower its own. */
export interface CallBudget {
  /** Tokens of all model calls, in and out. */
  readonly tokens?: number;
  /** Millionths of a US dollar. */
  readonly microUsd?: number;
  /** Tool calls. */
  readonly calls?: number;
}

export interface CallContext {
  /** W3C trace context: the trace of the root run, the span of the task's attempt. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly budget?: CallBudget;
  /** When the caller's time is over, in ms since the Unix epoch by its clock, and how many ms that is from the call on. */
  readonly deadline?: { readonly atMs: number; readonly remainingMs: number };
  /** Whom the caller says that it calls for: a claim. */
  readonly tenant?: string;
  /** How many runs are above the callee's: 1 when the caller has no parent. */
  readonly depth: number;
  /** The run that has no parent, the run that calls, and the key of the task whose call this is. */
  readonly root: string;
  readonly run: string;
  readonly task: string;
  /** What the runs above were asked, as digests, the root's first. */
  readonly path: readonly string[];
  /** Which tools the caller may use; said to runs of this mesh alone. */
  readonly scope?: RunScope;
}
