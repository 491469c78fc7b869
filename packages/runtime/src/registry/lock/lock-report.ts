/** What a lock file says, beside what the servers say now. */
import type { ToolChange, ToolSpec } from "@agentmesh/core";
import { changesBetween, definitionOf } from "../tool-definition.ts";
import { lockOf, type PinnedTool, pinnedTool, type ToolLock } from "./tool-lock.ts";

export interface LockedToolChange {
  /** `server.tool`. */
  readonly tool: string;
  readonly kind: "added" | "changed" | "removed";
  /** Of a changed tool. */
  readonly changes: readonly ToolChange[];
}

export interface LockReport {
  readonly file: string;
  /** Whether the file has every tool as it is now, as far as it can be known. */
  readonly isCurrent: boolean;
  /** How many tools it has, or has got. */
  readonly tools: number;
  readonly changes: readonly LockedToolChange[];
  /** Servers that could not be asked: what was locked of them stays. */
  readonly unreachable: readonly string[];
}

export interface LockSubject {
  readonly file: string;
  /** Undefined: there is no file. */
  readonly before: ToolLock | undefined;
  /** Of all servers that could be asked. */
  readonly tools: readonly ToolSpec[];
  readonly unreachable: readonly string[];
}

export function compareLock({ file, before, tools, unreachable }: LockSubject): { report: LockReport; next: ToolLock } {
  const known = new Map(Object.entries(before?.tools ?? {}));
  const away = new Set(unreachable);
  const kept = [...known].filter(([tool]) => away.has(tool.slice(0, tool.indexOf("."))));
  const next = new Map([...kept, ...tools.map((spec) => [spec.name, pinnedTool(spec)] as const)]);
  const gone = [...known.keys()].filter((tool) => !next.has(tool));
  const changes = [
    ...tools.flatMap((spec) => changeOf(spec, known.get(spec.name)) ?? []),
    ...gone.map((tool): LockedToolChange => ({ tool, kind: "removed", changes: [] })),
  ].toSorted((left, right) => (left.tool < right.tool ? -1 : 1));
  const isCurrent = before !== undefined && changes.length === 0;
  return { report: { file, isCurrent, tools: next.size, changes, unreachable }, next: lockOf(next) };
}

function changeOf(spec: ToolSpec, pinned: PinnedTool | undefined): LockedToolChange | undefined {
  if (pinned?.fingerprint === spec.fingerprint) return undefined;
  if (pinned === undefined) return { tool: spec.name, kind: "added", changes: [] };
  const { fingerprint: _fingerprint, ...definition } = pinned;
  return { tool: spec.name, kind: "changed", changes: changesBetween(definition, definitionOf(spec)) };
}
