/** What a node of the pipeline gets besides its request: the run it works for, models by role, and a way to be heard while it works. */
import type { Model } from "./model.ts";

/** The roles a model can have (DESIGN 10); `executor` is what `mesh.generate` uses. */
export type ModelRole = "router" | "planner" | "validator" | "composer" | "executor";

/** Not stored: shown to whoever watches. */
export type NodeProgress =
  | { readonly type: "text"; readonly delta: string }
  | { readonly type: "reasoning"; readonly delta: string }
  | { readonly type: "note"; readonly message: string };

export interface NodeContext {
  readonly run: string;
  readonly tenant: string;
  readonly signal: AbortSignal;
  /** The model of a role; its calls are journalled as part of this node's call. Throws NoModelError. */
  model(role: ModelRole): Promise<Model>;
  report(progress: NodeProgress): void;
}
