/** Writes the answer from the results, citing the tasks behind it as [id]. */
import type { Json } from "@agentmesh/core";
import type { NodeContext } from "./node-context.ts";

export interface ComposerResult {
  readonly task: string;
  readonly tool: string;
  /** What the plan says it is for. */
  readonly reason?: string;
  readonly value: Json;
}

export interface ComposerRequest {
  readonly goal: string;
  /** Tasks that succeeded, in plan order. */
  readonly results: readonly ComposerResult[];
  readonly output: Json | undefined;
}

export interface ComposedAnswer {
  readonly text: string;
  readonly citations: readonly string[];
  /** Citations of tasks that do not exist or did not succeed: taken out of the text. */
  readonly removedCitations: readonly string[];
}

export interface Composer {
  /** Streams the text through `context.report`. */
  compose(request: ComposerRequest, context: NodeContext): Promise<ComposedAnswer>;
}
