/**
 * What one cell does in its host: a mesh with the faulty server and two that are well, whose runs go on all the time;
 * the faulty one is started, asked, called or closed; what came of it, how long it took and what it cost.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { ErrorRecord, PlanInput, RunEvent } from "@agentmesh/core";
import { defineTool, type McpServerConfigInput, type StandardSchema } from "@agentmesh/mcp";
import { createMesh, type Mesh } from "@agentmesh/runtime";
import type { FaultOrder } from "./fault-cell.ts";
import { MARK } from "./marked-processes.ts";
import { peakMiB, resetPeak } from "./memory-peak.ts";

export interface SubjectOrder extends FaultOrder {
  /** In the environment of every process that the mesh starts. */
  readonly mark: string;
  /** Of a faulty HTTP server. */
  readonly url?: string;
}

export interface SubjectReport {
  /** `ready`, `ok`, `closed`, or the code of the error; of a call with what it says of the effect. */
  readonly outcome: string;
  /** What it says, of an error. */
  readonly message: string;
  readonly elapsedMs: number;
  /** The timeout that holds for the phase. */
  readonly timeoutMs: number;
  /** Calls of the faulty server that had their effect, for each idempotency key. */
  readonly effects: readonly number[];
  /** Above what the process held before, at its highest. */
  readonly rssMiB: number;
  /** Runs of the other servers, each of two calls: milliseconds, before and while the server misbehaved. */
  readonly calmMs: readonly number[];
  readonly otherMs: readonly number[];
  /** Those of them that did not succeed. */
  readonly otherFailures: readonly string[];
}

/** In milliseconds. A program must be started and answer within the first, on a busy machine. */
const START_MS = 2_500;
const CALL_MS = 700;
/** What takes its time on a busy machine, since it is much to read. */
const HEAVY = new Set(["huge", "huge-tail", "gzip-bomb", "flood", "endless-line", "asks", "stderr", "endless-list"]);
const HEAVY_MS = 15_000;
/** When neither is what the cell is about. */
const PATIENT_MS = 30_000;
/** A call that keeps telling of its progress may take this many times its timeout. */
const PROGRESS_FACTOR = 10;
/** The mesh asks a server to leave, waits, insists, waits, and kills it. */
const CLOSE_MS = 3_500;
const WARM_RUNS = 30;
const CALM_MS = 200;
const PAUSE_MS = 8;
/** How long an idle server is left to misbehave before it is called again. */
const IDLE_MS = 300;

const STEADY: PlanInput = {
  mesh: 1,
  tasks: [
    { id: "first", use: "local.double", args: { number: 21 } },
    { id: "second", use: "steady.same", args: { number: { $from: "first.number" } } },
  ],
  output: { $from: "second.number" },
};
const ACT: PlanInput = { mesh: 1, tasks: [{ id: "act", use: "faulty.act", args: {}, retry: { max: 0 } }] };

/** Takes what the JSON schema has let through. */
const AS_GIVEN: StandardSchema<{ readonly number: number }> = {
  "~standard": { version: 1, vendor: "faults", validate: (value) => ({ value: value as { readonly number: number } }) },
};
const double = defineTool({
  name: "double",
  description: "Doubles a number.",
  input: AS_GIVEN,
  inputSchema: { type: "object", properties: { number: { type: "number" } }, required: ["number"] },
  effect: "read",
  run: ({ number }) => ({ number: number * 2 }),
});

export async function runSubject(order: SubjectOrder): Promise<SubjectReport> {
  writeFileSync(order.record, "", { flag: "a" });
  const mesh = await meshOf(order);
  const others = new OtherRuns(mesh);
  try {
    for (let run = 0; run < WARM_RUNS; run++) await others.once();
    others.forget();
    const baselineMiB = resetPeak();
    const going = others.keepGoing();
    await sleep(CALM_MS);
    const calmMs = others.forget();
    const seen = await observed(order, mesh);
    await others.stop(going);
    const closing = order.phase === "close" ? await timed(() => mesh[Symbol.asyncDispose]()) : undefined;
    return {
      ...seen,
      ...(closing === undefined ? {} : { outcome: "closed", elapsedMs: closing, timeoutMs: CLOSE_MS }),
      effects: effectsIn(order.record),
      rssMiB: peakMiB() - baselineMiB,
      calmMs,
      otherMs: others.times,
      otherFailures: others.failures,
    };
  } finally {
    await mesh[Symbol.asyncDispose]();
  }
}

function meshOf(order: SubjectOrder): Promise<Mesh> {
  const { mark, url, phase } = order;
  // The program may be built, and so are those beside it.
  const node = (program: string, ...args: string[]) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, `${program}${extname(import.meta.filename)}`), ...args],
    env: { [MARK]: mark },
  });
  const isStart = phase === "start" || phase === "list";
  const limits = {
    timeoutMs: callMs(order),
    startTimeoutMs: isStart ? startMs(order) : PATIENT_MS,
    outputSchema: "strict" as const,
  };
  // The newer era is found out, as it is by default.
  const protocol = order.transport === "http-modern" ? ("auto" as const) : ("legacy" as const);
  const faulty: McpServerConfigInput =
    url === undefined
      ? { ...node("faulty-stdio-server", JSON.stringify(order)), ...limits }
      : { url, protocol, ...limits };
  return createMesh({
    store: ":memory:",
    environment: {},
    log: { level: "error", memoryMax: 0 },
    tools: [double],
    mcpServers: { faulty, steady: node("steady-server") },
  });
}

function startMs({ behaviour }: SubjectOrder): number {
  return HEAVY.has(behaviour) ? HEAVY_MS : START_MS;
}

function callMs({ behaviour }: SubjectOrder): number {
  return HEAVY.has(behaviour) ? HEAVY_MS : CALL_MS;
}

type Observation = Pick<SubjectReport, "outcome" | "message" | "elapsedMs" | "timeoutMs">;

async function observed(order: SubjectOrder, mesh: Mesh): Promise<Observation> {
  const { phase, behaviour } = order;
  const started = await observedStart(order, mesh);
  if (phase === "start" || phase === "list" || phase === "close" || started.outcome !== "ready") return started;
  const call = await observedCall(order, mesh);
  if (phase === "call") return behaviour === "progress" ? { ...call, timeoutMs: CALL_MS * PROGRESS_FACTOR } : call;
  await sleep(IDLE_MS);
  return observedCall(order, mesh);
}

async function observedStart(order: SubjectOrder, mesh: Mesh): Promise<Observation> {
  const beganMs = performance.now();
  const { servers } = await mesh.tools();
  const elapsedMs = performance.now() - beganMs;
  const faulty = servers.find(({ server }) => server === "faulty");
  const outcome = faulty?.state === "ready" ? "ready" : (faulty?.error?.code ?? "no error");
  return { outcome, message: faulty?.error?.message ?? "", elapsedMs, timeoutMs: startMs(order) };
}

async function observedCall(order: SubjectOrder, mesh: Mesh): Promise<Observation> {
  const beganMs = performance.now();
  const run = mesh.run(ACT);
  const result = await run.result;
  const elapsedMs = performance.now() - beganMs;
  const events = await mesh.events(run.id);
  return { ...outcomeOf(events, result.error), elapsedMs, timeoutMs: callMs(order) };
}

/** `error`: of the run, for when it did not get as far as the call. */
function outcomeOf(events: readonly RunEvent[], error: ErrorRecord | undefined): Outcome {
  const ends = events.flatMap((event) => endOf(event) ?? []);
  return ends[0] ?? { outcome: error?.code ?? "no error", message: error?.message ?? "" };
}

type Outcome = Pick<SubjectReport, "outcome" | "message">;

function endOf(event: RunEvent): Outcome | undefined {
  if (event.type === "task.succeeded") return { outcome: "ok", message: "" };
  const isEnd = event.type === "task.failed" || event.type === "task.in_doubt" || event.type === "task.retried";
  if (!isEnd || event.error === undefined) return undefined;
  const { code, message, facts } = event.error;
  // What is in doubt is stored as such; that is what counts.
  const doubt = event.type === "task.in_doubt" ? "unknown" : facts["outcome"];
  return { outcome: typeof doubt === "string" ? `${code} ${doubt}` : code, message };
}

function effectsIn(record: string): readonly number[] {
  const lines = readFileSync(record, "utf8").split("\n");
  const counts = new Map<string, number>();
  for (const line of lines.filter((each) => each.startsWith("effect "))) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts.values()];
}

async function timed(work: () => PromiseLike<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** Runs that have nothing to do with the faulty server. */
class OtherRuns {
  readonly failures: string[] = [];
  times: number[] = [];
  readonly #mesh: Mesh;
  #isOver = false;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  async once(): Promise<void> {
    const beganMs = performance.now();
    const { status, output, error } = await this.#mesh.run(STEADY).result;
    this.times.push(performance.now() - beganMs);
    if (status !== "succeeded" || output !== 42) this.failures.push(`${status} ${error?.message ?? ""}`);
  }

  async keepGoing(): Promise<void> {
    while (!this.#isOver) {
      await this.once();
      await sleep(PAUSE_MS);
    }
  }

  async stop(going: Promise<void>): Promise<void> {
    this.#isOver = true;
    await going;
  }

  /** What was measured so far, which counts no more. */
  forget(): readonly number[] {
    const times = this.times;
    this.times = [];
    return times;
  }
}
