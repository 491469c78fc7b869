/** Binds each `use` of a plan to a concrete tool. */
import type { Plan, RouterOutcome, ToolSpec } from "@agentmesh/core";
import type { NodeContext } from "./node-context.ts";

export interface RouterRequest {
  readonly plan: Plan;
  readonly tools: readonly ToolSpec[];
  /** By `capability:NAME`: the tools that may do it, the one to be preferred first. */
  readonly capabilities: ReadonlyMap<string, readonly ToolSpec[]>;
  /** Servers whose tools are not there, and why. */
  readonly unavailable: ReadonlyMap<string, string>;
  /** Which scope of the run hides the tool of that name, and why; undefined when none does. */
  readonly hidden?: ((name: string) => string | undefined) | undefined;
}

export interface Router {
  /** It asks nobody and changes nothing: it may be called before its start is stored, and shares a commit with it. */
  readonly isPure?: boolean;
  route(request: RouterRequest, context: NodeContext): Promise<RouterOutcome>;
}
