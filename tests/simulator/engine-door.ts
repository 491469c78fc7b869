/**
 * The parts of the engine that only its own package may import, loaded by a computed name: the simulator stands outside of
 * every package, as a power cut does, and drives the real driver all the same.
 */
import type { ModelRole, Clock, Executor, Planner, Composer, Router, Validator, Model, Store } from "@agentmesh/ports";
import type { Json, Payload, RunEvent, RunInput, RunState, RunView, StartInput, ToolSpec } from "@agentmesh/core";
import type { ReservedCall } from "@agentmesh/models";

export interface WrittenPayload {
  readonly payload: Payload;
}

/** The face of RunDriver. */
export interface Driver {
  readonly run: string;
  readonly state: RunState;
  readonly view: RunView;
  readonly settled: Promise<unknown>;
  start(input: StartInput, ...written: readonly WrittenPayload[]): void;
  recover(events: readonly RunEvent[]): Promise<void>;
  feed(input: RunInput, ...written: readonly WrittenPayload[]): void;
  write(value: Json): WrittenPayload;
  listen(listener: (signal: { readonly type: string; readonly seq?: number }) => void): () => void;
}

/** The face of ModelWatch. */
export interface ModelWatch {
  readonly reserve: (call: {
    readonly request: unknown;
    readonly model: Model;
    readonly price: unknown;
  }) => Promise<ReservedCall>;
  readonly observe: (call: {
    readonly trace: unknown;
    readonly reservation: string | undefined;
    readonly price: unknown;
  }) => void;
}

/** The face of RunServices. */
export interface Services {
  readonly store: Store;
  readonly clock: Clock;
  readonly nodes: {
    readonly planner: Planner;
    readonly router: Router;
    readonly executor: Executor;
    readonly validator: Validator;
    readonly composer: Composer;
  };
  readonly tools: {
    tools(): readonly ToolSpec[];
    find(name: string): ToolSpec | undefined;
    serversOf(use: string): readonly string[];
    capabilities(): ReadonlyMap<string, readonly ToolSpec[]>;
    hidden(name: string): string | undefined;
    within(scope: unknown): Services["tools"];
    assertSame(live: ToolSpec, binding: unknown): void;
    offered(): readonly ToolSpec[];
    unavailable(): ReadonlyMap<string, string>;
  };
  readonly models: { model(role: ModelRole, watch: ModelWatch): Promise<Model> };
  readonly mask: unknown;
  readonly children: unknown;
  readonly cancelGraceMs: number;
}

interface Engine {
  readonly RunDriver: new (run: string, services: Services) => Driver;
  readonly SecretMask: new (secrets: Iterable<string>) => unknown;
  readonly systemClock: Clock;
  readonly DefaultExecutor: new (registry: { proxy(tool: string): undefined }) => Executor;
  readonly DefaultRouter: new () => Router;
  readonly DefaultValidator: new () => Validator;
}

const RUNTIME = new URL("../../packages/runtime/src/", import.meta.url);

async function load<Part>(path: string): Promise<Part> {
  return (await import(new URL(path, RUNTIME).href)) as Part;
}

export const engine: Engine = {
  ...(await load<Pick<Engine, "RunDriver">>("driver/run-driver.ts")),
  ...(await load<Pick<Engine, "SecretMask">>("driver/secret-mask.ts")),
  ...(await load<Pick<Engine, "systemClock">>("driver/system-clock.ts")),
  ...(await load<Pick<Engine, "DefaultExecutor">>("nodes/default-executor.ts")),
  ...(await load<Pick<Engine, "DefaultRouter">>("nodes/default-router.ts")),
  ...(await load<Pick<Engine, "DefaultValidator">>("nodes/default-validator.ts")),
};
