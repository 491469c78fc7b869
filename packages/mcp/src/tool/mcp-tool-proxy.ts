/** The one proxy type for every tool, whatever serves it: what a plan binds a task to. */
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import type { ToolCallOptions, ToolResult, ToolSource } from "@agentmesh/ports";

export class McpToolProxy {
  readonly spec: ToolSpec;
  readonly #source: ToolSource;

  /** `source` serves the tool; `spec` is what the plan was checked against. */
  constructor(spec: ToolSpec, source: ToolSource) {
    this.spec = spec;
    this.#source = source;
  }

  /** Rejects with ToolCallError only. */
  call(args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    return this.#source.call(this.spec.tool, args, options);
  }
}
