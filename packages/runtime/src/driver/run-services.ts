/** What every run of a mesh shares: the store, the clock, the nodes, the tools, the models. */
import type { ModelCallRecord, ToolSpec } from "@agentmesh/core";
import type { Clock, Model, ModelRequest, ModelRole, Store } from "@agentmesh/ports";
import type { Nodes } from "./nodes.ts";
import type { SecretMask } from "./secret-mask.ts";

/** One finished model call, before its texts are described as payloads. */
export interface ObservedModelCall extends Omit<ModelCallRecord, "caller" | "request" | "response" | "error"> {
  readonly request: ModelRequest;
  readonly response: string;
  readonly error?: unknown;
}

export interface ToolDirectory {
  /** All tools that a plan may use now, in a stable order. */
  tools(): readonly ToolSpec[];
  find(name: string): ToolSpec | undefined;
  /** How long a call of the tool may take, where its server's configuration says so. */
  timeoutMs(name: string): number | undefined;
}

export interface ModelDirectory {
  /** The model of a role; every call of it is told to the observer. Throws NoModelError. */
  model(role: ModelRole, observe: (call: ObservedModelCall) => void): Promise<Model>;
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
