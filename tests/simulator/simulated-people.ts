/** People who answer what a run asks them, after a while, now and then twice, too late, or nonsense; some never answer. */
import type { Json, Payload, RunCommand } from "@agentmesh/core";
import type { SqliteStore } from "@agentmesh/runtime";
import type { Chance } from "./chance.ts";
import type { OpenApproval, PendingWaits } from "./pending-waits.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** How many commands people give a run at most. */
const COMMANDS_MAX = 60;

export interface SentCommand {
  readonly item: number;
  readonly command: RunCommand;
  /** Stands in whatever event the command leads to; empty where there is no place for it. */
  readonly marker: string;
}

export interface Desk {
  readonly process: SimulatedProcess;
  readonly store: SqliteStore;
}

export interface PeopleOptions {
  readonly waits: PendingWaits;
  /** From where the next command is sent. */
  readonly desk: () => Desk;
  readonly onSent: (desk: Desk) => void;
}

export class SimulatedPeople {
  readonly sent: SentCommand[] = [];
  /** Nobody will send anything any more. */
  isDone = false;
  readonly #world: SimulatedWorld;
  readonly #options: PeopleOptions;
  readonly #chance: Chance;
  readonly #isPatient: boolean;
  readonly #cancelsAfter: number;
  readonly #lastMoments = new Set<string>();
  #commands = 0;

  constructor(world: SimulatedWorld, options: PeopleOptions) {
    this.#world = world;
    this.#options = options;
    this.#chance = world.chance("people");
    this.#isPatient = !this.#chance.percent(8);
    this.#cancelsAfter = this.#chance.percent(14) ? this.#chance.between(1, 6) : Number.POSITIVE_INFINITY;
    this.#later(this.#chance.between(1, 400));
  }

  #later(delayMs: number): void {
    const { timeline } = this.#world;
    timeline.at(timeline.nowMs + delayMs, () => this.#look());
  }

  #look(): void {
    const waits = this.#options.waits.refresh();
    if (waits.status === "over" || this.#commands >= COMMANDS_MAX) {
      this.isDone = true;
      return;
    }
    if (this.#isPatient) this.#decideAtTheLast(waits);
    const command = waits.status === "none" ? undefined : this.#nextCommand(waits);
    if (command !== undefined) this.#send(command);
    if (waits.status === "suspended" && !this.#isPatient && this.#chance.percent(30)) {
      this.isDone = true;
      return;
    }
    this.#later(this.#chance.pick([1, 50, 300, 1_000, 4_000, 15_000]));
  }

  /** At the very instant at which the question ends by itself. */
  #decideAtTheLast({ approvals }: PendingWaits): void {
    for (const question of approvals.values()) {
      const { approval, expiresAtMs } = question;
      const isNew = expiresAtMs !== undefined && !this.#lastMoments.has(`${approval} ${expiresAtMs}`);
      if (!isNew) continue;
      this.#lastMoments.add(`${approval} ${expiresAtMs}`);
      if (this.#chance.percent(60)) continue;
      const atMs = expiresAtMs - this.#world.clockOffsetMs + this.#chance.between(-1, 1);
      this.#world.timeline.at(atMs, () => this.#send(this.#decide(question, `m${++this.#commands}`)));
    }
  }

  #nextCommand(waits: PendingWaits): RunCommand | undefined {
    this.#commands++;
    const marker = `m${this.#commands}`;
    if (this.#commands >= this.#cancelsAfter && this.#chance.percent(60)) return { type: "cancel", reason: marker };
    if (this.#chance.percent(12)) return this.#nonsense(marker);
    if (!this.#isPatient || !waits.isWaiting) return undefined;
    return this.#answer(waits, marker);
  }

  #answer({ approvals, doubts, waits }: PendingWaits, marker: string): RunCommand | undefined {
    const open = [
      ...[...approvals.values()].map((approval) => () => this.#decide(approval, marker)),
      ...[...doubts].map((task) => () => this.#resolve(task, marker)),
      ...[...waits.values()].map((wait) => () => this.#signal(wait.for, wait.name, marker)),
    ];
    return open.length === 0 ? undefined : this.#chance.pick(open)();
  }

  #decide({ approval, subject, tool }: OpenApproval, marker: string): RunCommand {
    if (this.#chance.percent(15)) return { type: "reject", approval, note: marker };
    const edits = subject === "task" && tool !== "mesh.approve" && this.#chance.percent(35);
    if (edits) return { type: "approve", approval, note: marker, args: payload({ of: approval, edited: marker }) };
    const raises = subject === "budget" && this.#chance.percent(50);
    return { type: "approve", approval, note: marker, ...(raises ? { args: payload({ limit: 50_000 }) } : {}) };
  }

  #resolve(task: string, marker: string): RunCommand {
    const as = this.#chance.weighted({ done: 4, retry: 4, fail: 2 });
    const output = as === "done" && this.#chance.percent(70) ? { output: payload({ marker, items: [1] }) } : {};
    return { type: "resolve", task, as, ...output };
  }

  #signal(kind: string, name: string | undefined, marker: string): RunCommand | undefined {
    if (kind === "time") return undefined;
    return {
      type: "signal",
      kind: kind === "event" ? "event" : "signal",
      name: name ?? "go",
      data: payload({ marker }),
    };
  }

  #nonsense(marker: string): RunCommand {
    const task = `t${this.#chance.between(0, 9)}`;
    const kind = this.#chance.between(0, 4);
    if (kind === 0) return { type: "approve", approval: task, note: marker };
    if (kind === 1) return { type: "reject", approval: "plan", note: marker };
    if (kind === 2) return { type: "resolve", task, as: this.#chance.pick(["done", "retry", "fail"] as const) };
    const name = this.#chance.pick(["go", "stop", "never"]);
    return { type: "signal", kind: kind === 3 ? "signal" : "event", name, data: payload({ marker }) };
  }

  #send(command: RunCommand): void {
    const times = this.#chance.percent(10) ? 2 : 1;
    const desk = this.#options.desk();
    for (let time = 0; time < times; time++) {
      desk.process.deliver(() => {
        desk.store.send(this.#world.run, command).then(
          (item) => this.#sent(desk, { item, command, marker: markerOf(command) }),
          () => undefined, // a full disk or a held lock: whoever typed it sees that
        );
      });
    }
  }

  #sent(desk: Desk, sent: SentCommand): void {
    this.sent.push(sent);
    if (desk.process.isRunning) this.#options.onSent(desk);
  }
}

function payload(value: Json): Payload {
  return { hash: "given", bytes: 0, value };
}

function markerOf(command: RunCommand): string {
  switch (command.type) {
    case "cancel":
      return command.reason;
    case "approve":
    case "reject":
      return command.note ?? "";
    case "resolve":
    case "signal":
    case "continue":
      return "";
  }
}
