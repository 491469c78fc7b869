/** The one proxy type for every tool, whatever serves it: what a plan binds a task to. */
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import type { ToolCallOptions, ToolResult, ToolSource } from "@agentmesh/ports";

/** Told how each call has ended; `beganMs` as `performance.now()`. `error`: a ToolCallError; undefined when all went well. */
export type CallObserver = (spec: ToolSpec, beganMs: number, error?: unknown) => void;

export class McpToolProxy {
  readonly spec: ToolSpec;
  readonly #source: ToolSource;
  readonly #observe: CallObserver | undefined;

  /** `source` serves the tool; `spec` is what the plan was checked against. */
  constructor(spec: ToolSpec, source: ToolSource, observe?: CallObserver) {
    this.spec = spec;
    this.#source = source;
    this.#observe = observe;
  }

  /** Rejects with ToolCallError only. */
  call(args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    const { spec } = this;
    const observe = this.#observe;
    const beganMs = performance.now();
    const called = this.#source.call(spec.tool, args, options);
    if (observe !== undefined)
      called.then(
        () => observe(spec, beganMs),
        (error: unknown) => observe(spec, beganMs, error),
      );
    return called;
  }
}
