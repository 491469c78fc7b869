/** What every run of a mesh shares: the store, the clock, the nodes, the tools, the models. */
import type { ToolSpec } from "@agentmesh/core";
import type { ModelCallTrace } from "@agentmesh/models";
import type { Clock, Model, ModelRole, Store } from "@agentmesh/ports";
import type { Nodes } from "./nodes.ts";
import type { SecretMask } from "./secret-mask.ts";

export interface ToolDirectory {
  /** All tools that a plan may use now, in a stable order. */
  tools(): readonly ToolSpec[];
  find(name: string): ToolSpec | undefined;
  /** Servers whose tools are not there, and why. */
  unavailable(): ReadonlyMap<string, string>;
}

export interface ModelDirectory {
  /** The model of a role; every call of it is told to the observer. Throws NoModelError. */
  model(role: ModelRole, observe: (call: ModelCallTrace) => void): Promise<Model>;
}

export interface RunServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly nodes: Nodes;
  readonly tools: ToolDirectory;
  readonly models: ModelDirectory;
  readonly mask: SecretMask;
  /** How long a cancelled call may go on before it is given up. */
  readonly cancelGraceMs: number;
}
