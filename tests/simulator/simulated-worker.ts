/** A process that drives runs with the real driver over the real store, until it dies. */
import {
  canonicalJson,
  evolve,
  isTerminal,
  type Json,
  overError,
  type RunEvent,
  RunState,
  type StartInput,
} from "@agentmesh/core";
import { RunOwnedError } from "@agentmesh/ports";
import type { SqliteStore } from "@agentmesh/runtime";
import type { LedgerCall } from "./effect-ledger.ts";
import { type Driver, engine, type Services } from "./engine-door.ts";
import { modelDirectory } from "./simulated-model.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { type NodeScript, simulatedNodes } from "./simulated-nodes.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { toolDirectory } from "./simulated-tools.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

const CANCEL_GRACE_MS = 500;

export interface WorkerScript extends NodeScript {
  readonly start: Omit<StartInput, "inputs">;
  readonly isReliable: boolean;
}

/** `absent`: the run was never stored. */
type Takeover = "driving" | "owned" | "absent" | "over" | "failed";

export class SimulatedWorker {
  readonly process: SimulatedProcess;
  readonly store: SqliteStore;
  readonly #world: SimulatedWorld;
  readonly #services: Services;
  readonly #script: WorkerScript;
  #driver: Driver | undefined;
  #drives = 0;
  /** It tries to take the run over. */
  isTaking = false;

  constructor(world: SimulatedWorld, process: SimulatedProcess, script: WorkerScript) {
    this.#world = world;
    this.process = process;
    this.#script = script;
    this.store = world.openStore(process);
    const isReliable = script.isReliable;
    this.#services = {
      store: this.store,
      clock: engine.systemClock,
      tools: toolDirectory,
      models: modelDirectory(process, world.chance(`model ${process.name}`)),
      mask: new engine.SecretMask([]),
      children: { ended: () => undefined }, // no tool here starts a run
      cancelGraceMs: CANCEL_GRACE_MS,
      nodes: {
        ...simulatedNodes(world, process, script),
        executor: new SimulatedNetwork(world, process, {
          isReliable,
          onDuplicate: (call, value) => this.#answerAgain(call, value),
        }),
      },
    };
  }

  /** The driver that is at work, if the process lives. */
  get driver(): Driver | undefined {
    return this.process.isAlive ? this.#driver : undefined;
  }

  get isDriving(): boolean {
    return this.driver !== undefined || (this.process.isAlive && this.isTaking);
  }

  start(): void {
    this.process.deliver(() => {
      const driver = this.#newDriver();
      const inputs = driver.write({ who: "somebody" });
      driver.start({ ...this.#script.start, inputs: inputs.payload }, inputs);
    });
  }

  takeOver(): void {
    if (this.isDriving) return;
    this.isTaking = true;
    this.process.deliver(() => {
      this.#takeOver().then(
        (outcome) => this.#taken(outcome),
        () => this.#taken("failed"),
      );
    });
  }

  #taken(outcome: Takeover): void {
    this.isTaking = false;
    if (outcome === "owned" && this.process.isRunning) this.#world.refused();
    if (outcome === "absent" && this.process.isRunning) this.start();
  }

  async #takeOver(): Promise<Takeover> {
    try {
      if (!(await this.store.claim(this.#world.run))) return "absent";
    } catch (error) {
      if (error instanceof RunOwnedError) return "owned";
      throw error;
    }
    try {
      return await this.#takeUp();
    } catch (error) {
      await this.store.release(this.#world.run);
      throw error;
    }
  }

  async #takeUp(): Promise<Takeover> {
    const events = await this.store.read(this.#world.run, 0);
    const last = events.at(-1);
    if (last === undefined) return "absent";
    if (isTerminal(last)) {
      await this.#refuseCommands(events);
      return "over";
    }
    await this.#newDriver().recover(events);
    return "driving";
  }

  /** The run is over: so is everything that was still asked of it. */
  async #refuseCommands(events: readonly RunEvent[]): Promise<void> {
    const state = new RunState();
    for (const event of events) evolve(state, event);
    const error = overError(state);
    const waiting = await this.store.inbox(this.#world.run);
    if (waiting.length > 0)
      await this.store.append(
        [],
        [],
        waiting.map(({ item }) => ({ item, error })),
      );
    await this.store.release(this.#world.run);
  }

  #newDriver(): Driver {
    const driver = new engine.RunDriver(this.#world.run, this.#services);
    const listener = `${this.process.name}/${++this.#drives}`;
    this.#driver = driver;
    driver.listen((signal) => {
      if (this.process.isAlive && signal.seq !== undefined)
        this.#world.published(this.process, listener, signal as RunEvent);
    });
    const end = (): void => {
      if (this.#driver === driver) this.#driver = undefined;
    };
    driver.settled.then(
      () => {
        if (this.process.isAlive) this.#world.settledViews.push(canonicalJson(driver.view as unknown as Json));
        end();
      },
      (error: unknown) => {
        if (this.process.isAlive) this.#world.driverFailures.push(error);
        end();
      },
    );
    return driver;
  }

  /** What a server that repeats itself would say. */
  #answerAgain({ task, attempt }: LedgerCall, value: Json): void {
    const driver = this.#driver;
    if (driver === undefined) return;
    const output = driver.write(value);
    driver.feed({ type: "call-succeeded", task, attempt, output: output.payload, durationMs: 0 }, output);
  }
}
