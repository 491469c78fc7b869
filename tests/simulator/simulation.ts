/** One seed, one run: from the goal to the end of everything that it set in motion, with every fault that the seed brings. */
import {
  canonicalJson,
  compilePlan,
  evolve,
  type Json,
  NULL_PAYLOAD,
  type Plan,
  RunPolicy,
  type RunPolicyInput,
  RunState,
  runView,
  type StartInput,
} from "@agentmesh/core";
import { decodeEvent, decodeSealedEvent, parsePlan, type RunEvent } from "@agentmesh/core";
import { textDigest } from "@agentmesh/store";
import type { Chance } from "./chance.ts";
import { auditStore } from "./store-audit.ts";
import type { WrittenRow } from "./written-row.ts";
import { PendingWaits } from "./pending-waits.ts";
import { type RandomPlan, randomPlan } from "./random-plan.ts";
import { type Desk, type SentCommand, SimulatedPeople } from "./simulated-people.ts";
import { SimulatedWorker, type WorkerScript } from "./simulated-worker.ts";
import { SimulatedWorld } from "./simulated-world.ts";
import { installVirtualGlobals } from "./virtual-globals.ts";

/** Steps of virtual time after which a run counts as one that never ends. */
const STEPS_MAX = 60_000;
/** How often somebody looks whether the run has an owner: longer than a clock that is set back by an hour holds it up. */
const WATCH_MAX = 6_000;

export interface CommandRecord {
  readonly sent: SentCommand;
  readonly isStored: boolean;
  readonly end: "none" | "followed" | "refused";
}

/** Of so many seeds one has every stored event held against its schema. */
const STRICT_EVERY = 4;

/** Forward and back: by a second, an hour, a year. */
const CLOCK_JUMPS_MS = [1_000, 3_600_000, 31_536_000_000, -1_000, -3_600_000];

/** Everything that a checker needs to know. */
export interface SimulationRecord {
  readonly world: SimulatedWorld;
  readonly plan: RandomPlan;
  readonly policy: RunPolicy;
  readonly events: readonly RunEvent[];
  /** The rows of the file itself. */
  readonly stored: readonly WrittenRow[];
  readonly commands: readonly CommandRecord[];
  readonly waits: PendingWaits;
  /** The clock still had appointments when the simulation was given up. */
  readonly isEndless: boolean;
  readonly steps: number;
  /** What the simulation itself saw go wrong. */
  readonly violations: readonly string[];
}

export async function simulate(seed: number, path: string): Promise<SimulationRecord> {
  installVirtualGlobals();
  return new Simulation(seed, path).play();
}

class Simulation {
  readonly #world: SimulatedWorld;
  readonly #chance: Chance;
  readonly #waits: PendingWaits;
  readonly #policy: RunPolicy;
  readonly #plan: RandomPlan;
  readonly #script: WorkerScript;
  readonly #workers: SimulatedWorker[] = [];
  readonly #people: SimulatedPeople;
  readonly #violations: string[] = [];
  #console: Desk | undefined;
  #looks = 0;

  constructor(seed: number, path: string) {
    this.#world = new SimulatedWorld(seed, path);
    this.#chance = this.#world.chance("simulation");
    this.#waits = new PendingWaits(this.#world.rows);
    const isGenerating = this.#chance.percent(40);
    this.#plan = randomPlan(this.#world.chance("plan"), { isGenerating });
    this.#policy = RunPolicy.parse(randomPolicy(this.#chance, isGenerating));
    this.#script = {
      plan: this.#plan,
      isAskingModel: isGenerating && this.#chance.percent(40),
      isReliable: this.#chance.percent(25),
      start: this.#startInput(),
    };
    this.#people = new SimulatedPeople(this.#world, {
      waits: this.#waits,
      desk: () => this.#desk(),
      onSent: (desk) => this.#tookCommand(desk),
    });
    if (this.#chance.percent(8)) this.#planClockJump();
  }

  async play(): Promise<SimulationRecord> {
    const world = this.#world;
    this.#newWorker().start();
    this.#watchLater();
    let steps = 0;
    await world.settle();
    while (steps++ < STEPS_MAX && world.timeline.step()) {
      await world.settle();
      if (this.#chance.percent(0.7)) this.#compareLive();
    }
    this.#compareLive();
    const record = { ...this.#record(), isEndless: steps > STEPS_MAX, steps };
    world.end();
    return record;
  }

  #startInput(): Omit<StartInput, "inputs"> {
    const base = { type: "start", tenant: "default", name: "simulated", policy: this.#policy, mode: "run" } as const;
    if (this.#chance.percent(35)) return { ...base, work: { goal: "Do it." } };
    const { plan } = parsePlan(this.#plan);
    if (plan === undefined) throw new RangeError("the generator made a plan that does not parse");
    return { ...base, work: { plan }, ...this.#forkStart(plan) };
  }

  /** Some runs are forks: tasks that need nothing were done elsewhere, and must never be done here, whatever dies when. */
  #forkStart(plan: Plan): Pick<StartInput, "fork"> {
    const chance = this.#world.chance("fork");
    if (!chance.percent(15)) return {};
    const origin = { run: "r_source", seq: 1_000, from: [] };
    const first = compilePlan(plan).tasks.filter(({ spec, dependencies }) => dependencies.length === 0 && !spec.each);
    const reused = first
      .filter(() => chance.percent(60))
      .map(({ spec }, index) => ({
        task: spec.id,
        as: chance.weighted({ succeeded: 6, failed: 1, skipped: 1 }),
        output: NULL_PAYLOAD,
        from: { run: origin.run, seq: index + 1 },
      }));
    return { fork: { origin, by: "caller", reused } };
  }

  #newWorker(): SimulatedWorker {
    const host = this.#chance.percent(75) ? "one" : "two";
    const process = this.#world.startProcess("worker", { isFragile: true, host });
    const worker = new SimulatedWorker(this.#world, process, this.#script);
    this.#workers.push(worker);
    return worker;
  }

  /** A terminal of its own, or the process that drives the run. */
  #desk(): Desk {
    const driving = this.#workers.find((worker) => worker.driver !== undefined && worker.process.isRunning);
    if (driving !== undefined && this.#chance.percent(40)) return driving;
    if (this.#console === undefined) {
      const process = this.#world.startProcess("console", { isFragile: false, host: "one" });
      this.#console = { process, store: this.#world.openStore(process) };
    }
    return this.#console;
  }

  /** Whoever sends a command to a run without an owner takes it over, or leaves it to others. */
  #tookCommand(desk: Desk): void {
    if (desk === this.#console && this.#chance.percent(50) && !this.#isDriven()) this.#takeOver();
  }

  #isDriven(): boolean {
    return this.#workers.some((worker) => worker.isDriving);
  }

  #watchLater(): void {
    const { timeline } = this.#world;
    timeline.at(timeline.nowMs + this.#chance.pick([20, 200, 1_000, 5_000]), () => this.#watch());
  }

  #watch(): void {
    const waits = this.#waits.refresh();
    if (waits.status === "over" || this.#looks++ > WATCH_MAX) return;
    if (this.#isDriven()) {
      if (this.#chance.percent(6) || this.#workers.some(({ process }) => process.isAlive && !process.isRunning))
        this.#takeOver();
    } else if (waits.status !== "suspended" || this.#isDue(waits)) this.#takeOver();
    else if (this.#people.isDone && waits.endsAtMs === Number.POSITIVE_INFINITY && !this.#hasCommands()) return;
    this.#watchLater();
  }

  #isDue({ endsAtMs }: PendingWaits): boolean {
    return (
      endsAtMs <= this.#world.timeline.nowMs + this.#world.clockOffsetMs ||
      this.#hasCommands() ||
      this.#chance.percent(4)
    );
  }

  /** Commands that wait for an owner. */
  #hasCommands(): boolean {
    return this.#people.sent.length > this.#people.sent.filter(({ item }) => this.#isAnswered(item)).length;
  }

  #isAnswered(item: number): boolean {
    return this.#world.answeredItems.has(item);
  }

  #takeOver(): void {
    const idle = this.#workers.filter((worker) => worker.process.isRunning && !worker.isDriving);
    const worker = idle.length > 0 && this.#chance.percent(80) ? this.#chance.pick(idle) : this.#newWorker();
    worker.takeOver();
  }

  #planClockJump(): void {
    this.#world.hasClockJump = true;
    const { timeline } = this.#world;
    timeline.at(timeline.nowMs + this.#chance.between(1, 3_000), () => {
      this.#world.clockOffsetMs += this.#chance.pick(CLOCK_JUMPS_MS);
    });
  }

  /** Where everything is durable, the state in memory is the fold of what is stored. */
  #compareLive(): void {
    for (const { driver, process } of this.#workers) {
      const rows = this.#world.rows.length;
      if (driver === undefined || !process.isRunning || driver.state.seq !== rows || rows === 0) continue;
      const live = withoutDueTimes(canonicalJson(driver.view as unknown as Json));
      const folded = withoutDueTimes(foldedView(this.#events()));
      if (live !== folded) this.#violations.push(`I9 live state differs from the fold\n  ${live}\n  ${folded}`);
    }
  }

  #events(): readonly RunEvent[] {
    return this.#world.rows.map((row) => decodeSealedEvent(this.#world.run, row, textDigest));
  }

  #record(): Omit<SimulationRecord, "isEndless" | "steps"> {
    const world = this.#world;
    const { stored, answers } = auditStore(world);
    const decode = world.seed % STRICT_EVERY === 0 ? decodeEvent : decodeSealedEvent;
    const events = stored.map((row) => decode(world.run, row, textDigest));
    const commands = this.#people.sent.map((sent) => ({ sent, ...commandEnd(sent.item, answers) }));
    const violations = [...this.#violations, ...this.#viewViolations(events)];
    return {
      world,
      plan: this.#plan,
      policy: this.#policy,
      events,
      stored,
      commands,
      waits: this.#waits.refresh(),
      violations,
    };
  }

  /** What a driver said at the end is what anybody reads later. */
  #viewViolations(events: readonly RunEvent[]): readonly string[] {
    const last = this.#world.settledViews.findLast((view) => !view.includes('"status":"suspended"'));
    if (last === undefined) return [];
    const folded = foldedView(events);
    return last === folded ? [] : [`I9 the settled view differs from the fold\n  ${last}\n  ${folded}`];
  }
}

/** A task whose back-off is over is ready for whoever drives the run; the journal holds no event for "now it is due". */
function withoutDueTimes(view: string): string {
  return view.replaceAll('"status":"waiting"', '"status":"ready"');
}

function commandEnd(item: number, answers: ReadonlyMap<number, string | null>): Omit<CommandRecord, "sent"> {
  const answer = answers.get(item);
  if (answer === undefined || answer === null) return { isStored: answer !== undefined, end: "none" };
  return { isStored: true, end: answer === "null" ? "followed" : "refused" };
}

export function foldedView(events: readonly RunEvent[]): string {
  const state = new RunState();
  for (const event of events) evolve(state, event);
  return canonicalJson(runView(state) as unknown as Json);
}

function randomPolicy(chance: Chance, isGenerating: boolean): RunPolicyInput {
  return {
    concurrency: chance.percent(50) ? {} : { run: chance.between(1, 4), tools: { "sim.send": chance.between(1, 2) } },
    inDoubt: chance.weighted({ ask: 6, retry: 2, fail: 2 }),
    retryMax: chance.between(0, 2),
    backoffMs: chance.pick([0, 50, 250]),
    ...(chance.percent(20) ? { approve: approvalsOf(chance) } : {}),
    ...(chance.percent(40) ? { budget: budgetOf(chance, isGenerating) } : {}),
  };
}

function approvalsOf(chance: Chance): string[] {
  return [chance.pick(["write", "destructive", "sim.put", "plan", "plan"])];
}

function budgetOf(chance: Chance, isGenerating: boolean): NonNullable<RunPolicyInput["budget"]> {
  return {
    ...(chance.percent(50) ? { calls: chance.between(0, 12) } : {}),
    ...(chance.percent(35) ? { seconds: chance.between(1, 8) } : {}),
    ...(isGenerating && chance.percent(60) ? { tokens: chance.between(100, 1_500) } : {}),
    ...(isGenerating && chance.percent(25) ? { usd: chance.between(1, 12) / 1_000 } : {}),
    ...(chance.percent(55) ? { onExceeded: "ask" as const } : {}),
  };
}
