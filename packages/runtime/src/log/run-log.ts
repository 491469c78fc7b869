/** Folds the journal of runs into log records, as the events come. A projection: nothing is instrumented for it. */
import {
  compilePlan,
  isTerminal,
  type Json,
  type Payload,
  type Plan,
  type RunEvent,
  type RunEventOf,
} from "@agentmesh/core";
import type { RunSignal } from "../driver/run-signal.ts";
import { isAtLeast, type LogLevel, type LogRecord } from "./log-record.ts";

/** How long a shown value may be, in characters of JSON. */
const VALUE_CHARS_MAX: Readonly<Record<LogLevel, number>> = { error: 2_000, warn: 2_000, info: 2_000, debug: 100_000 };
/** How many runs are followed at once; the oldest is forgotten first. */
const RUNS_MAX = 10_000;

export interface RunLogOptions {
  readonly level: LogLevel;
  /** The value behind a payload. */
  readonly read: (payload: Payload) => Json | undefined;
  /** The record is made when it is asked for: most are never looked at. */
  readonly write: (record: () => LogRecord) => void;
}

/** What earlier events said that later records repeat. */
interface Context {
  readonly tenant: string;
  readonly goal: string | undefined;
  plan: Plan | undefined;
  findings: Json;
}

type Entry = { readonly level: LogLevel; readonly message: string } & Omit<Partial<LogRecord>, "level" | "message">;

export class RunLog {
  readonly #options: RunLogOptions;
  readonly #contexts = new Map<string, Context>();

  constructor(options: RunLogOptions) {
    this.#options = options;
  }

  add(signal: RunSignal): void {
    if (!("seq" in signal)) return;
    const context = this.#contextOf(signal);
    if (isTerminal(signal)) this.#contexts.delete(signal.run);
    if (isRoutine(signal)) return this.#addRoutine(signal, context);
    const entry = this.#entryOf(signal, context);
    if (!isAtLeast(entry.level, this.#options.level)) return;
    const record = recordOf(signal, context, entry);
    this.#options.write(() => record);
  }

  /** The many: nothing is made of them before somebody looks. */
  #addRoutine(event: RoutineEvent, { tenant, plan }: Context): void {
    if (!isAtLeast("info", this.#options.level)) return;
    this.#options.write(() => recordOf(event, { tenant }, this.#taskEntry(event, plan)));
  }

  /** What happened before, for a run that goes on here: it is not written again, but what comes refers to it. */
  recall(events: readonly RunEvent[]): void {
    for (const event of events)
      if (event.type === "run.created" || event.type.startsWith("plan.")) this.#entryOf(event, this.#contextOf(event));
  }

  #contextOf(event: RunEvent): Context {
    const known = this.#contexts.get(event.run);
    if (known !== undefined) return known;
    const created = event.type === "run.created" ? event : undefined;
    const context: Context = {
      tenant: created?.tenant ?? "",
      goal: created?.goal,
      plan: undefined,
      findings: [],
    };
    this.#contexts.set(event.run, context);
    const oldest = this.#contexts.keys().next().value;
    if (this.#contexts.size > RUNS_MAX && oldest !== undefined) this.#contexts.delete(oldest);
    return context;
  }

  #entryOf(event: RunEvent, context: Context): Entry {
    if (event.type.startsWith("task.")) return this.#taskEntry(event as TaskEvent, context.plan);
    if (event.type.startsWith("plan.")) return planEntry(event as PlanEvent, context);
    if (event.type.startsWith("node.")) return this.#nodeEntry(event as NodeEvent, context);
    return this.#runEntry(event as Exclude<RunEvent, TaskEvent | PlanEvent | NodeEvent>);
  }

  #runEntry(event: Exclude<RunEvent, TaskEvent | PlanEvent | NodeEvent>): Entry {
    switch (event.type) {
      case "model.called":
      case "model.failed":
        return this.#modelEntry(event);
      case "run.failed":
        return { level: "error", message: `run failed: ${event.error.message}`, error: event.error };
      case "run.created":
        return {
          level: "info",
          message: `run created: ${event.goal ?? event.name}`,
          ...this.#value("input", event.inputs),
        };
      case "run.succeeded":
        return { level: "info", message: "run succeeded", ...this.#value("output", event.output) };
      case "answer.composed":
        return {
          level: event.removedCitations.length > 0 ? "warn" : "info",
          message: answerMessage(event),
          ...this.#value("output", event.answer),
        };
      default:
        return { level: "info", message: event.type.replace(".", " ").replaceAll("_", " ") };
    }
  }

  #nodeEntry(event: NodeEvent, context: Context): Entry {
    const { call } = event;
    if (event.type === "node.started")
      return { level: "info", message: `${call} started`, call, input: inputOf(event, context) };
    const { durationMs } = event;
    if (event.type === "node.failed")
      return {
        level: "error",
        message: `${call} failed: ${event.error.message}`,
        call,
        durationMs,
        error: event.error,
      };
    return {
      level: "info",
      message: `${call} succeeded`,
      call,
      durationMs,
      ...this.#value("input", event.input),
      ...this.#value("output", event.output),
    };
  }

  #modelEntry(event: RunEventOf<"model.called" | "model.failed">): Entry {
    const { caller: call, model, durationMs, usage, firstDeltaMs, error } = event;
    const tokens = `${usage.isExact ? "" : "about "}${usage.inputTokens} + ${usage.outputTokens} tokens`;
    const texts = { ...this.#value("prompt", event.request), ...this.#value("response", event.response) };
    const record = {
      call,
      model,
      durationMs,
      usage,
      ...(firstDeltaMs === undefined ? {} : { firstDeltaMs }),
      ...texts,
    };
    if (error !== undefined) return { level: "warn", message: `${model} failed: ${error.message}`, ...record, error };
    const answered = event.cache === "hit" ? "answered from the cache" : `answered: ${tokens}`;
    return { level: "debug", message: `${model} ${answered}`, ...record };
  }

  #taskEntry(event: TaskEvent, plan: Plan | undefined): Entry {
    const tool = plan === undefined ? undefined : toolOf(plan, event.task);
    const call = "attempt" in event ? `${event.task}#${event.attempt}` : event.task;
    const base = { call, ...(tool === undefined ? {} : { tool }) };
    switch (event.type) {
      case "task.started":
        return { level: "info", message: `${event.task} started`, ...base, ...this.#value("input", event.args) };
      case "task.succeeded":
        return {
          level: "info",
          message: `${event.task} succeeded${event.cache === undefined ? "" : `, from the cache: as in ${event.cache.run}`}`,
          ...base,
          durationMs: event.durationMs,
          ...this.#value("output", event.output),
        };
      case "task.failed":
        return {
          level: "error",
          message: `${event.task} failed: ${event.error.message}`,
          ...base,
          durationMs: event.durationMs,
          error: event.error,
        };
      case "task.retried":
      case "task.in_doubt":
        return {
          level: "warn",
          message: `${event.task} ${event.type.slice(5).replace("_", " ")}`,
          ...base,
          durationMs: event.durationMs,
          ...(event.error === undefined ? {} : { error: event.error }),
        };
      case "task.routed":
        return { level: "warn", message: `${event.task} goes on with ${event.to} in place of ${event.from}`, ...base };
      default:
        return { level: "info", message: `${event.task} ${event.type.slice(5)}`, ...base };
    }
  }

  #value<Name extends "input" | "output" | "prompt" | "response">(
    name: Name,
    payload: Payload | undefined,
  ): { readonly [Key in Name]?: Json } {
    const value = payload === undefined ? undefined : (payload.value ?? this.#options.read(payload));
    return (value === undefined ? {} : { [name]: cut(value, VALUE_CHARS_MAX[this.#options.level]) }) as {
      readonly [Key in Name]?: Json;
    };
  }
}

/** Its values stand in the event: it can be told from that alone, at any time. */
type RoutineEvent = RunEventOf<"task.started" | "task.succeeded">;

function isRoutine(event: RunEvent): event is RoutineEvent {
  if (event.type === "task.started") return event.args.value !== undefined;
  return event.type === "task.succeeded" && event.output?.value !== undefined;
}

function recordOf(event: RunEvent, { tenant }: Pick<Context, "tenant">, entry: Entry): LogRecord {
  return { atMs: event.atMs, run: event.run, tenant, seq: event.seq, type: event.type, ...entry };
}

type TaskEvent = Extract<RunEvent, { type: `task.${string}` }>;
type PlanEvent = Extract<RunEvent, { type: `plan.${string}` }>;
type NodeEvent = Extract<RunEvent, { type: `node.${string}` }>;

function planEntry(event: PlanEvent, context: Context): Entry {
  switch (event.type) {
    case "plan.proposed":
      context.plan = event.plan;
      return {
        level: "info",
        message: `plan ${event.revision} proposed${event.by === "cache" ? " from the cache" : ""}: ${event.plan.tasks.length} tasks`,
        output: event.plan as unknown as Json,
      };
    case "plan.rejected":
      context.findings = event.findings.map(({ code, path, message }) => ({ code, path, message }));
      return {
        level: "warn",
        message: `plan ${event.revision} rejected: ${event.findings[0]?.message ?? ""}`,
        output: context.findings,
      };
    case "plan.accepted":
    case "plan.patched":
      return { level: "info", message: `plan ${event.revision} ${event.type.slice(5)}` };
  }
}

/** As the plan names it. */
function toolOf(plan: Plan, key: string): string | undefined {
  const { tasks, indexOf } = compilePlan(plan);
  return tasks[indexOf.get(key.split("[")[0] ?? "") ?? -1]?.spec.use;
}

function inputOf(event: RunEventOf<"node.started">, context: Context): Json {
  if (event.node === "planner") return { goal: context.goal ?? null, findings: context.findings };
  return event.node === "router" ? { plan: (context.plan ?? null) as unknown as Json } : { goal: context.goal ?? null };
}

function answerMessage(event: RunEventOf<"answer.composed">): string {
  const removed =
    event.removedCitations.length === 0
      ? ""
      : `; citations of nothing were taken out: ${event.removedCitations.join(", ")}`;
  return `answer composed, citing ${event.citations.join(", ") || "nothing"}${removed}`;
}

function cut(value: Json, charsMax: number): Json {
  const text = JSON.stringify(value);
  return text.length <= charsMax ? value : `${text.slice(0, charsMax)}... (${text.length - charsMax} more characters)`;
}
