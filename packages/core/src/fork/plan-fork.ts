/**
 * Plans a fork: what has an outcome that still holds is taken over, everything else runs. Pure; linear in the events and the
 * plan. A task's outcome holds when its definition, and everything that it stands on, is the same as then.
 */
import { type CompiledPlan, compilePlan, elementReferences, referencesIn } from "../compiled-plan.ts";
import type { CompiledTask } from "../compiled-task.ts";
import { canonicalJson, type Json } from "../json.ts";
import { APPROVE_TOOL } from "../mesh-tools.ts";
import type { Payload } from "../payload.ts";
import type { Plan, PlanTask } from "../plan.ts";
import type { Reference } from "../reference.ts";
import type { RunEvent, RunOrigin } from "../run-event.ts";
import type { ReusedTask } from "../run-input.ts";
import { bindingOf, type TaskState } from "../run-state.ts";
import { publicStatus } from "../run-view.ts";
import { ForkPlanMissingError, ForkTaskNeverRanError, ForkTaskUnknownError } from "./fork-error.ts";
import type { ForkPlan, RepeatedEffect, Rerun, RerunReason } from "./fork-plan.ts";
import { ForkSource } from "./fork-source.ts";

export interface ForkRequest {
  /** Keys of tasks that run again, with everything that stands on them. None: only what has no outcome runs. */
  readonly from: readonly string[];
  /** Another plan in place of the run's. */
  readonly plan?: Plan;
  /** Names of inputs that get another value. */
  readonly changedInputs?: readonly string[];
  /** The fingerprint of a tool as it is now; undefined: it is not there. */
  readonly fingerprintOf: (tool: string) => string | undefined;
  /** Whether the value behind a payload can be read. */
  readonly isStored: (payload: Payload) => boolean;
}

interface Cause {
  readonly reason: RerunReason;
  readonly because?: string;
}

/** Of a task, or of one of its elements, that has nothing to take over; undefined where it has. */
type CauseOf = (task: TaskState) => Cause | undefined;

/** What says how a task is called, asked for or shown, and nothing about what it gives. */
const BESIDE_THE_VALUE: ReadonlySet<string> = new Set([
  "note",
  "reason",
  "expectMs",
  "retry",
  "timeoutMs",
  "approve",
  "cache",
]);
/** Elements of these can be taken over one by one: the list is the same. */
const SPLIT: ReadonlySet<RerunReason> = new Set(["elements", "unfinished", "failed"]);

/** Throws ForkPlanMissingError, ForkTaskUnknownError, ForkTaskNeverRanError. */
export function planFork(events: readonly RunEvent[], request: ForkRequest): ForkPlan {
  const source = new ForkSource(events);
  const { state } = source;
  if (state.compiled === undefined) throw new ForkPlanMissingError(state.run);
  for (const key of request.from) assertCanForkFrom(source, state.compiled, key);
  const compiled = request.plan === undefined ? state.compiled : compilePlan(request.plan);
  const ownCause = causeFinder(source, request);
  const causes = spread(compiled, (task) => causeOfTask(source, { task, request, ownCause }));
  const runs = [...causes].flatMap(([id, cause]) =>
    rerunsOf(source, { task: taskNamed(compiled, id), cause, ownCause }),
  );
  const running = new Set(runs.map(({ task }) => task));
  const reused = compiled.tasks.flatMap(({ spec }) => reusedOf(source, spec.id, { causes, running }));
  return {
    origin: originOf(source, request),
    status: publicStatus(state),
    plan: compiled.plan,
    ...(state.goal === undefined ? {} : { goal: state.goal }),
    by: state.isPlannedByModel && request.plan === undefined ? "planner" : "caller",
    reused,
    runs,
    repeats: repeatsOf(source, { causes, running }),
  };
}

function originOf({ state: { run, seq } }: ForkSource, { from, changedInputs = [], plan }: ForkRequest): RunOrigin {
  return {
    run,
    seq,
    from: [...from],
    ...(changedInputs.length === 0 ? {} : { changedInputs: [...changedInputs] }),
    ...(plan === undefined ? {} : { isPlanChanged: true }),
  };
}

function taskNamed(compiled: CompiledPlan, id: string): CompiledTask | undefined {
  return compiled.tasks[compiled.indexOf.get(id) ?? -1];
}

function assertCanForkFrom(source: ForkSource, compiled: CompiledPlan, key: string): void {
  const { state } = source;
  const task = state.taskOf.get(key);
  if (task === undefined)
    throw new ForkTaskUnknownError(
      state.run,
      key,
      state.tasks.map((each) => each.key),
    );
  if (source.hasRun(task) || task.reusedFrom !== undefined) return;
  throw new ForkTaskNeverRanError(state.run, key, {
    status: task.status,
    before: nearestThatRan(source, compiled, task.compiled),
  });
}

function nearestThatRan(source: ForkSource, compiled: CompiledPlan, task: CompiledTask): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<number>();
  const open = [...task.dependencies];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const before = source.state.planned[next];
    if (before === undefined || seen.has(next)) continue;
    seen.add(next);
    if (source.hasRun(before)) found.add(before.key);
    else for (const earlier of compiled.tasks[next]?.dependencies ?? []) open.push(earlier);
  }
  return [...found];
}

/** Why a task or an element that was there has no outcome to take over, by itself. */
function causeFinder(source: ForkSource, { from, isStored }: ForkRequest): CauseOf {
  const asked = new Set(from);
  return (task) => {
    if (asked.has(task.key)) return { reason: "from" };
    const unsettled = unsettledReason(source, task);
    if (unsettled !== undefined) return { reason: unsettled };
    if (task.output?.isRedacted === true) return { reason: "redacted" };
    return task.output === undefined || isStored(task.output) ? undefined : { reason: "lost" };
  };
}

/** A failure that the plan goes on from is an outcome; an element that was skipped because another one failed has none. */
function unsettledReason(source: ForkSource, task: TaskState): RerunReason | undefined {
  switch (task.status) {
    case "succeeded":
      return undefined;
    case "skipped":
      return task.element === undefined ? undefined : "unfinished";
    case "in_doubt":
      return "in_doubt";
    case "failed":
      if (task.isHandled) return undefined;
      return source.hasRun(task) ? "failed" : "unfinished";
    default:
      return "unfinished";
  }
}

interface Asked {
  readonly task: CompiledTask;
  readonly request: ForkRequest;
  readonly ownCause: CauseOf;
}

/** Why a task of the fork's plan runs, but for what stands before it. */
function causeOfTask(source: ForkSource, { task, request, ownCause }: Asked): Cause | undefined {
  const before = source.state.taskOf.get(task.spec.id);
  if (before === undefined) return { reason: "new" };
  const edited = request.plan === undefined ? undefined : editOf(source, before, { task, request });
  const input = inputRead(task, request.changedInputs ?? []);
  if (edited !== undefined) return edited;
  if (input !== undefined) return { reason: "input", because: input };
  return ownCause(before) ?? elementCause(before, ownCause);
}

function editOf(
  { state }: ForkSource,
  before: TaskState,
  { task, request }: Pick<Asked, "task" | "request">,
): Cause | undefined {
  if (definitionOf(task.spec) !== definitionOf(before.compiled.spec)) return { reason: "changed" };
  const binding = bindingOf(state, before);
  const isSame = binding !== undefined && request.fingerprintOf(binding.tool) === binding.fingerprint;
  return isSame ? undefined : { reason: "tool", because: binding?.tool ?? task.spec.use };
}

/** What decides the value that a task gives. */
function definitionOf(spec: PlanTask): string {
  const entries = Object.entries(spec).filter(([name, value]) => value !== undefined && !BESIDE_THE_VALUE.has(name));
  return canonicalJson(Object.fromEntries(entries) as Json);
}

function inputRead(task: CompiledTask, changed: readonly string[]): string | undefined {
  if (changed.length === 0) return undefined;
  const read: readonly Reference[] = [
    ...elementReferences(task),
    ...referencesIn(task.list),
    ...(task.when?.references ?? []),
  ];
  const inputs = read.filter(({ root }) => root === "inputs" && root !== task.spec.each?.as);
  return changed.find((name) => inputs.some(({ path: [first] }) => first === undefined || first === name));
}

function elementCause({ group }: TaskState, ownCause: CauseOf): Cause | undefined {
  const element = group?.elements.find((one) => ownCause(one) !== undefined);
  return element === undefined ? undefined : { reason: "elements", because: element.key };
}

type Causes = Map<number, Cause>;

/** Why each task runs that does, by its id and in plan order. */
function spread(
  compiled: CompiledPlan,
  causeOf: (task: CompiledTask) => Cause | undefined,
): ReadonlyMap<string, Cause> {
  const causes: Causes = new Map();
  for (const task of compiled.tasks) {
    const cause = causeOf(task);
    if (cause !== undefined) causes.set(task.index, cause);
  }
  addDependents(compiled, causes);
  addApprovals(compiled, causes);
  return new Map(compiled.tasks.flatMap(({ index, spec }) => entryOf(spec.id, causes.get(index))));
}

function entryOf(id: string, cause: Cause | undefined): readonly (readonly [string, Cause])[] {
  return cause === undefined ? [] : [[id, cause]];
}

/** What stands on a task that runs, runs; and then none of its elements can be taken over. */
function addDependents(compiled: CompiledPlan, causes: Causes): void {
  const open = [...causes.keys()];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const task = compiled.tasks[next];
    for (const index of task?.dependents ?? []) {
      const known = causes.get(index);
      if (known === undefined) open.push(index);
      if (known === undefined || SPLIT.has(known.reason))
        causes.set(index, { reason: "downstream", because: task?.spec.id ?? "" });
    }
  }
}

/** A person who has agreed to something has not agreed to it twice. What stands on the old answer and is over stays so. */
function addApprovals(compiled: CompiledPlan, causes: Causes): void {
  for (const { index, spec, dependents } of compiled.tasks) {
    const because = dependents.find((dependent) => causes.has(dependent));
    if (spec.use !== APPROVE_TOOL.name || because === undefined || causes.has(index)) continue;
    causes.set(index, { reason: "approval", because: compiled.tasks[because]?.spec.id ?? "" });
  }
}

/** The task, and those of its elements that run where the others are taken over. */
function rerunsOf(
  source: ForkSource,
  {
    task,
    cause,
    ownCause,
  }: { readonly task: CompiledTask | undefined; readonly cause: Cause; readonly ownCause: CauseOf },
): readonly Rerun[] {
  if (task === undefined) return [];
  const before = source.state.taskOf.get(task.spec.id);
  const tool = before === undefined || cause.reason === "changed" ? task.spec.use : source.toolOf(before);
  const elements = SPLIT.has(cause.reason) ? (before?.group?.elements ?? []) : [];
  const running = elements.flatMap((element) => {
    const own = ownCause(element);
    return own === undefined ? [] : [{ task: element.key, tool, ...own }];
  });
  return [{ task: task.spec.id, tool, ...cause }, ...running];
}

interface Choice {
  readonly causes: ReadonlyMap<string, Cause>;
  /** Keys of all that runs. */
  readonly running: ReadonlySet<string>;
}

/** A task with its elements; or, where only some elements run, the others. */
function reusedOf(source: ForkSource, id: string, { causes, running }: Choice): readonly ReusedTask[] {
  const task = source.state.taskOf.get(id);
  if (task === undefined) return [];
  const cause = causes.get(id);
  if (cause !== undefined && !SPLIT.has(cause.reason)) return [];
  const elements = (task.group?.elements ?? []).filter(({ key }) => !running.has(key));
  const reused = elements.map((element) => source.reusedFrom(element));
  return cause === undefined ? [source.reusedFrom(task), ...reused] : reused;
}

/** Of tasks that are not in the fork's plan any more nothing is repeated. */
function repeatsOf(source: ForkSource, { causes, running }: Choice): readonly RepeatedEffect[] {
  return source.state.tasks.flatMap((task) => {
    const cause = causes.get(task.compiled.spec.id);
    const calls = source.callsOf(task);
    const isSplit = cause !== undefined && SPLIT.has(cause.reason) && task.element !== undefined;
    if (cause === undefined || calls === undefined || (isSplit && !running.has(task.key))) return [];
    const effect = source.effectOf(task);
    // An idempotent call too: made again later, it may undo what has been done since.
    if (effect === "read") return [];
    const { count, args } = calls;
    const isInDoubt = task.status === "in_doubt" || task.status === "running" || task.status === "cancelled";
    return [
      {
        task: task.key,
        tool: source.toolOf(task),
        effect,
        calls: count,
        ...(args === undefined ? {} : { args }),
        isInDoubt,
      },
    ];
  });
}
