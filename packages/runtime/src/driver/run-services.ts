/** What every run of a mesh shares: the store, the clock, the nodes, the tools, the models. */
import type { RunScope, ToolBinding, ToolSpec } from "@agentmesh/core";
import type { ModelCallTrace, ModelPrice, ReservedCall } from "@agentmesh/models";
import type { Clock, Model, ModelRequest, ModelRole, Store } from "@agentmesh/ports";
import type { ChildRuns } from "./child-runs.ts";
import type { LearnedOutput } from "../registry/shapes/learned-shapes.ts";
import type { Nodes } from "./nodes.ts";
import type { SecretMask } from "./secret-mask.ts";

export interface ToolDirectory {
  /** All tools that a plan may use now, in a stable order. */
  tools(): readonly ToolSpec[];
  find(name: string): ToolSpec | undefined;
  /** Why a tool that there is is not among them; undefined for any other. */
  hidden(name: string): string | undefined;
  /** Those that a planner may be shown. */
  offered(): readonly ToolSpec[];
  /** Before each call, of the tool as it is now. Throws ToolDriftedError when it is not the one that was agreed on. */
  assertSame(live: ToolSpec, binding: ToolBinding): void;
  /** By `capability:NAME`: the tools that a plan may be bound to now, the healthiest first, then as the configuration has them. */
  capabilities(): ReadonlyMap<string, readonly ToolSpec[]>;
  /** The servers that a `use` may be served by; none where a name alone does not say which. */
  serversOf(use: string): readonly string[];
  /** Servers whose tools are not there, and why. */
  unavailable(): ReadonlyMap<string, string>;
  /** The run makes no more calls. */
  runEnded?(run: string): void;
}

/** All tools of a mesh, and those of them that a run may use. */
export interface ScopedDirectory extends ToolDirectory {
  /** Throws UnknownDomainError. */
  within(scope: RunScope | undefined): ToolDirectory;
}

/** One call that is about to be made, and what its model costs. */
export interface PricedCall {
  readonly request: ModelRequest;
  readonly model: Model;
  /** Absent: nobody has said. */
  readonly price: ModelPrice | undefined;
}

/** A call that was made. */
export interface ObservedCall {
  readonly trace: ModelCallTrace;
  readonly reservation: string | undefined;
  readonly price: ModelPrice | undefined;
}

/** Who watches over the calls of a model: asked before each, told after each. */
export interface ModelWatch {
  /** The node call (`planner#1`) or task attempt (`words#1`) that asks. */
  readonly caller: string;
  /** Rejects with ModelError when it may not be made. */
  readonly reserve: (call: PricedCall) => Promise<ReservedCall>;
  readonly observe: (call: ObservedCall) => void;
  /** Told what people should know on the way. */
  readonly note: (message: string) => void;
}

export interface ModelDirectory {
  /** The model of a role, watched. Throws NoModelError. */
  model(role: ModelRole, watch: ModelWatch): Promise<Model>;
}

/** Told of the outputs of calls that have succeeded. */
export interface ShapeLearner {
  learn(tool: ToolSpec, output: LearnedOutput): void;
}

export interface RunServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly nodes: Nodes;
  readonly tools: ScopedDirectory;
  readonly models: ModelDirectory;
  readonly mask: SecretMask;
  readonly children: ChildRuns;
  /** Absent: nothing is learned of what tools put out. */
  readonly shapes?: ShapeLearner | undefined;
  /** How long a cancelled call may go on before it is given up. */
  readonly cancelGraceMs: number;
}
