/** A run as people and programs see it: what `show --json` prints, and what every viewer folds to. */
import type { CacheHit } from "./cache-hit.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { Finding } from "./finding.ts";
import { type Provenance, sourcesOfTask } from "./provenance.ts";
import type { Payload } from "./payload.ts";
import type { Plan } from "./plan.ts";
import { type BudgetLine, budgetLine } from "./run-budget.ts";
import type { RunOrigin } from "./run-event.ts";
import type { RunParent } from "./run-parent.ts";
import { type Ask, bindingOf, isOver, type RunState, type RunUsage, type TaskState } from "./run-state.ts";

export type PublicRunStatus = "running" | "suspended" | "succeeded" | "failed" | "cancelled";
export type PublicTaskStatus =
  | "pending"
  | "ready"
  | "waiting"
  | "running"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled"
  | "in_doubt";

export interface TaskView {
  readonly id: string;
  readonly status: PublicTaskStatus;
  /** The tool as the plan names it, and the tool it is bound to. */
  readonly use: string;
  readonly tool?: string;
  readonly attempt: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly output?: Payload;
  readonly error?: ErrorRecord;
  /** Its value is that of an earlier call. */
  readonly cache?: CacheHit;
  /** The run behind its newest call. */
  readonly child?: string;
  /** What its value directly stands on: names of inputs, ids of tasks; see provenanceOfTask for the rest. */
  readonly from: Provenance;
  readonly argumentsFrom: Readonly<Record<string, readonly string[]>>;
  /** It did not run: its outcome is that of this event of another run. */
  readonly reusedFrom?: { readonly run: string; readonly seq: number };
}

/** What a run waits for outside itself; the name is what `approve`, `resolve` or `signal` is called with. */
export interface WaitView {
  readonly for: "approval" | "signal" | "event" | "time" | "child" | "resolution";
  /** A task's key, `plan` or `budget`. */
  readonly name: string;
  readonly sinceMs: number;
  readonly untilMs?: number;
  readonly message?: string;
  /** The tool that would be called, and with what. */
  readonly tool?: string;
  readonly args?: Payload;
  /** What a server asks in the middle of the call, as `{ mode: "form", schema }` or `{ mode: "url", url }`; absent: the call waits itself. */
  readonly form?: Payload;
  /** The signal or event. */
  readonly signal?: string;
  /** The run that waits for somebody itself. */
  readonly child?: string;
}

/** A run without its tasks: as much work for a large run as for a small one. */
export interface RunOutline {
  readonly run: string;
  readonly tenant: string;
  readonly name: string;
  readonly status: PublicRunStatus;
  readonly goal?: string;
  /** The run that this one is forked off. */
  readonly fork?: RunOrigin;
  /** The run that has started this one. */
  readonly parent?: RunParent;
  readonly createdAtMs: number;
  readonly endedAtMs?: number;
  /** The newest sequence number that this view holds. */
  readonly seq: number;
  readonly revision: number;
  readonly plan?: Plan;
  readonly findings: readonly Finding[];
  readonly output?: Payload;
  readonly answer?: Payload;
  readonly citations: readonly string[];
  readonly waits: readonly WaitView[];
  /** Limits in tokens, millionths of a US dollar, calls and milliseconds; only those that there are. */
  readonly budget: readonly BudgetLine[];
  readonly error?: ErrorRecord;
  readonly usage: RunUsage;
  /** The first stored event that cannot be read: the view is of what came before it. */
  readonly damage?: ErrorRecord;
}

export interface RunView extends RunOutline {
  readonly tasks: Readonly<Record<string, TaskView>>;
}

export function publicStatus(state: RunState): PublicRunStatus {
  const { status } = state;
  return status === "none" || status === "cancelling" || status === "stopping" ? "running" : status;
}

export function runView(state: RunState): RunView {
  const tasks = Object.create(null) as Record<string, TaskView>;
  for (const list of [state.superseded, state.tasks]) for (const task of list) tasks[task.key] = taskView(state, task);
  return { ...runOutline(state), tasks };
}

export function runOutline(state: RunState): RunOutline {
  return {
    run: state.run,
    tenant: state.tenant,
    name: state.name,
    status: publicStatus(state),
    createdAtMs: state.createdAtMs,
    seq: state.seq,
    revision: state.revision,
    findings: state.warnings,
    citations: state.citations,
    waits: [...[...state.inDoubt].map(doubtView), ...[...state.asks.values()].map(waitView)],
    budget: [...state.limits.keys()].flatMap((kind) => budgetLine(state, kind, state.lastAtMs) ?? []),
    usage: { ...state.usage },
    ...optional({
      goal: state.goal,
      fork: state.fork,
      parent: state.parent,
      plan: state.compiled?.plan,
      output: state.output,
      answer: state.answer,
      error: state.error,
    }),
    ...(isOver(state) ? { endedAtMs: state.endedAtMs } : {}),
  };
}

function doubtView(task: TaskState): WaitView {
  const { key, error, endedAtMs } = task;
  return { for: "resolution", name: key, sinceMs: endedAtMs, ...optional({ message: error?.message }) };
}

function waitView({ kind, key, sinceMs, untilMs, message, tool, args, form, name }: Ask): WaitView {
  const until = Number.isFinite(untilMs) ? { untilMs } : {};
  return {
    for: kind,
    name: key,
    sinceMs,
    ...until,
    ...optional({ message, tool, args, form, [kind === "child" ? "child" : "signal"]: name }),
  };
}

export function taskView(state: RunState, task: TaskState): TaskView {
  const { key, compiled, attempt, output, child, reusedFrom, startedAtMs, endedAtMs } = task;
  const status = publicTaskStatus(state, task);
  const { from, argumentsFrom } = sourcesOfTask(state.compiled, compiled);
  const tool = bindingOf(state, task)?.tool;
  const cache = state.cached.get(task);
  const view: Writable<TaskView> = { id: key, status, use: compiled.spec.use, attempt, from, argumentsFrom };
  if (tool !== undefined) view.tool = tool;
  if (output !== undefined) view.output = output;
  if (cache !== undefined) view.cache = cache;
  if (task.error !== undefined && task.status !== "succeeded") view.error = task.error;
  if (child !== undefined) view.child = child;
  if (reusedFrom !== undefined) view.reusedFrom = reusedFrom;
  if (startedAtMs > 0) view.startedAtMs = startedAtMs;
  if (endedAtMs > 0) view.endedAtMs = endedAtMs;
  return view;
}

/** While it is built: fields that it has not are absent, and copies of a view for each of 10,000 tasks would take long. */
type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

function publicTaskStatus(state: RunState, task: TaskState): PublicTaskStatus {
  const { status } = task;
  if (status === "expanded") return "running";
  const hasNotStarted = status === "pending" || status === "ready" || status === "waiting" || status === "dispatched";
  if (hasNotStarted && isOver(state)) return "cancelled";
  return status === "dispatched" ? "ready" : status;
}

/** The entries that have a value. */
function optional<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
