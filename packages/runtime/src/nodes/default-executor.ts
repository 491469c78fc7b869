/** Carries out a task's call: a tool behind its proxy, or a built-in of the mesh. */
import { GENERATE_TOOL, type Json, MESH_SERVER, type ToolSpec } from "@agentmesh/core";
import { type Executor, type NodeContext, type TaskCall, ToolCallError, type ToolCallOptions } from "@agentmesh/ports";
import type { ToolRegistry } from "../registry/tool-registry.ts";
import { encodeCallContext } from "../subagent/call-context.ts";
import { decodeRunReport } from "../subagent/run-report.ts";
import { generate } from "./generate.ts";

export class DefaultExecutor implements Executor {
  readonly #registry: ToolRegistry;

  constructor(registry: ToolRegistry) {
    this.#registry = registry;
  }

  async execute(call: TaskCall, context: NodeContext): Promise<Json> {
    const { tool, server } = call.binding;
    if (tool === GENERATE_TOOL.name) return generate(call.args, context);
    const proxy = server === MESH_SERVER ? undefined : this.#registry.proxy(tool);
    if (proxy === undefined) throw toolGone(tool);
    const { timeoutMs, idempotencyKey, onProgress, onInput, binding } = call;
    const { run, tenant, signal } = context;
    const caller = { run, tenant };
    const admit = (live: ToolSpec): void => this.#registry.assertSame(live, binding);
    const result = await proxy.call(call.args, {
      signal,
      caller,
      timeoutMs,
      idempotencyKey,
      admit,
      onProgress,
      ...(onInput === undefined ? {} : { onInput }),
      ...this.#contextOf(call),
    });
    for (const message of result.warnings ?? []) context.report({ type: "note", message });
    return result.value;
  }

  /** Only a run, or a server that may know, is told where the call comes from, and believed what it has used up. */
  #contextOf({ binding, context, onReport }: TaskCall): Pick<ToolCallOptions, "meta" | "onMeta"> {
    if (context === undefined || (binding.runs === undefined && !this.#registry.takesContext(binding.server)))
      return {};
    return {
      meta: encodeCallContext(context()),
      onMeta: (meta) => {
        const report = decodeRunReport(meta);
        if (report !== undefined) onReport?.(report);
      },
    };
  }
}

function toolGone(tool: string): ToolCallError {
  return new ToolCallError({
    code: "AM_TOOL_UNKNOWN",
    message: `"${tool}" is not there any more.`,
    hint: "Look at its server with: agentmesh tools",
    facts: { tool },
    outcome: "refused",
  });
}
