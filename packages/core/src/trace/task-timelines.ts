/** The timelines of a run's tasks: when each begins, below what, and what it could only begin after. */
import { bindingOf, type RunState, type TaskState } from "../run-state.ts";
import type { HeldTime } from "./held-time.ts";
import type { TraceLink } from "./run-trace.ts";
import { latestOf, TaskTimeline } from "./task-timeline.ts";
import type { SpanList, TraceSpan } from "./trace-span.ts";

/** Where the fold is. Changed by the fold alone. */
export interface TraceMoment {
  /** What all times count from, since the Unix epoch. */
  originMs: number;
  /** When the run was created. */
  startMs: number;
  nowMs: number;
  seq: number;
  /** What was over last. */
  last: TraceLink | undefined;
}

export interface TaskTimelinesParts {
  readonly state: RunState;
  readonly spans: SpanList;
  readonly held: HeldTime;
  readonly at: TraceMoment;
}

export class TaskTimelines {
  readonly all: TaskTimeline[] = [];
  /** The newest of each key: a later plan may use the name of a task that no longer counts. */
  readonly #newest = new Map<string, TaskTimeline>();
  readonly #parts: TaskTimelinesParts;
  /** What was over last when the newest plan was accepted. */
  #accepted: { readonly link: TraceLink | undefined; readonly seq: number } = { link: undefined, seq: 0 };

  constructor(parts: TaskTimelinesParts) {
    this.#parts = parts;
  }

  find(key: string): TaskTimeline | undefined {
    return this.#newest.get(key);
  }

  acceptPlan(seq: number): void {
    this.#accepted = { link: this.#parts.at.last, seq };
  }

  /** The timeline of a task, begun with its first event, or anew when one of that name is over. */
  touch(key: string, isFailing: boolean): TaskTimeline {
    const known = this.#newest.get(key);
    if (known !== undefined && known.link === undefined) return known;
    const task = this.#parts.state.taskOf.get(key);
    const group = task?.element === undefined ? undefined : this.#newest.get(task.element.group.key);
    const timeline = group === undefined ? this.#newTask(key, task, isFailing) : this.#newElement(key, group, task);
    this.#newest.set(key, timeline);
    this.all.push(timeline);
    return timeline;
  }

  #newTask(key: string, task: TaskState | undefined, isFailing: boolean): TaskTimeline {
    const isReady = task?.status === "ready";
    const isBlocked = isFailing && !isReady;
    const dependencies = task === undefined ? [] : this.#dependenciesOf(task);
    const cause = isBlocked ? this.#parts.at.last : this.#causeOf(dependencies);
    const startMs = isReady ? this.#readyMs(task, cause) : this.#parts.at.nowMs;
    const span = this.#taskSpan(key, startMs, { task, group: undefined });
    const timeline = new TaskTimeline({ key, group: undefined, dependencies, cause, isBlocked, span }, this.#parts);
    if (isReady) timeline.wait("queue", startMs);
    return timeline;
  }

  /** It queues from when its list was known. */
  #newElement(key: string, group: TaskTimeline, task: TaskState | undefined): TaskTimeline {
    const cause = group.expansion;
    const startMs = cause?.endMs ?? this.#parts.at.nowMs;
    const span = this.#taskSpan(key, startMs, { task, group });
    const timeline = new TaskTimeline({ key, group, dependencies: [], cause, isBlocked: false, span }, this.#parts);
    timeline.wait("queue", startMs);
    return timeline;
  }

  #taskSpan(
    key: string,
    startMs: number,
    { task, group }: { readonly task: TaskState | undefined; readonly group: TaskTimeline | undefined },
  ): TraceSpan {
    const tool = this.toolOf(task);
    return this.#parts.spans.add({
      parent: group?.span.id ?? this.#parts.spans.spans[0]?.id ?? 1,
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
    return Math.min(
      this.#parts.at.nowMs,
      Math.max(cause?.endMs ?? this.#parts.at.startMs, readyAtMs - this.#parts.at.originMs),
    );
  }

  #dependenciesOf({ compiled }: TaskState): readonly TaskTimeline[] {
    return compiled.dependencies.flatMap(
      (index) => this.#newest.get(this.#parts.state.planned[index]?.key ?? "") ?? [],
    );
  }

  /** What a task could only begin after: the dependency that finished last, or the plan when that came later. */
  #causeOf(dependencies: readonly TaskTimeline[]): TraceLink | undefined {
    const link = latestOf(dependencies)?.link;
    return link !== undefined && link.endSeq > this.#accepted.seq ? link : this.#accepted.link;
  }

  toolOf(task: TaskState | undefined): string | undefined {
    return task === undefined ? undefined : (bindingOf(this.#parts.state, task)?.tool ?? task.compiled.spec.use);
  }
}
