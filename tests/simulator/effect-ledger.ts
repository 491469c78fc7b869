/** What was really done outside, whoever has died meanwhile: the truth about side effects. */
import type { Json, ToolEffect } from "@agentmesh/core";

/** How a call ended for whoever made it. `none`: nothing was ever heard of it. */
export type CallAnswer = "none" | "ok" | "failed" | "refused" | "unknown";

/** A call as it left its process. */
export interface LedgerCall {
  readonly number: number;
  /** Its place in the order of everything that happened. */
  readonly order: number;
  readonly task: string;
  readonly attempt: number;
  readonly key: string;
  readonly tool: string;
  readonly effect: ToolEffect;
  /** Canonical JSON. */
  readonly args: string;
  readonly process: string;
  effects: number;
  answer: CallAnswer;
  /** What it gave, when it gave something. */
  value?: Json;
}

export interface NodeCallEntry {
  readonly call: string;
  readonly order: number;
}

export class EffectLedger {
  readonly calls: LedgerCall[] = [];
  readonly nodeCalls: NodeCallEntry[] = [];

  add(call: Omit<LedgerCall, "number" | "effects" | "answer">): LedgerCall {
    const entry: LedgerCall = { ...call, number: this.calls.length + 1, effects: 0, answer: "none" };
    this.calls.push(entry);
    return entry;
  }
}
