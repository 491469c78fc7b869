/** A plan as nodes and edges, coloured by a run's state if there is one. Linear in tasks and references. */
import { compilePlan, elementReferences, referencesIn } from "../compiled-plan.ts";
import type { CompiledTask } from "../compiled-task.ts";
import { APPROVE_TOOL } from "../mesh-tools.ts";
import type { Plan } from "../plan.ts";
import { formatReference } from "../reference.ts";
import type { PublicTaskStatus, RunView, TaskView } from "../run-view.ts";

/** `data`: a value flows. `condition`: `when` reads it. `after`: order alone. */
export type PlanEdgeKind = "data" | "after" | "condition";

export interface PlanEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: PlanEdgeKind;
}

export interface PlanNode {
  readonly id: string;
  readonly use: string;
  /** The tool that it is bound to, in a run. */
  readonly tool?: string;
  readonly when?: string;
  /** `in`: a reference, or `list` for a list of values. */
  readonly each?: { readonly in: string; readonly as: string; readonly maxItems?: number };
  /** Whether a person is asked before its call, or by it. */
  readonly asks: boolean;
  readonly status?: PublicTaskStatus;
  /** Of an `each` that has begun: how many elements it has. */
  readonly elements?: number;
  /** The run that its outcome was taken over from. */
  readonly reusedFrom?: string;
}

export interface PlanGraph {
  readonly name: string;
  readonly nodes: readonly PlanNode[];
  readonly edges: readonly PlanEdge[];
}

/** Edges to tasks that do not exist are left out: the check tells of them. */
export function planGraph(plan: Plan, tasks: RunView["tasks"] = {}): PlanGraph {
  const compiled = compilePlan(plan);
  const elements = elementCounts(Object.keys(tasks));
  return {
    name: plan.name,
    nodes: compiled.tasks.map((task) => nodeOf(task, tasks, elements)),
    edges: compiled.tasks.flatMap((task) => edgesOf(task, compiled.indexOf)),
  };
}

function nodeOf(task: CompiledTask, tasks: RunView["tasks"], elements: ReadonlyMap<string, number>): PlanNode {
  const { id, use, when, approve } = task.spec;
  const count = elements.get(id);
  return {
    id,
    use,
    ...(when === undefined ? {} : { when }),
    ...eachOf(task),
    asks: use === APPROVE_TOOL.name || (approve !== undefined && approve !== false),
    ...stateOf(Object.hasOwn(tasks, id) ? tasks[id] : undefined),
    ...(count === undefined ? {} : { elements: count }),
  };
}

function eachOf({ spec: { each }, list }: CompiledTask): Pick<PlanNode, "each"> {
  if (each === undefined) return {};
  const reference = list?.reference;
  const from = reference === undefined ? "list" : formatReference(reference);
  return { each: { in: from, as: each.as, ...(each.maxItems === undefined ? {} : { maxItems: each.maxItems }) } };
}

function stateOf(task: TaskView | undefined): Pick<PlanNode, "tool" | "status" | "reusedFrom"> {
  if (task === undefined) return {};
  const { status, tool, reusedFrom } = task;
  return {
    status,
    ...(tool === undefined ? {} : { tool }),
    ...(reusedFrom === undefined ? {} : { reusedFrom: reusedFrom.run }),
  };
}

/** One edge of a kind between two tasks, however often the one is named by the other. */
function edgesOf(task: CompiledTask, indexOf: ReadonlyMap<string, number>): readonly PlanEdge[] {
  const { spec, list, when } = task;
  const isTask = (root: string): boolean => indexOf.has(root) && root !== spec.id;
  const edges = (kind: PlanEdgeKind, roots: readonly string[]): readonly PlanEdge[] =>
    [...new Set(roots)].filter(isTask).map((from) => ({ from, to: spec.id, kind }));
  const read = elementReferences(task).filter(({ root }) => root !== spec.each?.as);
  return [
    ...edges(
      "data",
      [...referencesIn(list), ...read].map(({ root }) => root),
    ),
    ...edges(
      "condition",
      (when?.references ?? []).map(({ root }) => root),
    ),
    ...edges("after", spec.after ?? []),
  ];
}

/** `pages[3]` is an element of `pages`. */
function elementCounts(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const bracket = key.indexOf("[");
    if (bracket < 0) continue;
    const id = key.slice(0, bracket);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
