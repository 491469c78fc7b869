/** Folds events into a trace. What is ready, bound or asked for is read off the run's state, which is folded beside it. */
import type { TaskEvent } from "../evolve.ts";
import { evolve } from "../evolve.ts";
import type { ChildEvent } from "../evolve-child.ts";
import type { RunEvent, RunEventOf } from "../run-event.ts";
import { isOver, RunState, type TaskState } from "../run-state.ts";
import { publicStatus } from "../run-view.ts";
import { HeldTime } from "./held-time.ts";
import type { RunTrace, TraceChild, TraceFrame, TraceLink, TraceMark } from "./run-trace.ts";
import type { PhaseEnd, TaskTimeline } from "./task-timeline.ts";
import { TaskTimelines, type TraceMoment } from "./task-timelines.ts";
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
  readonly #frame: TraceFrame | undefined;
  readonly #list: SpanList;
  readonly #held = new HeldTime();
  readonly #marks: TraceMark[] = [];
  readonly #children: TraceChild[] = [];
  readonly #at: TraceMoment;
  readonly #tasks: TaskTimelines;
  /** Node calls and attempts, by the name that model calls give for their caller. */
  readonly #callers = new Map<string, TraceSpan>();
  #node: OpenNodeSpan | undefined;
  #createdAtMs = 0;
  /** From then on nothing waits any more: the run is about to end. */
  #stoppedAtMs = Number.POSITIVE_INFINITY;

  constructor(frame?: TraceFrame) {
    this.#frame = frame;
    this.#list = new SpanList(frame?.firstSpan ?? 1);
    const startMs = frame?.fromMs ?? 0;
    this.#at = { originMs: frame?.originMs ?? 0, startMs, nowMs: startMs, seq: 0, last: undefined };
    this.#tasks = new TaskTimelines({ state: this.#state, spans: this.#list, held: this.#held, at: this.#at });
  }

  /** A clock that was set back does not turn time round: an event is never before the one that it follows. */
  take(event: RunEvent): void {
    if (event.type === "run.created") this.#create(event);
    const beforeMs = this.#at.nowMs;
    this.#at.nowMs = this.#timeOf(event.atMs);
    this.#at.seq = event.seq;
    if (event.type === "run.resumed" && event.cause === "recovered")
      this.#held.add("recovery", beforeMs, this.#at.nowMs);
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
      const timeline = this.#tasks.touch(task.key, false);
      const end = { status: reusedStatus(task), facts: { reusedFrom: task.reusedFrom?.run ?? "" } };
      timeline.close(this.#at.nowMs, end);
      this.#finishTask(timeline, end);
      this.#showReused(task.group?.elements ?? []);
    }
    const [first] = reused;
    if (first !== undefined && first.element === undefined)
      this.#mark("reuse", `${reused.length} reused from ${first.reusedFrom?.run ?? ""}`);
  }

  finish(): RunTrace {
    const isComplete = isOver(this.#state);
    if (!isComplete && this.#frame !== undefined) this.#at.nowMs = Math.max(this.#at.nowMs, this.#frame.untilMs);
    this.#touchWaiting();
    const open = this.#closeOpen(isComplete);
    const last = isComplete ? this.#at.last : (open ?? this.#at.last);
    const [root] = this.#list.spans;
    if (root !== undefined) {
      root.endMs = this.#at.nowMs;
      root.status = runSpanStatus(publicStatus(this.#state));
    }
    return {
      run: this.#state.run,
      name: this.#state.name,
      status: publicStatus(this.#state),
      seq: this.#at.seq,
      isComplete,
      createdAtMs: this.#createdAtMs,
      startMs: this.#at.startMs,
      durationMs: this.#at.nowMs - this.#at.startMs,
      spans: this.#list.spans.toSorted((left, right) => left.startMs - right.startMs || left.id - right.id),
      children: this.#children,
      tasks: this.#tasks.all,
      marks: this.#marks,
      last,
      tailWaits: this.#held.within(last?.endMs ?? this.#at.startMs, this.#at.nowMs),
    };
  }

  #create({ atMs, name, run }: RunEventOf<"run.created">): void {
    this.#createdAtMs = atMs;
    if (this.#frame === undefined) this.#at.originMs = atMs;
    this.#at.startMs = this.#timeOf(atMs);
    this.#at.nowMs = this.#at.startMs;
    const { startMs } = this.#at;
    const parent = this.#frame?.parent;
    const below = parent === undefined ? {} : { parent, facts: { run } };
    this.#list.add({ kind: "run", name, startMs, endMs: startMs, status: "open", ...below });
  }

  /** Within the frame, and not before what was last. */
  #timeOf(atMs: number): number {
    const untilMs = this.#frame?.untilMs ?? Number.POSITIVE_INFINITY;
    return Math.max(this.#at.nowMs, Math.min(untilMs, atMs - this.#at.originMs));
  }

  #takeTask(event: TaskEvent): void {
    if (event.type === "task.reused") return;
    const task = this.#tasks.touch(event.task, event.type === "task.failed");
    switch (event.type) {
      case "task.expanded":
        task.close(this.#at.nowMs, { status: "succeeded" });
        task.expansion = { ...this.#linkOf(task), part: "expand" };
        task.span.facts = { ...task.span.facts, elements: event.count };
        return;
      case "task.waiting":
        return this.#wait(task, event);
      case "task.started":
        return this.#start(task, event);
      case "task.retried":
        task.close(this.#at.nowMs, {
          status: "retried",
          facts: { retry: event.cause, ...(event.error === undefined ? {} : { error: event.error.code }) },
        });
        return this.#waitAgain(task, event);
      case "task.routed":
        task.span.facts = { ...task.span.facts, tool: event.to };
        return;
      case "task.in_doubt":
        task.close(this.#at.nowMs, { status: "in_doubt", facts: { error: event.error.code } });
        this.#mark("doubt", `in doubt: ${event.task}`);
        return task.wait("doubt", this.#at.nowMs);
      case "task.resolved":
        task.close(this.#at.nowMs, { status: "succeeded" });
        if (event.as === "retry") return task.wait("queue", this.#at.nowMs);
        return this.#end(task, { status: event.as === "done" ? "succeeded" : "failed" });
      default:
        return this.#settle(task, event);
    }
  }

  /** A built-in wait begins; or the run behind a call waits itself, and so does the task. */
  #wait(task: TaskTimeline, event: RunEventOf<"task.waiting">): void {
    task.close(this.#at.nowMs, { status: event.for === "child" ? "suspended" : "succeeded" });
    task.wait(event.for, this.#at.nowMs);
  }

  #waitAgain(task: TaskTimeline, { cause, dueAtMs }: RunEventOf<"task.retried">): void {
    if (cause === "child") task.wait("queue", this.#at.nowMs);
    else task.wait("back-off", this.#at.nowMs, dueAtMs - this.#at.originMs);
  }

  #start(task: TaskTimeline, event: RunEventOf<"task.started">): void {
    task.close(this.#at.nowMs, { status: "succeeded" });
    const tool = this.#tasks.toolOf(this.#state.taskOf.get(event.task));
    const facts = { attempt: event.attempt, ...(tool === undefined ? {} : { tool }) };
    this.#callers.set(`${event.task}#${event.attempt}`, task.attempt(this.#at.nowMs, facts));
  }

  #settle(task: TaskTimeline, event: EndEvent): void {
    const status = END_STATUS[event.type];
    const isHit = event.type === "task.succeeded" && event.cache !== undefined;
    const error = event.type === "task.failed" ? { error: event.error.code } : {};
    this.#end(task, { status, facts: { ...error, ...(isHit ? { cache: "hit" } : {}) } });
  }

  /** The task is over. */
  #end(task: TaskTimeline, end: PhaseEnd): void {
    task.close(this.#at.nowMs, end);
    this.#finishTask(task, end);
    const { link, group } = task;
    const isConsequence = task.isBlocked || (group !== undefined && end.status === "skipped");
    if (isConsequence || link === undefined) return;
    this.#at.last = link;
    if (group !== undefined) group.lastElement = link;
  }

  #finishTask(task: TaskTimeline, { status, facts }: PhaseEnd): void {
    task.span.endMs = this.#at.nowMs;
    task.span.status = status;
    task.span.facts = { ...task.span.facts, ...facts };
    const { expansion, lastElement } = task;
    task.link =
      expansion === undefined
        ? this.#linkOf(task)
        : { ...this.#linkOf(task), part: "join", cause: lastElement ?? expansion, waits: {} };
  }

  #linkOf({ span, cause, waits }: TaskTimeline): TraceLink {
    return { span, endMs: this.#at.nowMs, endSeq: this.#at.seq, cause, waits: { ...waits } };
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

  get #rootId(): number {
    return this.#frame?.firstSpan ?? 1;
  }

  /** A call that is made again may find the run that it had. */
  #linkChild(event: ChildEvent): void {
    const task = this.#tasks.find(event.task);
    if (task === undefined) return;
    const { child: run } = event;
    if (run !== undefined) task.span.facts = { ...task.span.facts, child: run };
    const newest = this.#children.findLast((child) => child.task === task);
    if (event.type === "child.started") {
      if (run === undefined ? newest !== undefined && newest.run === undefined : newest?.run === run) return;
      this.#children.push({ task, run, isRemote: run === undefined, spans: undefined, trace: undefined });
    } else if (newest !== undefined) {
      newest.run = run ?? newest.run;
      newest.spans = event.spans;
    }
  }

  #takePlan(event: RunEventOf<"plan.proposed" | "plan.accepted" | "plan.patched">): void {
    if (event.type === "plan.proposed") {
      // It is what the planner's call has given that has just ended.
      if (event.by === "cache" && this.#at.last !== undefined) this.#at.last.span.facts = { cache: "hit" };
      return;
    }
    this.#tasks.acceptPlan(event.seq);
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
    this.#marks.push({ kind, name, atMs: this.#at.nowMs });
  }

  #stop(): void {
    this.#stoppedAtMs = Math.min(this.#stoppedAtMs, this.#at.nowMs);
    this.#held.endAll(this.#at.nowMs);
  }

  #openNode({ call }: RunEventOf<"node.started">): void {
    const [startMs, endMs] = [this.#at.nowMs, this.#at.nowMs];
    const span = this.#list.add({ parent: this.#rootId, kind: "node", name: call, startMs, endMs, status: "open" });
    this.#node = { span, cause: this.#at.last };
    this.#callers.set(call, span);
  }

  #closeNode({ status, facts }: PhaseEnd): void {
    if (this.#node === undefined) return;
    const { span, cause } = this.#node;
    this.#node = undefined;
    span.endMs = this.#at.nowMs;
    span.status = status;
    span.facts = { ...facts };
    const waits = this.#held.within(cause?.endMs ?? this.#at.startMs, this.#at.nowMs);
    this.#at.last = { span, endMs: this.#at.nowMs, endSeq: this.#at.seq, cause, waits };
  }

  /** It is stored when it is over, so its beginning is reckoned; not before what it belongs to. */
  #addModelCall({ type, caller, model, durationMs, usage, costMicroUsd, cache, error }: ModelEvent): void {
    const parent = this.#callers.get(caller) ?? this.#list.spans[0];
    const startMs = Math.min(this.#at.nowMs, Math.max(parent?.startMs ?? 0, this.#at.nowMs - durationMs));
    this.#list.add({
      parent: parent?.id ?? this.#rootId,
      kind: "model",
      name: model,
      startMs,
      endMs: this.#at.nowMs,
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
    if (subject !== "task") return this.#held.begin(subject === "plan" ? "approval" : "budget", this.#at.nowMs);
    const task = this.#tasks.touch(approval, false);
    task.close(this.#at.nowMs, { status: "succeeded" });
    task.wait("approval", this.#at.nowMs);
  }

  #answer({ type, approval }: RunEventOf<"approval.granted" | "approval.denied">): void {
    const subject = this.#state.asks.get(approval)?.subject;
    if (subject === "input") return;
    if (subject === "plan") return this.#held.end("approval", this.#at.nowMs);
    if (subject === "budget") return this.#held.end("budget", this.#at.nowMs);
    const task = this.#tasks.find(approval);
    task?.close(this.#at.nowMs, { status: "succeeded" });
    if (type === "approval.granted") task?.wait("queue", this.#at.nowMs);
  }

  /** Tasks that could start, but of which no event tells. */
  #touchWaiting(): void {
    for (const { key, status, element } of this.#state.tasks)
      if (status === "ready" || (status === "pending" && element?.group.status === "expanded"))
        this.#tasks.touch(key, false);
  }

  /** Ends what is open: with the last event, or, if the run is over, when it stopped. The link that has been open longest. */
  #closeOpen(isComplete: boolean): TraceLink | undefined {
    const status = isComplete ? "cancelled" : "open";
    let longest: TraceLink | undefined;
    for (const task of this.#tasks.all) {
      if (task.link !== undefined) continue;
      const { isActive } = task;
      task.close(isComplete ? Math.min(this.#stoppedAtMs, this.#at.nowMs) : this.#at.nowMs, { status });
      this.#finishTask(task, { status });
      if (isActive) longest = earlier(longest, task.link);
    }
    if (this.#node === undefined) return longest;
    const before = this.#at.last;
    this.#closeNode({ status });
    const node = this.#at.last;
    this.#at.last = before;
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
