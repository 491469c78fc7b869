/** Turns ready tasks into calls, and what comes of the calls into inputs. */
import {
  bindingOf,
  type CacheHit,
  type CallFailedInput,
  type ChildReport,
  idempotencyKeyOf,
  isToRepeat,
  type Json,
  type JsonObject,
  type MeshError,
  type PlanTask,
  resolveTask,
  type RunEffect,
  type RunState,
  type TaskState,
  ToolDrift,
  type ToolSpec,
  useOf,
} from "@agentmesh/core";
import {
  ChildSuspendedError,
  ModelError,
  type NodeContext,
  type RunReport,
  ToolCallError,
  type ToolProgress,
} from "@agentmesh/ports";
import { ToolGoneError } from "../registry/tool-gone-error.ts";
import { CallInputs } from "./call-inputs.ts";
import { errorRecordOf } from "./error-record.ts";
import { type OpenCall, OpenCalls } from "./open-calls.ts";
import { watchModelCalls } from "./model-journal.ts";
import { outgoingContext } from "../subagent/outgoing-context.ts";
import { standsOnUntrusted } from "./untrusted-value.ts";
import type { WrittenPayload } from "./payload-writer.ts";
import type { RunDriver } from "./run-driver.ts";

type CallEffect = Extract<RunEffect, { type: "call-tool" }>;

interface Ending extends Readonly<Asides> {
  readonly durationMs: number;
}

interface Success extends Ending {
  readonly value: Json;
}

/** What is said of a call besides its value. */
interface Asides {
  cache?: CacheHit;
  report?: RunReport;
}

interface Reported {
  readonly input: { readonly child?: ChildReport };
  readonly written: readonly WrittenPayload[];
}

export class TaskCalls {
  readonly #driver: RunDriver;
  readonly #calls: OpenCalls;
  readonly #inputs: CallInputs;
  /** Resolved arguments of tasks between their resolution and their call. */
  readonly #arguments = new Map<string, JsonObject>();

  constructor(driver: RunDriver) {
    this.#driver = driver;
    this.#inputs = new CallInputs(driver);
    const { clock, cancelGraceMs } = driver.services;
    this.#calls = new OpenCalls(clock, cancelGraceMs, (call, error) => this.#abandon(call, error));
  }

  /** Looks at a ready task's values and answers in the same turn. */
  resolve(key: string): void {
    const task = this.#taskOf(key);
    try {
      const { name, inputSchema } = this.#toolOf(task);
      const editedArgs =
        task.editedArgs && this.#driver.values.read(`the edited arguments of "${key}"`, task.editedArgs);
      const resolved = resolveTask(task, this.#driver.values.valueOf, { name, inputSchema, editedArgs });
      if (resolved.kind !== "start" && resolved.kind !== "ask")
        return this.#driver.feed({ type: "task-resolved", task: key, resolution: resolved });
      this.#arguments.set(key, resolved.args);
      const args = this.#driver.write(resolved.args);
      const resolution = { ...resolved, args: args.payload, ...this.#childOf(task) };
      this.#driver.feed({ type: "task-resolved", task: key, resolution }, args);
    } catch (error) {
      this.#driver.feed({
        type: "task-resolved",
        task: key,
        resolution: { kind: "fail", ...this.#recordOf(error) },
      });
    }
  }

  start(effect: CallEffect): void {
    const call = this.#calls.open(callKey(effect.task, effect.attempt), this.#isRunHere(effect.task));
    void this.#call(effect, call);
  }

  /** What a server asked in the middle of its call is answered, and that is stored. */
  answerInput(effect: Extract<RunEffect, { type: "answer-input" }>): void {
    this.#inputs.answer(effect);
  }

  cancel(reason: MeshError): void {
    this.#calls.cancel(reason);
  }

  async #call(effect: CallEffect, call: OpenCall): Promise<void> {
    const task = this.#taskOf(effect.task);
    const asides: Asides = {};
    try {
      const value = await this.#execute(effect, call.signal, asides);
      if (!call.close()) return;
      this.#succeed(effect, task, { value, durationMs: call.elapsedMs(), ...asides });
    } catch (error) {
      if (!call.close()) return;
      if (error instanceof ChildSuspendedError)
        this.#driver.feed({ type: "call-suspended", task: effect.task, attempt: effect.attempt, child: error.child });
      else this.#fail(effect, error, { durationMs: call.elapsedMs(), ...asides });
    }
  }

  #execute(effect: CallEffect, signal: AbortSignal, asides: Asides): Promise<Json> {
    const { services, state } = this.#driver;
    const task = this.#taskOf(effect.task);
    const binding = bindingOf(state, task);
    const args = this.#arguments.get(effect.task) ?? {};
    this.#arguments.delete(effect.task);
    if (binding === undefined) return Promise.reject(new ToolGoneError(useOf(task)));
    const { timeoutMs } = task.compiled.spec;
    const cache = cacheOf(state, task);
    const { task: key, attempt, idempotencyKey } = effect;
    const onProgress = (progress: ToolProgress): void =>
      this.#driver.show({ type: "task.progress", task: key, ...progress });
    return services.nodes.executor.execute(
      {
        task: key,
        attempt,
        binding,
        args,
        timeoutMs,
        idempotencyKey,
        cache,
        onCacheHit: (hit) => {
          asides.cache = hit;
        },
        onReport: (report) => {
          asides.report = report;
        },
        onProgress,
        onInput: this.#inputs.asker({ task: key, attempt }),
        context: () => outgoingContext(state, { task, nowMs: services.clock.nowMs() }),
      },
      this.#context(effect, signal),
    );
  }

  #context(effect: CallEffect, signal: AbortSignal): NodeContext {
    const { run, state, services } = this.#driver;
    const call = callKey(effect.task, effect.attempt);
    return {
      run,
      tenant: state.tenant,
      signal,
      model: (role) => services.models.model(role, watchModelCalls(this.#driver, call)),
      report: (progress) => {
        if (progress.type === "note") this.#driver.show({ type: "node.note", call, message: progress.message });
        else this.#driver.show({ type: "node.delta", call, kind: progress.type, delta: progress.delta });
      },
    };
  }

  #succeed({ task: key, attempt }: CallEffect, task: TaskState, { value, durationMs, cache, report }: Success): void {
    const written = this.#driver.write(value);
    const child = this.#reported(report);
    if (cache === undefined) this.#learn(task, value, written.payload.bytes);
    try {
      const again = isToRepeat(task, value, this.#driver.values.valueOf);
      this.#driver.feed(
        {
          type: "call-succeeded",
          task: key,
          attempt,
          output: written.payload,
          durationMs,
          ...(again ? { isToRepeat: true } : {}),
          ...(cache === undefined ? {} : { cache }),
          ...child.input,
        },
        written,
        ...child.written,
      );
    } catch (error) {
      this.#driver.feed(
        {
          type: "call-failed",
          task: key,
          attempt,
          error: errorRecordOf(error, this.#driver.services.mask),
          outcome: "failed",
          isRetryable: false,
          durationMs,
          ...child.input,
        },
        ...child.written,
      );
    }
  }

  /** Whether or not the task succeeds in the end, its tool has put this out. */
  #learn(task: TaskState, value: Json, bytes: number): void {
    const { state, services, tools } = this.#driver;
    const binding = state.bindings[useOf(task)];
    const tool = services.shapes === undefined ? undefined : tools.find(binding?.tool ?? "");
    if (tool === undefined || tool.fingerprint !== binding?.fingerprint) return;
    services.shapes?.learn(tool, { value, bytes, isUntrusted: () => standsOnUntrusted(state, task) });
  }

  #fail({ task, attempt }: CallEffect, error: unknown, { durationMs, report }: Ending): void {
    const child = this.#reported(report);
    this.#driver.feed(
      {
        type: "call-failed",
        task,
        attempt,
        ...this.#recordOf(error),
        ...outcomeOf(error),
        durationMs,
        ...child.input,
      },
      ...child.written,
    );
  }

  #recordOf(thrown: unknown): Pick<CallFailedInput, "error" | "drift"> {
    const error = errorRecordOf(thrown, this.#driver.services.mask);
    const drift = error.code === "AM_TOOL_DRIFTED" ? ToolDrift.safeParse(error.facts).data : undefined;
    return drift === undefined ? { error } : { error, drift };
  }

  #reported(report: RunReport | undefined): Reported {
    if (report === undefined) return { input: {}, written: [] };
    const { run, usage } = report;
    if (report.spans === undefined) return { input: { child: { run, usage } }, written: [] };
    const spans = this.#driver.write(report.spans);
    return { input: { child: { run, usage, spans: spans.payload } }, written: [spans] };
  }

  /** A call that is a run of this mesh ends by itself when it is told to: it has a grace period of its own. */
  #isRunHere(key: string): boolean {
    return bindingOf(this.#driver.state, this.#taskOf(key))?.runs === "workflow";
  }

  #childOf(task: TaskState): { readonly child?: string } {
    const { state, services } = this.#driver;
    if (!this.#isRunHere(task.key)) return {};
    return { child: services.children.idOf(state.tenant, idempotencyKeyOf(state, task)) };
  }

  #abandon(call: string, error: MeshError): void {
    const at = call.lastIndexOf("#");
    const [task, attempt] = [call.slice(0, at), Number(call.slice(at + 1))];
    const record = errorRecordOf(error, this.#driver.services.mask);
    this.#driver.feed({
      type: "call-failed",
      task,
      attempt,
      error: record,
      outcome: "unknown",
      isRetryable: false,
      durationMs: this.#driver.services.cancelGraceMs,
    });
  }

  /** Throws ToolGoneError, ToolDriftedError. */
  #toolOf(task: TaskState): ToolSpec {
    const { tools } = this.#driver;
    const binding = bindingOf(this.#driver.state, task);
    const tool = tools.find(binding?.tool ?? "");
    if (tool === undefined || binding === undefined) throw new ToolGoneError(binding?.tool ?? useOf(task));
    // Asked for its result again, a run goes on with the plan that it began with.
    if (task.share === undefined) tools.assertSame(tool, binding);
    return tool;
  }

  #taskOf(key: string): TaskState {
    const task = this.#driver.state.taskOf.get(key);
    if (task === undefined) throw new ToolGoneError(key);
    return task;
  }
}

/** A model call or a mistake of ours has no effect on the world; only a tool's own error knows better. */
function outcomeOf(error: unknown): Pick<CallFailedInput, "outcome" | "isRetryable"> {
  if (error instanceof ToolCallError) return { outcome: error.outcome, isRetryable: error.retryable };
  if (error instanceof ModelError && error.code === "AM_BUDGET_EXCEEDED")
    return { outcome: "refused", isRetryable: false };
  const isCancelled = error instanceof ModelError && error.code === "AM_MODEL_CANCELLED";
  return { outcome: isCancelled ? "unknown" : "failed", isRetryable: false };
}

/** What a model writes of it does not count; and who calls again and again wants to see a change. */
function cacheOf(state: RunState, { compiled: { spec } }: TaskState): PlanTask["cache"] {
  if (spec.repeat !== undefined) return false;
  return state.isPlannedByModel ? undefined : spec.cache;
}

function callKey(task: string, attempt: number): string {
  return `${task}#${attempt}`;
}
