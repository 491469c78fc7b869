/** A finished simulation, laid out for its checks: what was stored in which order, task by task, and what was done outside. */
import type { RunEvent } from "@agentmesh/core";
import { hash } from "node:crypto";
import type { LedgerCall } from "../effect-ledger.ts";
import type { RandomTask } from "../random-plan.ts";
import type { SimulationRecord } from "../simulation.ts";

export interface Violation {
  /** The name of the invariant or promise. */
  readonly invariant: string;
  readonly detail: string;
}

export type TaskEvent = Extract<RunEvent, { type: `task.${string}` }>;

export class RunHistory {
  readonly record: SimulationRecord;
  readonly events: readonly RunEvent[];
  readonly violations: Violation[] = [];
  readonly taskEvents = new Map<string, TaskEvent[]>();
  readonly callsOf = new Map<string, LedgerCall[]>();

  constructor(record: SimulationRecord) {
    this.record = record;
    this.events = record.events;
    for (const event of record.events) if (isTaskEvent(event)) push(this.taskEvents, event.task, event);
    for (const call of record.world.ledger.calls) push(this.callsOf, call.task, call);
  }

  /** No fault has struck: what happens late or twice has no excuse. */
  get isCalm(): boolean {
    const { world } = this.record;
    return Object.keys(world.struck).length === 0 && !world.hasClockJump;
  }

  /** The place of a stored event in the order of everything; Infinity for what was not stored. */
  orderOf(seq: number): number {
    return this.record.world.rows[seq - 1]?.order ?? Number.POSITIVE_INFINITY;
  }

  breach(invariant: string, detail: string): void {
    this.violations.push({ invariant, detail });
  }
}

export function isTaskEvent(event: RunEvent): event is TaskEvent {
  return event.type.startsWith("task.");
}

/** `pages[3]` is an element of `pages`. */
export function taskIdOf(key: string): string {
  return key.replace(/\[\d+\]$/, "");
}

const TASK_ID = /\bt\d+b*\b/g;

/** The tasks that a task refers to, or comes after. */
export function dependenciesOf(task: RandomTask): readonly string[] {
  const { repeat: _repeat, ...rest } = task;
  const named = JSON.stringify(rest).match(TASK_ID) ?? [];
  return [...new Set(named)].filter((id) => id !== task.id);
}

/** As payloads have it. */
export function hashOf(canonicalText: string): string {
  return hash("sha256", canonicalText, "base64url");
}

function push<Item>(lists: Map<string, Item[]>, name: string, item: Item): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}
