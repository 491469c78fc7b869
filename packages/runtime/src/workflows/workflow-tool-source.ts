/** The workflows of a mesh as a server of tools: a call of one is a run of this mesh, which outlives the process that made the call. */
import type { JsonObject, RunPolicy, ToolSpec } from "@agentmesh/core";
import {
  type CallContext,
  ChildSuspendedError,
  type Clock,
  type ServerStatus,
  ToolCallError,
  type ToolCallOptions,
  type ToolResult,
  type ToolSource,
} from "@agentmesh/ports";
import { commandPayload } from "../mesh/command-payload.ts";
import { checkInputs } from "../mesh/check-inputs.ts";
import type { RunResult } from "../mesh/run-result.ts";
import { decodeCallContext } from "../subagent/call-context.ts";
import { assertMayBegin, CallRefusedError, narrowedPolicy, parentOf } from "../subagent/incoming-context.ts";
import { workDigest } from "../subagent/outgoing-context.ts";
import { encodeRunReport } from "../subagent/run-report.ts";
import type { AttachedRun, ChildDesk } from "./child-desk.ts";
import {
  cancelledWithParent,
  endedBadly,
  mayNotBegin,
  notDriven,
  tookTooLong,
  workflowUnknown,
} from "./child-failure.ts";
import type { WorkflowBook } from "./workflow-book.ts";
import { WORKFLOW_SERVER, workflowSpec } from "./workflow-spec.ts";

export interface WorkflowToolSourceParts {
  readonly workflows: WorkflowBook;
  readonly children: ChildDesk;
  readonly clock: Clock;
  readonly policy: RunPolicy;
  readonly tenant: string;
  /** The servers that a workflow needs. */
  readonly serversOf: (name: string) => ReadonlySet<string>;
}

export class WorkflowToolSource implements ToolSource {
  readonly server = WORKFLOW_SERVER;
  readonly #parts: WorkflowToolSourceParts;
  readonly #specs: readonly ToolSpec[];

  constructor(parts: WorkflowToolSourceParts) {
    this.#parts = parts;
    this.#specs = [...parts.workflows].map(([name, plan]) => workflowSpec(name, plan));
  }

  status(): ServerStatus {
    return { server: this.server, state: "ready", transport: "local", tools: this.#specs.length };
  }

  connect(): Promise<ServerStatus> {
    return Promise.resolve(this.status());
  }

  tools(): readonly ToolSpec[] {
    return this.#specs;
  }

  onChange(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    const context = decodeCallContext(options.meta);
    if (options.signal.aborted) throw cancelledWithParent(tool);
    const run = this.#attach(tool, args, { options, context });
    const result = await this.#resultOf(tool, run, options);
    options.onMeta?.(encodeRunReport({ run: run.id, usage: result.usage }));
    if (result.status === "suspended") throw new ChildSuspendedError(run.id);
    if (result.status !== "succeeded") throw endedBadly(tool, result);
    return { value: result.output, isChecked: false };
  }

  #attach(
    tool: string,
    args: JsonObject,
    { options, context }: { readonly options: ToolCallOptions; readonly context: CallContext | undefined },
  ): AttachedRun {
    const { workflows, children, policy, serversOf } = this.#parts;
    const plan = workflows.get(tool);
    if (plan === undefined) throw workflowUnknown(tool);
    const { inputs } = checkInputs(plan, args);
    if (context !== undefined) this.#assertMayBegin(tool, context, workDigest(plan, commandPayload(inputs).hash));
    const tenant = options.caller?.tenant ?? this.#parts.tenant;
    const beginning = {
      tenant,
      mode: "run" as const,
      name: tool,
      work: { plan },
      given: inputs,
      servers: serversOf(tool),
      policy: context === undefined ? policy : narrowedPolicy(policy, context),
      ...(context === undefined
        ? {}
        : { parent: parentOf(context, false), ...(context.scope === undefined ? {} : { scope: context.scope }) }),
    };
    return children.attach(children.idOf(tenant, options.idempotencyKey), beginning);
  }

  #assertMayBegin(tool: string, context: CallContext, digest: string): void {
    try {
      assertMayBegin(context, this.#parts.policy, digest);
    } catch (error) {
      throw error instanceof CallRefusedError ? mayNotBegin(tool, error) : error;
    }
  }

  /** Whoever gives up waiting has the run end first. */
  async #resultOf(tool: string, run: AttachedRun, options: ToolCallOptions): Promise<RunResult> {
    let givenUp: "cancelled" | "late" | undefined;
    const giveUp = (why: "cancelled" | "late"): void => {
      givenUp ??= why;
      run.cancel(why === "late" ? "the call took too long" : "the run that started it was ended");
    };
    const onAbort = (): void => giveUp("cancelled");
    const { clock } = this.#parts;
    const stop =
      options.timeoutMs === undefined
        ? (): void => undefined
        : clock.at(clock.nowMs() + options.timeoutMs, () => giveUp("late"));
    options.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const result = await run.result;
      if (result.status === "cancelled" && givenUp !== undefined) {
        options.onMeta?.(encodeRunReport({ run: run.id, usage: result.usage }));
        throw givenUp === "late"
          ? tookTooLong(tool, run.id, options.timeoutMs ?? 0)
          : cancelledWithParent(tool, run.id);
      }
      return result;
    } catch (error) {
      throw error instanceof ToolCallError ? error : notDriven(tool, run.id, error);
    } finally {
      stop();
      options.signal.removeEventListener("abort", onAbort);
    }
  }
}
