/** The runs that calls of served tools are: begun once, followed until they stop, and told what people answer. */
import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Json,
  type JsonObject,
  MeshError,
  type RunCommand,
  type RunView,
  traceDocument,
} from "@agentmesh/core";
import type { Principal } from "@agentmesh/mcp/server";
import { type CallContext, JournalConflictError, RunOwnedError } from "@agentmesh/ports";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunSignal } from "../driver/run-signal.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { Run } from "../mesh/run.ts";
import { type RunResult, runResult } from "../mesh/run-result.ts";
import type { Work } from "./served-work.ts";

/** Runs of one tenant that are under way at once. */
const RUNS_MAX = 256;
/** Between two looks at a run that another process drives, in milliseconds. */
const LOOK_MS = 250;
/** How many spans of a run another one is told. */
const SPANS_MAX = 500;
const BASE_32 = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_CHARS = 26;

/** More is begun at once than this process takes on. */
export class ServedBusyError extends MeshError {
  constructor() {
    super({
      code: "AM_SERVER_BUSY",
      message: `${RUNS_MAX} runs are under way here, as many as there may be.`,
      hint: "Try again when some of them are over.",
      facts: { runsMax: RUNS_MAX },
      retryable: true,
    });
  }
}

export interface Following {
  /** Ends the looking at a run that another process drives. */
  readonly signal: AbortSignal;
  /** Told what happens until then, where it is driven here. */
  readonly tell: (signal: RunSignal) => void;
}

interface HeldRun {
  readonly run: Run;
  /** The newest event that was told of. */
  seq: number;
  isWatched: boolean;
  /** It went on meanwhile. */
  isAgain: boolean;
}

/** `id`: a run of that name is attached to, if there is one. `context`: the run that asks for it. */
export interface Asked {
  readonly id: string | undefined;
  readonly context: CallContext | undefined;
}

export class ServedRuns {
  readonly mesh: Mesh;
  /** Told of every signal of the runs that are driven here. */
  readonly #observe: (signal: RunSignal) => void;
  /** Driven here, or suspended. */
  readonly #runs = new Map<string, HeldRun>();

  constructor(mesh: Mesh, observe: (signal: RunSignal) => void) {
    this.mesh = mesh;
    this.#observe = observe;
  }

  /** Its id. Throws PlanInvalidError, CallRefusedError, ServedBusyError. */
  begin({ work, inputs, name }: Work, { id, context }: Asked): string {
    if (id !== undefined && this.#runs.get(id)?.run.isDriven === true) return id;
    if (this.#driven() >= RUNS_MAX) throw new ServedBusyError();
    const run = this.mesh.run(work, {
      inputs,
      name,
      ...(id === undefined ? {} : { id }),
      ...(context === undefined ? {} : { context }),
    });
    this.#hold(run);
    return run.id;
  }

  /** Goes on with the runs that were under way when their process died. Throws StoreError. */
  async recover(): Promise<void> {
    for (const run of await this.mesh.recover()) this.#hold(run);
  }

  /** The signals of a run that is driven here; ends when it stops. */
  async *signals(id: string): AsyncGenerator<RunSignal, void, undefined> {
    const run = this.#runs.get(id)?.run;
    if (run === undefined) return;
    try {
      yield* run.events();
    } catch {
      // `stop` says what went wrong
    }
  }

  /**
   * What it comes to: its end, or `suspended` once it waits for somebody, be it in the middle of a call that goes on being under
   * way. Throws UnknownRunError, StoreError.
   */
  async stop(id: string, { signal, tell }: Following): Promise<RunResult> {
    const run = this.#runs.get(id)?.run;
    try {
      if (run !== undefined) return (await this.#asked(run, tell)) ?? (await run.result);
    } catch (error) {
      if (!isDrivenElsewhere(error)) throw error;
    }
    for (;;) {
      const result = await this.now(id);
      if (result !== undefined) return result;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }

  /** Where its time went, for whoever has asked for it. */
  async spans(id: string): Promise<Json> {
    const { createdAtMs, spans } = traceDocument(await this.mesh.trace(id));
    return {
      createdAtMs,
      spans: spans.slice(0, SPANS_MAX).map((span) => ({ ...span, facts: { ...span.facts } })),
    };
  }

  /** Undefined while it goes on and nobody is asked. Throws UnknownRunError. */
  async now(id: string): Promise<RunResult | undefined> {
    return this.cameTo(await this.mesh.show(id));
  }

  /** The same of a run that has been looked at. A run that a server asks in the middle of a call counts as suspended. */
  cameTo(view: RunView): RunResult | undefined {
    if (view.status === "running" && !isAsking(view)) return undefined;
    const stopped = view.status === "running" ? { ...view, status: "suspended" as const } : view;
    return runResult(stopped, (payload) => this.mesh.value(payload));
  }

  /** Throws CommandRefusedError, CommandPendingError, ServersMissingError. */
  async send(id: string, command: RunCommand): Promise<void> {
    const run = await this.mesh.send(id, command);
    if (run !== undefined) this.#hold(run);
  }

  /** Goes on with a run whose process is gone; while somebody drives it, nothing happens. */
  takeUp(id: string): void {
    if (this.#runs.get(id)?.run.isDriven !== true) this.#hold(this.mesh.resume(id));
  }

  /** Nobody wants it any more. One that is over is over. */
  cancel(id: string, reason: string): void {
    const run = this.#runs.get(id)?.run;
    if (run?.isDriven === true) run.cancel(reason);
    else this.mesh.cancel(id, reason).catch(() => undefined);
  }

  /** Undefined when it stops before a server asks. */
  async #asked(run: Run, tell: Following["tell"]): Promise<RunResult | undefined> {
    for await (const signal of this.signals(run.id)) {
      tell(signal);
      const isQuestion = signal.type === "approval.requested" && signal.subject === "input";
      // Questions of before have been answered since.
      const now = isQuestion && run.view !== undefined && isAsking(run.view) ? await this.now(run.id) : undefined;
      if (now !== undefined) return now;
    }
    return undefined;
  }

  #hold(run: Run): void {
    const known = this.#runs.get(run.id);
    const held = known?.run === run ? known : { run, seq: 0, isWatched: false, isAgain: false };
    this.#runs.set(run.id, held);
    if (held.isWatched) held.isAgain = true;
    else void this.#watch(held);
  }

  /** Each stored event once, however often the run stops and goes on. */
  async #watch(held: HeldRun): Promise<void> {
    const { run } = held;
    held.isWatched = true;
    do {
      held.isAgain = false;
      await this.#pass(held).catch(() => undefined); // whoever follows it is told
    } while (held.isAgain);
    held.isWatched = false;
    if (!run.isDriven && run.view?.status !== "suspended") this.#runs.delete(run.id);
  }

  /** Tells of what is new, until the run stops. */
  async #pass(held: HeldRun): Promise<void> {
    for await (const signal of held.run.events({ afterSeq: held.seq })) {
      if ("seq" in signal) held.seq = signal.seq;
      this.#observe(signal);
    }
  }

  #driven(): number {
    return [...this.#runs.values()].filter(({ run }) => run.isDriven).length;
  }
}

/** A server wants to know something in the middle of a call. */
function isAsking({ waits }: RunView): boolean {
  return waits.some(({ form }) => form !== undefined);
}

/** Somebody else was faster, with the same idempotency key, or has taken it over. */
function isDrivenElsewhere(error: unknown): boolean {
  return error instanceof JournalConflictError || error instanceof RunOwnedError;
}

export interface KeyedCall {
  readonly principal: Principal;
  readonly tool: string;
  readonly args: JsonObject;
  readonly key: string;
}

/** The run of every call with the same key, tool and arguments by the same principal: it follows from them, so nothing needs to be kept. */
export function keyedRunId({ principal: { tenant, subject }, tool, args, key }: KeyedCall): string {
  const digest = createHash("sha256")
    .update(canonicalJson([tenant, subject, tool, args, key]))
    .digest();
  return `r_${[...digest.subarray(0, ID_CHARS)].map((byte) => BASE_32[byte % 32] ?? "0").join("")}`;
}
