/** Calls the nodes of the pipeline with what they may know of the run, and turns their outcomes into inputs. */
import {
  bindingOf,
  APPROVE_TOOL,
  type ErrorRecord,
  isJsonObject,
  type Json,
  type JsonSchema,
  type MeshError,
  type NodeName,
  type NodeOutcome,
  type Payload,
  type RunState,
  runView,
  type RunView,
  WAIT_TOOL,
} from "@agentmesh/core";
import type {
  ComposerResult,
  FailedTask,
  NodeContext,
  NodeProgress,
  PlannerRequest,
  ValidatorRequest,
} from "@agentmesh/ports";
import { errorRecordOf } from "./error-record.ts";
import { watchModelCalls } from "./model-journal.ts";
import { type OpenCall, OpenCalls } from "./open-calls.ts";
import type { WrittenPayload } from "./payload-writer.ts";
import type { RunDriver } from "./run-driver.ts";

/** That a run waits, or asks, is for people to say: in a plan of theirs, or by the policy. */
const UNPLANNED: ReadonlySet<string> = new Set([WAIT_TOOL.name, APPROVE_TOOL.name]);

/** What a node call came to: the outcome for the core, and what the journal shows of it. */
interface NodeResult {
  readonly outcome: NodeOutcome;
  readonly input: Json;
  readonly output: Json;
  readonly written?: readonly WrittenPayload[];
}

interface ResolvedOutput {
  readonly value?: Json;
  readonly error?: ErrorRecord;
  readonly written?: WrittenPayload;
}

export class NodeCalls {
  readonly #driver: RunDriver;
  readonly #calls: OpenCalls;

  constructor(driver: RunDriver) {
    this.#driver = driver;
    const { clock, cancelGraceMs } = driver.services;
    this.#calls = new OpenCalls(clock, cancelGraceMs, (call, error) => this.#fail(call, error, cancelGraceMs));
  }

  /** Whether a call of it need not wait until its start is stored: nothing of it is seen before its outcome is. */
  isPure(node: NodeName): boolean {
    const { router, validator } = this.#driver.services.nodes;
    return (node === "router" && router.isPure === true) || (node === "validator" && validator.isPure === true);
  }

  start(node: NodeName, call: string): void {
    void this.#call(node, call, this.#calls.open(call));
  }

  cancel(reason: MeshError): void {
    this.#calls.cancel(reason);
  }

  async #call(node: NodeName, call: string, open: OpenCall): Promise<void> {
    try {
      const result = await this.#run(node, this.#context(node, call, open.signal));
      if (!open.close()) return;
      const input = this.#driver.write(result.input);
      const output = this.#driver.write(result.output);
      const durationMs = open.elapsedMs();
      this.#driver.feed(
        { type: "node-succeeded", call, input: input.payload, output: output.payload, durationMs, ...result.outcome },
        input,
        output,
        ...(result.written ?? []),
      );
    } catch (error) {
      if (open.close()) this.#fail(call, error, open.elapsedMs());
    }
  }

  #fail(call: string, error: unknown, durationMs: number): void {
    this.#driver.feed({
      type: "node-failed",
      call,
      error: errorRecordOf(error, this.#driver.services.mask),
      durationMs,
    });
  }

  #run(node: NodeName, context: NodeContext): Promise<NodeResult> {
    switch (node) {
      case "planner":
        return this.#plan(context);
      case "router":
        return this.#route(context);
      case "validator":
        return this.#validate(context);
      case "executor":
      case "composer":
        return this.#compose(context);
    }
  }

  async #plan(context: NodeContext): Promise<NodeResult> {
    const { state, services } = this.#driver;
    const finished = state.tasks
      .filter((task) => task.status === "succeeded" && task.element === undefined)
      .map((task) => task.key);
    const findings = state.findings.map(({ code, path, task }) => ({
      code,
      path,
      ...(task === undefined ? {} : { task }),
    }));
    const retired = state.superseded.map((task) => task.key);
    const plan = state.compiled === undefined ? {} : { plan: state.compiled.plan, retired };
    const previous = findings.length === 0 ? {} : { previous: { findings, finished, ...plan } };
    const request: PlannerRequest = {
      goal: state.goal ?? "",
      inputs: this.#inputSchemas(),
      tools: this.#driver.tools.offered().filter(({ name }) => !UNPLANNED.has(name)),
      tasksMax: state.policy?.plannedTasksMax ?? 1,
      attempt: state.planAttempts,
      ...previous,
    };
    const outcome = await services.nodes.planner.plan(request, context);
    const input = { ...request, tools: request.tools.map((tool) => tool.name) };
    return {
      outcome: { node: "planner", outcome },
      input: input as unknown as Json,
      output: outcome as unknown as Json,
    };
  }

  async #route(context: NodeContext): Promise<NodeResult> {
    const { state, services } = this.#driver;
    const plan = state.proposal?.plan ?? { mesh: 1, name: "", tasks: [] };
    const { tools } = this.#driver;
    const outcome = await services.nodes.router.route(
      {
        plan,
        tools: tools.tools(),
        capabilities: tools.capabilities(),
        unavailable: tools.unavailable(),
        hidden: (name) => tools.hidden(name),
      },
      context,
    );
    const bound = Object.fromEntries([...outcome.tools].map(([use, tool]) => [use, tool.name]));
    const input = { revision: state.proposal?.revision ?? 0, uses: [...new Set(plan.tasks.map((task) => task.use))] };
    return { outcome: { node: "router", outcome }, input, output: bound };
  }

  async #validate(context: NodeContext): Promise<NodeResult> {
    const { state, services } = this.#driver;
    const plan = state.compiled?.plan ?? { mesh: 1, name: "", tasks: [] };
    const output = this.#output();
    const outputError = output.error === undefined ? {} : { outputError: output.error };
    let view: RunView | undefined;
    const request: ValidatorRequest = {
      plan,
      failed: failedTasks(state),
      get view() {
        view ??= runView(state);
        return view;
      },
      output: output.value,
      ...outputError,
    };
    const findings = await services.nodes.validator.validate(request, context);
    const outcome: NodeOutcome = { node: "validator", outcome: { findings, ...outputError, ...payloadOf(output) } };
    return {
      outcome,
      input: { revision: state.revision },
      output: { findings: findings.map((finding) => ({ ...finding })) as unknown as Json },
      written: writtenOf(output),
    };
  }

  async #compose(context: NodeContext): Promise<NodeResult> {
    const { state, services } = this.#driver;
    const output = this.#output();
    const results = this.#results();
    const composed = await services.nodes.composer.compose(
      { goal: state.goal ?? "", results, output: output.value },
      context,
    );
    const answer = this.#driver.write(composed.text);
    const { citations, removedCitations } = composed;
    const outcome: NodeOutcome = {
      node: "composer",
      outcome: { answer: answer.payload, citations, removedCitations, ...payloadOf(output) },
    };
    const input = { goal: state.goal ?? "", tasks: results.map(({ task }) => task) };
    return {
      outcome,
      input,
      output: { citations: [...citations], removedCitations: [...removedCitations] },
      written: [answer, ...writtenOf(output)],
    };
  }

  /** The values of the tasks that succeeded, in plan order. */
  #results(): readonly ComposerResult[] {
    const { state, values } = this.#driver;
    return (state.compiled?.tasks ?? []).flatMap(({ spec }) => {
      const task = state.taskOf.get(spec.id);
      if (task?.status !== "succeeded") return [];
      const reason = spec.reason === undefined ? {} : { reason: spec.reason };
      return [
        {
          task: spec.id,
          tool: bindingOf(state, task)?.tool ?? spec.use,
          value: values.ofTask(task) ?? null,
          ...reason,
        },
      ];
    });
  }

  /** The run's output; nothing when the plan names none. */
  #output(): ResolvedOutput {
    const { state, values, services } = this.#driver;
    const compiled = state.compiled?.output;
    if (compiled === undefined) return {};
    try {
      const value = compiled.resolve(values.valueOf);
      return { value, written: this.#driver.write(value) };
    } catch (error) {
      return { error: errorRecordOf(error, services.mask) };
    }
  }

  #inputSchemas(): Readonly<Record<string, JsonSchema>> {
    const inputs = this.#driver.values.valueOf("inputs");
    if (!isJsonObject(inputs)) return {};
    return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, { type: jsonTypeOf(value) }]));
  }

  #context(node: NodeName, call: string, signal: AbortSignal): NodeContext {
    const { run, state, services } = this.#driver;
    return {
      run,
      tenant: state.tenant,
      signal,
      model: (role) => services.models.model(role, watchModelCalls(this.#driver, call)),
      report: (progress) => this.#report(node, call, progress),
    };
  }

  #report(node: NodeName, call: string, progress: NodeProgress): void {
    if (progress.type === "note") this.#driver.show({ type: "node.note", call, message: progress.message });
    else if (node === "composer" && progress.type === "text")
      this.#driver.show({ type: "answer.delta", delta: progress.delta });
    else this.#driver.show({ type: "node.delta", call, kind: progress.type, delta: progress.delta });
  }
}

/** In the order in which they failed; without those that only wait for what failed. */
function failedTasks({ failed }: RunState): readonly FailedTask[] {
  return [...failed]
    .filter((task) => task.element === undefined && task.error?.code !== "AM_DEPENDENCY_FAILED")
    .map(({ key, error }) => ({ task: key, code: error?.code ?? "unknown" }));
}

function payloadOf({ written }: ResolvedOutput): { output?: Payload } {
  return written === undefined ? {} : { output: written.payload };
}

function writtenOf({ written }: ResolvedOutput): readonly WrittenPayload[] {
  return written === undefined ? [] : [written];
}

function jsonTypeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
