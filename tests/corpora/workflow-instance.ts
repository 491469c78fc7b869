/** Workflows that people really ran (WfInstances): graphs with the time that each task took, and what no schedule can beat. */
import { readFileSync } from "node:fs";
import { Plan, type PlanTask } from "@agentmesh/core";
import { corpus } from "./corpora-folder.ts";
import { WORK_TOOL } from "./virtual-run.ts";

interface StoredInstance {
  readonly name: string;
  /** Of each task: the tasks before it, by number. */
  readonly parents: readonly (readonly number[])[];
  /** Of each task, in seconds. */
  readonly runtime: readonly number[];
}

export interface WorkflowInstance {
  readonly name: string;
  /** The tasks before each task, by id. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** How long each task took, in milliseconds. */
  readonly durationMs: ReadonlyMap<string, number>;
}

export function workflowInstances(): readonly WorkflowInstance[] {
  const text = readFileSync(corpus("wfinstances/instances.json"), "utf8");
  const { instances } = JSON.parse(text) as { readonly instances: readonly StoredInstance[] };
  return instances.map(({ name, parents, runtime }) => ({
    name,
    parents: new Map(parents.map((before, task) => [taskId(task), before.map(taskId)])),
    durationMs: new Map(runtime.map((seconds, task) => [taskId(task), Math.max(1, Math.round(seconds * 1_000))])),
  }));
}

/** All of them as one, side by side. */
export function mergedInstance(instances: readonly WorkflowInstance[]): WorkflowInstance {
  const parents = new Map<string, readonly string[]>();
  const durationMs = new Map<string, number>();
  for (const [index, instance] of instances.entries()) {
    const inside = (task: string): string => `w${index}_${task}`;
    for (const [task, before] of instance.parents) parents.set(inside(task), before.map(inside));
    for (const [task, ms] of instance.durationMs) durationMs.set(inside(task), ms);
  }
  return { name: "all", parents, durationMs };
}

/** `isExpected`: with the true durations as `expectMs`. */
export function planOf({ name, parents, durationMs }: WorkflowInstance, isExpected: boolean): Plan {
  const tasks = [...parents].map(([id, after]): PlanTask => {
    const expectMs = durationMs.get(id) ?? 0;
    return { id, use: WORK_TOOL.name, args: {}, after: [...after], ...(isExpected ? { expectMs } : {}) };
  });
  return Plan.parse({ mesh: 1, name, tasks });
}

export interface WorkflowBounds {
  /** All durations together. */
  readonly workMs: number;
  /** The longest chain. */
  readonly criticalPathMs: number;
}

export function boundsOf({ parents, durationMs }: WorkflowInstance): WorkflowBounds {
  const endMs = new Map<string, number>();
  let workMs = 0;
  for (const task of inOrder(parents)) {
    const own = durationMs.get(task) ?? 0;
    const readyMs = Math.max(0, ...(parents.get(task) ?? []).map((before) => endMs.get(before) ?? 0));
    endMs.set(task, readyMs + own);
    workMs += own;
  }
  return { workMs, criticalPathMs: Math.max(0, ...endMs.values()) };
}

/** Every task after those before it: depth first, without recursion. */
function inOrder(parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const done = new Set<string>();
  const stack = [...parents.keys()];
  for (let task = stack.at(-1); task !== undefined; task = stack.at(-1)) {
    const open = done.has(task) ? [] : (parents.get(task) ?? []).filter((before) => !done.has(before));
    stack.push(...open);
    if (open.length > 0) continue;
    done.add(task);
    stack.pop();
  }
  return done;
}

function taskId(task: number): string {
  return `t${task}`;
}
