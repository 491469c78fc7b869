/**
 * Where the runs of a mesh are driven from: begun, taken up after their process died or somebody has answered, and spoken to
 * whoever drives them. One handle a run and process.
 */
import {
  bindingOf,
  evolve,
  isOver,
  type Json,
  type JsonObject,
  overError,
  type Payload,
  type Plan,
  type RunCommand,
  type RunEvent,
  runOutline,
  type RunOutline,
  RunState,
  type StartInput,
  transition,
} from "@agentmesh/core";
import { JournalConflictError, RunOwnedError } from "@agentmesh/ports";
import { refusalOf } from "../driver/run-commands.ts";
import { RunDriver } from "../driver/run-driver.ts";
import { RunLeftError } from "../driver/run-left-error.ts";
import type { RunServices, ToolDirectory } from "../driver/run-services.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import { holdsMask } from "../driver/secret-mask.ts";
import { CommandPendingError } from "./command-pending-error.ts";
import { CommandRefusedError } from "./command-refused-error.ts";
import { PlanRedactedError, ServersMissingError } from "./resume-error.ts";
import { type DriveRun, Run } from "./run.ts";
import { newRunId } from "./run-id.ts";
import { type RunResult, runResult } from "./run-result.ts";
import { UnknownRunError } from "./unknown-run-error.ts";

/** How many runs one call of `recover` takes up. */
const RECOVERED_MAX = 1_000;
/** How long a command may wait for whoever drives the run. */
const ANSWER_MS_MAX = 10_000;
/** Between two looks at a run that another process drives. */
const ATTACH_MS_MAX = 100;
const OVER: ReadonlySet<string> = new Set(["succeeded", "failed", "skipped", "cancelled"]);

export interface RunDeskParts {
  readonly services: RunServices;
  readonly tenant: string;
  /** Sees every signal of every run. */
  readonly observe: (signal: RunSignal) => void;
  /** Told of the stored events of a run that goes on here. */
  readonly recall: (events: readonly RunEvent[]) => void;
  /** Connects to these servers, or all; resolves when each has answered or failed. */
  readonly discover: (servers?: ReadonlySet<string>) => Promise<unknown>;
  readonly value: (payload: Payload) => Json | undefined;
}

/** What a run begins with. */
export type RunBeginning = Omit<StartInput, "type" | "inputs"> & {
  readonly given: JsonObject;
  /** Only these servers are needed; undefined: all. */
  readonly servers: ReadonlySet<string> | undefined;
};

export class RunDesk {
  readonly #parts: RunDeskParts;
  /** Handles of runs that are driven here, or were and are suspended. */
  readonly #runs = new Map<string, Run>();
  #isClosed = false;

  constructor(parts: RunDeskParts) {
    this.#parts = parts;
  }

  /** The run of that id: begun when there is none yet, else gone on with as far as it is. Its end is its result again. */
  attach(id: string, beginning: RunBeginning): Run {
    const known = this.#runs.get(id);
    if (known?.isDriven === true) return known;
    return this.#handle(id, (handle) => this.#attach(id, beginning, handle));
  }

  async #attach(id: string, beginning: RunBeginning, handle: Handle): Promise<RunResult> {
    const { store } = this.#parts.services;
    for (let pauseMs = 2; ; pauseMs = Math.min(ATTACH_MS_MAX, pauseMs * 2)) {
      const events = await store.read(id, 0);
      if (events.length === 0) {
        const begun = await this.#beginOnce(id, beginning, handle);
        if (begun !== undefined) return begun;
      } else {
        this.assertKnown(id, events);
        const state = foldEvents(events);
        if (isOver(state)) return runResult(runOutline(state), this.#parts.value);
        if (await this.#canClaim(id)) return this.#takeUp(id, handle);
      }
      await this.#pause(pauseMs);
    }
  }

  /** Undefined: another process was quicker. */
  async #beginOnce(id: string, beginning: RunBeginning, handle: Handle): Promise<RunResult | undefined> {
    try {
      return await this.#begin(id, beginning, handle);
    } catch (error) {
      if (error instanceof JournalConflictError) return undefined;
      throw error;
    }
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#parts.services;
    const pause = Promise.withResolvers<void>();
    clock.at(clock.nowMs() + ms, pause.resolve);
    await pause.promise;
  }

  begin(beginning: RunBeginning): Run {
    const id = newRunId(this.#parts.services.clock.nowMs());
    return this.#handle(id, (handle) => this.#begin(id, beginning, handle));
  }

  /** The events of a run of this tenant. Throws UnknownRunError. */
  async events(run: string): Promise<readonly RunEvent[]> {
    const events = await this.#parts.services.store.read(run, 0);
    this.assertKnown(run, events);
    return events;
  }

  /** Throws UnknownRunError for a run that does not exist, or is another tenant's. */
  assertKnown(run: string, [created]: readonly RunEvent[]): void {
    if (created?.type !== "run.created" || created.tenant !== this.#parts.tenant) throw new UnknownRunError(run);
  }

  /**
   * Goes on with a run that was suspended, or whose process died. `result` rejects with UnknownRunError, with
   * CommandRefusedError when it is over, with RunOwnedError while another process drives it, with ServersMissingError.
   */
  resume(run: string): Run {
    const known = this.#runs.get(run);
    if (known?.isDriven === true) return known;
    return this.#handle(run, async (handle) => {
      await this.#claim(run);
      return this.#takeUp(run, handle);
    });
  }

  /** Goes on with every run that was under way when its process died. */
  async recover(): Promise<readonly Run[]> {
    const { services, tenant } = this.#parts;
    const runs = await services.store.runs({ tenant, limit: RECOVERED_MAX, status: "running", isUnowned: true });
    return runs.map(({ run }) => this.resume(run));
  }

  /**
   * Stores a command for whoever drives the run; when nobody does, this process goes on with it. Resolves once the command
   * was followed: with the run's handle when it is driven here, else with undefined. Throws UnknownRunError,
   * CommandRefusedError, CommandPendingError, ServersMissingError.
   */
  async send(id: string, command: RunCommand): Promise<Run | undefined> {
    const { store } = this.#parts.services;
    const state = foldEvents(await this.events(id));
    if (isOver(state)) throw new CommandRefusedError(overError(state));
    const isEnding = command.type === "cancel";
    const isHeldHere = this.#runs.get(id)?.isDriven === true;
    if (isHeldHere || !(await this.#canClaim(id))) return this.#answered(id, await store.send(id, command), isEnding);
    try {
      const events = await store.read(id, 0);
      if (!isEnding) await this.#prepare(foldEvents(events));
      if (!isEnding && (await store.inbox(id)).length === 0) this.#refuseUnlessFollowed(events, command);
      const item = await store.send(id, command);
      this.#handle(id, (handle) => this.#takeUp(id, handle, { isEnding }));
      return await this.#answered(id, item, isEnding);
    } catch (error) {
      if (this.#runs.get(id)?.isDriven !== true) await store.release(id);
      throw error;
    }
  }

  /** Before the run is woken: a command that it would refuse changes nothing. Throws CommandRefusedError. */
  #refuseUnlessFollowed(events: readonly RunEvent[], command: RunCommand): void {
    const { services } = this.#parts;
    const [{ run } = { run: "" }] = events;
    const driver = new RunDriver(run, services);
    for (const event of events) evolve(driver.state, event);
    const { status } = driver.state;
    // What was under way when the process died is in doubt only once the run goes on.
    if (command.type === "resolve" && status === "running")
      transition(driver.state, { type: "recover" }, { nowMs: services.clock.nowMs(), run });
    const refusal = refusalOf(driver, command);
    if (refusal !== undefined) throw new CommandRefusedError(refusal);
  }

  /** Waits until whoever drives the run has answered, and takes it up when that process is gone. */
  async #answered(id: string, item: number, isEnding: boolean): Promise<Run | undefined> {
    const { store, clock } = this.#parts.services;
    const startedAtMs = clock.nowMs();
    let run = this.#runs.get(id);
    for (let pauseMs = 2; ; pauseMs = Math.min(100, pauseMs * 2)) {
      const isFree = run?.isDriven !== true && (await this.#canClaim(id));
      // Read after the claim: whoever has just given the run back may have answered.
      const answer = await store.answer(item);
      if (isFree && answer !== undefined) await store.release(id);
      if (answer?.error !== undefined) throw new CommandRefusedError(answer.error);
      if (answer !== undefined) return run;
      if (isFree) run = this.#handle(id, (handle) => this.#takeUp(id, handle, { isEnding }));
      if (clock.nowMs() - startedAtMs > ANSWER_MS_MAX) throw new CommandPendingError(id, ANSWER_MS_MAX);
      await this.#pause(pauseMs);
    }
  }

  get isBusy(): boolean {
    return [...this.#runs.values()].some((run) => run.isDriven);
  }

  /** Resolves once what is driven here now is over or suspended. */
  async idle(): Promise<void> {
    const driven = [...this.#runs.values()].filter((run) => run.isDriven);
    await Promise.allSettled(driven.map((run) => run.result));
  }

  /** Cancels what is driven here, and waits for it; what another mesh has asked for is left for it to ask again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const driven = [...this.#runs.values()].filter((run) => run.isDriven);
    for (const run of driven) {
      if (run.view?.parent?.isRemote === true) run.leave();
      else run.cancel("the mesh is closed");
    }
    await Promise.allSettled(driven.map((run) => run.result));
  }

  /** The one handle of a run in this process, driven anew. */
  #handle(id: string, drive: DriveRun): Run {
    const run = this.#runs.get(id);
    if (run === undefined) return this.#newHandle(id, drive);
    run.continue(drive);
    this.#forgetWhenOver(run);
    return run;
  }

  #newHandle(id: string, drive: DriveRun): Run {
    const read = (afterSeq: number): Promise<readonly RunEvent[]> => this.#parts.services.store.read(id, afterSeq);
    const run = new Run({ id, read, send: (command) => this.send(id, command), drive });
    this.#runs.set(id, run);
    this.#forgetWhenOver(run);
    return run;
  }

  #forgetWhenOver(run: Run): void {
    run.result.then(
      ({ status }) => {
        if (status !== "suspended") this.#runs.delete(run.id);
      },
      () => this.#runs.delete(run.id),
    );
  }

  async #begin(id: string, beginning: RunBeginning, handle: Handle): Promise<RunResult> {
    await this.#parts.discover(beginning.servers);
    const { given, servers: _servers, ...input } = beginning;
    if (this.#isClosed && input.parent?.isRemote === true) throw new RunLeftError(id);
    const driver = this.#driver(id, handle);
    const inputs = driver.write(given);
    driver.start({ type: "start", ...input, inputs: inputs.payload }, inputs);
    return this.#settle(driver, handle);
  }

  /** Goes on with a run that this store holds now; gives it back, unchanged, when that cannot be. */
  async #takeUp(
    id: string,
    handle: Handle,
    { isEnding = false }: { readonly isEnding?: boolean } = {},
  ): Promise<RunResult> {
    const { store } = this.#parts.services;
    let driver: RunDriver;
    try {
      const events = await store.read(id, 0);
      this.assertKnown(id, events);
      const state = foldEvents(events);
      if (isOver(state)) await this.#refuse(state);
      if (!isEnding) await this.#prepare(state);
      this.#parts.recall(events);
      driver = this.#driver(id, handle, state);
      await driver.recover([]);
    } catch (error) {
      await store.release(id).catch(() => undefined); // what went wrong first is what is told
      throw error;
    }
    return this.#settle(driver, handle);
  }

  /** It is over: so is everything that was still asked of it. Throws CommandRefusedError. */
  async #refuse(state: RunState): Promise<never> {
    const { store } = this.#parts.services;
    const error = overError(state);
    const waiting = await store.inbox(state.run);
    if (waiting.length > 0)
      await store.append(
        [],
        [],
        waiting.map(({ item }) => ({ item, error })),
      );
    throw new CommandRefusedError(error);
  }

  /** Throws PlanRedactedError, UnknownDomainError or ServersMissingError. */
  async #prepare(state: RunState): Promise<void> {
    if (isRedacted(state)) throw new PlanRedactedError(state.run);
    this.#parts.services.tools.within(state.scope);
    const plan = state.compiled?.plan ?? state.proposal?.plan;
    const needed = state.compiled === undefined ? undefined : neededServers(state);
    const planned = plan === undefined ? undefined : serversOf(plan, this.#parts.services.tools);
    await this.#parts.discover(needed === undefined ? planned : new Set(needed.flat()));
    const missing = (needed ?? []).flatMap((servers) => {
      const absences = servers.map((server) => [server, this.#absenceOf(server)] as const);
      const [[server, reason] = ["", undefined]] = absences;
      const isThere = absences.some((absence) => absence[1] === undefined);
      return isThere || reason === undefined ? [] : [[server, reason] as const];
    });
    if (missing.length > 0) throw new ServersMissingError(state.run, new Map(missing));
  }

  /** Why none of a server's tools is there; undefined when some are. */
  #absenceOf(server: string): string | undefined {
    const { tools } = this.#parts.services;
    if (tools.tools().some((tool) => tool.server === server)) return undefined;
    return tools.unavailable().get(server) ?? "it has no tools, or is not in the configuration";
  }

  #driver(id: string, { publish }: Handle, state?: RunState): RunDriver {
    const driver = new RunDriver(id, this.#parts.services, state);
    driver.listen((signal) => {
      this.#parts.observe(signal);
      publish(signal);
    });
    return driver;
  }

  async #settle(driver: RunDriver, { link }: Handle): Promise<RunResult> {
    link({
      view: () => driver.view,
      cancel: (reason) => driver.feed({ type: "cancel", reason }),
      leave: () => driver.leave(),
    });
    const outline = await driver.settled;
    if (outline.status !== "suspended") this.#ended(outline);
    return runResult(outline, this.#parts.value);
  }

  #ended(outline: RunOutline): void {
    const { tools, children } = this.#parts.services;
    tools.runEnded?.(outline.run);
    children.ended(outline);
  }

  /** Throws RunOwnedError. */
  async #claim(id: string): Promise<void> {
    if (!(await this.#parts.services.store.claim(id))) throw new UnknownRunError(id);
  }

  /** False while another process drives it. */
  async #canClaim(id: string): Promise<boolean> {
    try {
      await this.#claim(id);
      return true;
    } catch (error) {
      if (error instanceof RunOwnedError) return false;
      throw error;
    }
  }
}

type Handle = Parameters<DriveRun>[0];

export function foldEvents(events: readonly RunEvent[]): RunState {
  const state = new RunState();
  for (const event of events) evolve(state, event);
  return state;
}

/** The servers behind the tools of the tasks that are not over; of each list one will do. */
function neededServers(state: RunState): readonly (readonly string[])[] {
  const open = state.tasks.filter((task) => !OVER.has(task.status));
  const bindings = new Set(
    open.flatMap((task) => {
      const { onError } = task.compiled.spec;
      const fallback = typeof onError === "object" ? state.bindings[onError.use] : undefined;
      return [bindingOf(state, task), fallback].flatMap((binding) => binding ?? []);
    }),
  );
  return [...bindings].map(({ server, alternatives = [] }) => [server, ...alternatives.map((other) => other.server)]);
}

/** Whether what is left to do would run with the mask of a secret in its place. */
function isRedacted(state: RunState): boolean {
  const plan = state.compiled?.plan ?? state.proposal?.plan;
  return state.inputs?.isRedacted === true || [state.goal, plan].some((part) => holdsMask(part));
}

/** The servers that a plan names. */
export function serversOf(plan: Plan | undefined, tools: ToolDirectory): ReadonlySet<string> {
  const uses = (plan?.tasks ?? []).flatMap((task) =>
    typeof task.onError === "object" ? [task.use, task.onError.use] : [task.use],
  );
  return new Set(uses.flatMap((use) => tools.serversOf(use)));
}
