/** Folds events into a trace. What is ready, bound or asked for is read off the run's state, which is folded beside it. */
import type { TaskEvent } from "../evolve.ts";
import { evolve } from "../evolve.ts";
import type { ChildEvent } from "../evolve-child.ts";
import type { RunEvent, RunEventOf } from "../run-event.ts";
import { bindingOf, isOver, RunState, type TaskState } from "../run-state.ts";
import { publicStatus } from "../run-view.ts";
import { HeldTime } from "./held-time.ts";
import type { RunTrace, TraceLink, TraceMark } from "./run-trace.ts";
import { latestOf, type PhaseEnd, TaskTimeline } from "./task-timeline.ts";
import { SpanList, type SpanStatus, type TraceSpan } from "./trace-span.ts";

type OtherEvent = Exclude<RunEvent, TaskEvent | ChildEvent>;
type ModelEvent = RunEventOf<"model.called" | "model.failed">;
type EndEvent = RunEventOf<"task.succeeded" | "task.failed" | "task.skipped" | "task.cancelled">;

interface OpenNodeSpan {
  readonly span: TraceSpan;
  readonly cause: TraceLink | undefined;
}

const END_STATUS = {
  "task.succeeded": "succeeded",
  "task.failed": "failed",
  "task.skipped": "skipped",
  "task.cancelled": "cancelled",
} as const satisfies Record<EndEvent["type"], SpanStatus>;

export class TraceFold {
  readonly #state = new RunState();
  readonly #list = new SpanList();
  readonly #held = new HeldTime();
  readonly #marks: TraceMark[] = [];
  /** Every timeline, and the newest of each key: a later plan may use the name of a task that no longer counts. */
  readonly #timelines: TaskTimeline[] = [];
  readonly #tasks = new Map<string, TaskTimeline>();
  /** Node calls and attempts, by the name that model calls give for their caller. */
  readonly #callers = new Map<string, TraceSpan>();
  #node: OpenNodeSpan | undefined;
  /** What was over last. */
  #last: TraceLink | undefined;
  /** What was over last when the newest plan was accepted. */
  #accepted: { readonly link: TraceLink | undefined; readonly seq: number } = { link: undefined, seq: 0 };
  #createdAtMs = 0;
  #nowMs = 0;
  #seq = 0;
  /** From then on nothing waits any more: the run is about to end. */
  #stoppedAtMs = Number.POSITIVE_INFINITY;

  /** A clock that was set back does not turn time round: an event is never before the one that it follows. */
  take(event: RunEvent): void {
    if (event.type === "run.created") this.#create(event);
    const beforeMs = this.#nowMs;
    this.#nowMs = Math.max(beforeMs, event.atMs - this.#createdAtMs);
    this.#seq = event.seq;
    if (event.type === "run.resumed" && event.cause === "recovered") this.#held.add("recovery", beforeMs, this.#nowMs);
    if (event.type.startsWith("task.")) this.#takeTask(event as TaskEvent);
    else if (event.type === "child.started" || event.type === "child.settled") this.#linkChild(event);
    else this.#takeOther(event as OtherEvent);
    evolve(this.#state, event);
    if (event.type === "plan.accepted") this.#showReused(this.#state.planned);
    else if (event.type === "task.expanded")
      this.#showReused(this.#state.taskOf.get(event.task)?.group?.elements ?? []);
  }

  /** What was taken over from another run takes no time: it is there with the plan, or with its list. */
  #showReused(tasks: readonly TaskState[]): void {
    const reused = tasks.filter(({ reusedFrom }) => reusedFrom !== undefined);
    for (const task of reused) {
      const timeline = this.#touch(task.key, false);
      const end = { status: reusedStatus(task), facts: { reusedFrom: task.reusedFrom?.run ?? "" } };
      timeline.close(this.#nowMs, end);
      this.#finishTask(timeline, end);
      this.#showReused(task.group?.elements ?? []);
    }
    const [first] = reused;
    if (first !== undefined && first.element === undefined)
      this.#mark("reuse", `${reused.length} reused from ${first.reusedFrom?.run ?? ""}`);
  }

  finish(): RunTrace {
    const isComplete = isOver(this.#state);
    this.#touchWaiting();
    const open = this.#closeOpen(isComplete);
    const last = isComplete ? this.#last : (open ?? this.#last);
    const [root] = this.#list.spans;
    if (root !== undefined) {
      root.endMs = this.#nowMs;
      root.status = runSpanStatus(publicStatus(this.#state));
    }
    return {
      run: this.#state.run,
      name: this.#state.name,
      status: publicStatus(this.#state),
      seq: this.#seq,
      isComplete,
      createdAtMs: this.#createdAtMs,
      durationMs: this.#nowMs,
      spans: this.#list.spans.toSorted((left, right) => left.startMs - right.startMs || left.id - right.id),
      tasks: this.#timelines,
      marks: this.#marks,
      last,
      tailWaits: this.#held.within(last?.endMs ?? 0, this.#nowMs),
    };
  }

  #create({ atMs, name }: RunEventOf<"run.created">): void {
    this.#createdAtMs = atMs;
    this.#list.add({ kind: "run", name, startMs: 0, endMs: 0, status: "open" });
  }

  #takeTask(event: TaskEvent): void {
    if (event.type === "task.reused") return;
    const task = this.#touch(event.task, event.type === "task.failed");
    switch (event.type) {
      case "task.expanded":
        task.close(this.#nowMs, { status: "succeeded" });
        task.expansion = { ...this.#linkOf(task), part: "expand" };
        task.span.facts = { ...task.span.facts, elements: event.count };
        return;
      case "task.waiting":
        return this.#wait(task, event);
      case "task.started":
        return this.#start(task, event);
      case "task.retried":
        task.close(this.#nowMs, {
          status: "retried",
          facts: { retry: event.cause, ...(event.error === undefined ? {} : { error: event.error.code }) },
        });
        return this.#waitAgain(task, event);
      case "task.in_doubt":
        task.close(this.#nowMs, { status: "in_doubt", facts: { error: event.error.code } });
        this.#mark("doubt", `in doubt: ${event.task}`);
        return task.wait("doubt", this.#nowMs);
      case "task.resolved":
        task.close(this.#nowMs, { status: "succeeded" });
        if (event.as === "retry") return task.wait("queue", this.#nowMs);
        return this.#end(task, { status: event.as === "done" ? "succeeded" : "failed" });
      default:
        return this.#settle(task, event);
    }
  }

  /** A built-in wait begins; or the run behind a call waits itself, and so does the task. */
  #wait(task: TaskTimeline, event: RunEventOf<"task.waiting">): void {
    task.close(this.#nowMs, { status: event.for === "child" ? "suspended" : "succeeded" });
    task.wait(event.for, this.#nowMs);
  }

  #waitAgain(task: TaskTimeline, { cause, dueAtMs }: RunEventOf<"task.retried">): void {
    if (cause === "child") task.wait("queue", this.#nowMs);
    else task.wait("back-off", this.#nowMs, dueAtMs - this.#createdAtMs);
  }

  #start(task: TaskTimeline, event: RunEventOf<"task.started">): void {
    task.close(this.#nowMs, { status: "succeeded" });
    const tool = this.#toolOf(this.#state.taskOf.get(event.task));
    const facts = { attempt: event.attempt, ...(tool === undefined ? {} : { tool }) };
    this.#callers.set(`${event.task}#${event.attempt}`, task.attempt(this.#nowMs, facts));
  }

  #settle(task: TaskTimeline, event: EndEvent): void {
    const status = END_STATUS[event.type];
    const isHit = event.type === "task.succeeded" && event.cache !== undefined;
    const error = event.type === "task.failed" ? { error: event.error.code } : {};
    this.#end(task, { status, facts: { ...error, ...(isHit ? { cache: "hit" } : {}) } });
  }

  /** The task is over. */
  #end(task: TaskTimeline, end: PhaseEnd): void {
    task.close(this.#nowMs, end);
    this.#finishTask(task, end);
    const { link, group } = task;
    const isConsequence = task.isBlocked || (group !== undefined && end.status === "skipped");
    if (isConsequence || link === undefined) return;
    this.#last = link;
    if (group !== undefined) group.lastElement = link;
  }

  #finishTask(task: TaskTimeline, { status, facts }: PhaseEnd): void {
    task.span.endMs = this.#nowMs;
    task.span.status = status;
    task.span.facts = { ...task.span.facts, ...facts };
    const { expansion, lastElement } = task;
    task.link =
      expansion === undefined
        ? this.#linkOf(task)
        : { ...this.#linkOf(task), part: "join", cause: lastElement ?? expansion, waits: {} };
  }

  #linkOf({ span, cause, waits }: TaskTimeline): TraceLink {
    return { span, endMs: this.#nowMs, endSeq: this.#seq, cause, waits: { ...waits } };
  }

  /** The timeline of a task, begun with its first event, or anew when one of that name is over. */
  #touch(key: string, isFailing: boolean): TaskTimeline {
    const known = this.#tasks.get(key);
    if (known !== undefined && known.link === undefined) return known;
    const task = this.#state.taskOf.get(key);
    const group = task?.element === undefined ? undefined : this.#tasks.get(task.element.group.key);
    const timeline = group === undefined ? this.#newTask(key, task, isFailing) : this.#newElement(key, group, task);
    this.#tasks.set(key, timeline);
    this.#timelines.push(timeline);
    return timeline;
  }

  #newTask(key: string, task: TaskState | undefined, isFailing: boolean): TaskTimeline {
    const isReady = task?.status === "ready";
    const isBlocked = isFailing && !isReady;
    const dependencies = task === undefined ? [] : this.#dependenciesOf(task);
    const cause = isBlocked ? this.#last : this.#causeOf(dependencies);
    const startMs = isReady ? this.#readyMs(task, cause) : this.#nowMs;
    const span = this.#taskSpan(key, startMs, { task, group: undefined });
    const timeline = new TaskTimeline({ key, group: undefined, dependencies, cause, isBlocked, span }, this.#context);
    if (isReady) timeline.wait("queue", startMs);
    return timeline;
  }

  /** It queues from when its list was known. */
  #newElement(key: string, group: TaskTimeline, task: TaskState | undefined): TaskTimeline {
    const cause = group.expansion;
    const startMs = cause?.endMs ?? this.#nowMs;
    const span = this.#taskSpan(key, startMs, { task, group });
    const timeline = new TaskTimeline({ key, group, dependencies: [], cause, isBlocked: false, span }, this.#context);
    timeline.wait("queue", startMs);
    return timeline;
  }

  get #context(): { readonly spans: SpanList; readonly held: HeldTime } {
    return { spans: this.#list, held: this.#held };
  }

  #taskSpan(
    key: string,
    startMs: number,
    { task, group }: { readonly task: TaskState | undefined; readonly group: TaskTimeline | undefined },
  ): TraceSpan {
    const tool = this.#toolOf(task);
    return this.#list.add({
      parent: group?.span.id ?? 1,
      kind: "task",
      name: key,
      startMs,
      endMs: startMs,
      status: "open",
      facts: tool === undefined ? {} : { tool },
    });
  }

  /** Not before what it could only begin after, whatever clock wrote the time. */
  #readyMs({ readyAtMs }: TaskState, cause: TraceLink | undefined): number {
    return Math.min(this.#nowMs, Math.max(cause?.endMs ?? 0, readyAtMs - this.#createdAtMs));
  }

  #dependenciesOf({ compiled }: TaskState): readonly TaskTimeline[] {
    return compiled.dependencies.flatMap((index) => this.#tasks.get(this.#state.planned[index]?.key ?? "") ?? []);
  }

  /** What a task could only begin after: the dependency that finished last, or the plan when that came later. */
  #causeOf(dependencies: readonly TaskTimeline[]): TraceLink | undefined {
    const link = latestOf(dependencies)?.link;
    return link !== undefined && link.endSeq > this.#accepted.seq ? link : this.#accepted.link;
  }

  #toolOf(task: TaskState | undefined): string | undefined {
    return task === undefined ? undefined : (bindingOf(this.#state, task)?.tool ?? task.compiled.spec.use);
  }

  #takeOther(event: OtherEvent): void {
    switch (event.type) {
      case "node.started":
        return this.#openNode(event);
      case "node.succeeded":
        return this.#closeNode({ status: "succeeded" });
      case "node.failed":
        return this.#closeNode({ status: "failed", facts: { error: event.error.code } });
      case "model.called":
      case "model.failed":
        return this.#addModelCall(event);
      case "plan.proposed":
      case "plan.accepted":
      case "plan.patched":
        return this.#takePlan(event);
      case "approval.requested":
        return this.#ask(event);
      case "approval.granted":
      case "approval.denied":
        return this.#answer(event);
      default:
        return this.#takeMoment(event);
    }
  }

  #linkChild({ task, child }: ChildEvent): void {
    const span = this.#tasks.get(task)?.span;
    if (span !== undefined && child !== undefined) span.facts = { ...span.facts, child };
  }

  #takePlan(event: RunEventOf<"plan.proposed" | "plan.accepted" | "plan.patched">): void {
    if (event.type === "plan.proposed") {
      // It is what the planner's call has given that has just ended.
      if (event.by === "cache" && this.#last !== undefined) this.#last.span.facts = { cache: "hit" };
      return;
    }
    this.#accepted = { link: this.#last, seq: event.seq };
    this.#mark("plan", `plan v${event.revision}`);
  }

  #takeMoment(event: OtherEvent): void {
    switch (event.type) {
      case "run.suspended":
        return this.#mark("suspension", `suspended: ${event.reason.replace("_", " ")}`);
      case "run.resumed":
        return this.#markResumption(event);
      case "run.cancel_requested":
        this.#stop();
        return this.#mark("cancel", "cancel requested");
      case "budget.exceeded":
        if (event.error !== undefined) this.#stop();
        return this.#mark("budget", `budget of ${event.kind} exceeded`);
      case "budget.raised":
        return this.#mark("budget", `budget of ${event.kind} raised`);
      case "tool.drifted":
        return this.#mark("drift", `${event.tool} has changed`);
      case "signal.received":
        return this.#mark("signal", `${event.kind} ${event.name}`);
      case "run.succeeded":
      case "run.failed":
      case "run.cancelled":
        return this.#stop();
      default:
    }
  }

  #markResumption({ cause }: RunEventOf<"run.resumed">): void {
    if (cause === "recovered") this.#mark("recovery", "recovered");
    else this.#mark("resumption", "resumed");
  }

  #mark(kind: TraceMark["kind"], name: string): void {
    this.#marks.push({ kind, name, atMs: this.#nowMs });
  }

  #stop(): void {
    this.#stoppedAtMs = Math.min(this.#stoppedAtMs, this.#nowMs);
    this.#held.endAll(this.#nowMs);
  }

  #openNode({ call }: RunEventOf<"node.started">): void {
    const [startMs, endMs] = [this.#nowMs, this.#nowMs];
    const span = this.#list.add({ parent: 1, kind: "node", name: call, startMs, endMs, status: "open" });
    this.#node = { span, cause: this.#last };
    this.#callers.set(call, span);
  }

  #closeNode({ status, facts }: PhaseEnd): void {
    if (this.#node === undefined) return;
    const { span, cause } = this.#node;
    this.#node = undefined;
    span.endMs = this.#nowMs;
    span.status = status;
    span.facts = { ...facts };
    const waits = this.#held.within(cause?.endMs ?? 0, this.#nowMs);
    this.#last = { span, endMs: this.#nowMs, endSeq: this.#seq, cause, waits };
  }

  /** It is stored when it is over, so its beginning is reckoned; not before what it belongs to. */
  #addModelCall({ type, caller, model, durationMs, usage, costMicroUsd, cache, error }: ModelEvent): void {
    const parent = this.#callers.get(caller) ?? this.#list.spans[0];
    const startMs = Math.min(this.#nowMs, Math.max(parent?.startMs ?? 0, this.#nowMs - durationMs));
    this.#list.add({
      parent: parent?.id ?? 1,
      kind: "model",
      name: model,
      startMs,
      endMs: this.#nowMs,
      status: type === "model.called" ? "succeeded" : "failed",
      facts: {
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        ...(costMicroUsd === undefined ? {} : { costMicroUsd }),
        ...(cache === undefined ? {} : { cache }),
        ...(error === undefined ? {} : { error: error.code }),
      },
    });
  }

  #ask({ subject, approval }: RunEventOf<"approval.requested">): void {
    if (subject === "input") return; // the call goes on being under way
    if (subject !== "task") return this.#held.begin(subject === "plan" ? "approval" : "budget", this.#nowMs);
    const task = this.#touch(approval, false);
    task.close(this.#nowMs, { status: "succeeded" });
    task.wait("approval", this.#nowMs);
  }

  #answer({ type, approval }: RunEventOf<"approval.granted" | "approval.denied">): void {
    const subject = this.#state.asks.get(approval)?.subject;
    if (subject === "input") return;
    if (subject === "plan") return this.#held.end("approval", this.#nowMs);
    if (subject === "budget") return this.#held.end("budget", this.#nowMs);
    const task = this.#tasks.get(approval);
    task?.close(this.#nowMs, { status: "succeeded" });
    if (type === "approval.granted") task?.wait("queue", this.#nowMs);
  }

  /** Tasks that could start, but of which no event tells. */
  #touchWaiting(): void {
    for (const { key, status, element } of this.#state.tasks)
      if (status === "ready" || (status === "pending" && element?.group.status === "expanded")) this.#touch(key, false);
  }

  /** Ends what is open: with the last event, or, if the run is over, when it stopped. The link that has been open longest. */
  #closeOpen(isComplete: boolean): TraceLink | undefined {
    const status = isComplete ? "cancelled" : "open";
    let longest: TraceLink | undefined;
    for (const task of this.#timelines) {
      if (task.link !== undefined) continue;
      const { isActive } = task;
      task.close(isComplete ? Math.min(this.#stoppedAtMs, this.#nowMs) : this.#nowMs, { status });
      this.#finishTask(task, { status });
      if (isActive) longest = earlier(longest, task.link);
    }
    if (this.#node === undefined) return longest;
    const before = this.#last;
    this.#closeNode({ status });
    const node = this.#last;
    this.#last = before;
    return earlier(longest, node);
  }
}

function earlier(left: TraceLink | undefined, right: TraceLink | undefined): TraceLink | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return right.span.startMs < left.span.startMs ? right : left;
}

function reusedStatus({ status }: TaskState): SpanStatus {
  return status === "failed" || status === "skipped" ? status : "succeeded";
}

function runSpanStatus(status: RunTrace["status"]): SpanStatus {
  return status === "running" ? "open" : status;
}
