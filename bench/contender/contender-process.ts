/**
 * Measures one cell in this process, which does nothing else: `node contender-process.ts REQUEST`, a CellRequest as JSON.
 * Prints a CellResult or a CellFailure. Each round checks that every step ran exactly once in every run.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros } from "../workload/cpu-time.ts";
import { median } from "../workload/median.ts";
import { peakRssMiB } from "../workload/peak-rss.ts";
import { taskGraph } from "../workload/task-graph.ts";
import { CONTENDERS, loadContender } from "./contender-list.ts";
import type { PreparedJob, StepOutput } from "./contender.ts";
import { DATABASE_PREFIX, databaseGauge, type DiskPlace, weighDisk } from "./disk-gauge.ts";
import type { CellFailure, CellRequest, CellResult } from "./measurement.ts";

/** The same for everybody; who is slow is warmed up for so long. */
const WARM_UP_STEPS = 30_000;
const WARM_UP_MS_MAX = 10_000;
/** A disk is no faster when it is warm. */
const DURABLE_WARM_UP_MS_MAX = 3_000;
const MEASURED_STEPS = 30_000;
const MEASURED_MS_MAX = 3_000;
const ROUNDS_MAX = 20;
/** Of /proc/PID/stat, in microseconds. */
const TICK_MICROS = 10_000;

interface Round {
  readonly cpuMicros: number;
  readonly wallMs: number;
}

class StepCounter {
  readonly #counts: Uint32Array;
  readonly #request: CellRequest;
  readonly #file: string;
  /** Random, so that nobody compresses it, and made once, so that making it costs nobody anything. */
  readonly #text: string;
  #calls = 0;

  constructor(request: CellRequest, file: string) {
    this.#counts = new Uint32Array(request.tasks);
    this.#request = request;
    this.#file = file;
    this.#text = randomBytes(request.outputBytes).toString("base64").slice(0, request.outputBytes);
  }

  readonly step = async (task: number): Promise<StepOutput> => {
    this.#counts[task] = (this.#counts[task] ?? 0) + 1;
    if (this.#request.ending === "timer") await sleep(1);
    else if (this.#request.ending === "io") await stat(this.#file);
    if (this.#request.outputBytes === 0) return task;
    // a number of its own at the front: a store that keeps equal outputs once must not win by that
    return `${++this.#calls} ${this.#text}`.slice(0, this.#request.outputBytes);
  };

  /** Throws RangeError when a step did not run once in each run. */
  checkRound(): void {
    const wrong = this.#counts.findIndex((times) => times !== this.#request.runs);
    if (wrong >= 0) throw new RangeError(`step ${wrong} ran ${this.#counts[wrong]} times, not ${this.#request.runs}`);
    this.#counts.fill(0);
  }
}

class Rounds {
  readonly #prepared: PreparedJob;
  readonly #counter: StepCounter;
  readonly #runs: number;
  #next = 0;

  constructor(prepared: PreparedJob, counter: StepCounter, runs: number) {
    this.#prepared = prepared;
    this.#counter = counter;
    this.#runs = runs;
  }

  async one(): Promise<Round> {
    const first = this.#next;
    this.#next += this.#runs;
    const startedMs = performance.now();
    const startedCpu = cpuMicros();
    await Promise.all(Array.from({ length: this.#runs }, (_, index) => this.#prepared.run(first + index)));
    const round = { cpuMicros: cpuMicros() - startedCpu, wallMs: performance.now() - startedMs };
    this.#counter.checkRound();
    return round;
  }
}

try {
  print(await measure(JSON.parse(process.argv[2] ?? "{}") as CellRequest));
} catch (error) {
  print({ failure: "failed", detail: String(error).slice(0, 300) });
}
process.exit(0); // some contenders leave timers behind

function print(result: CellResult | CellFailure): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function measure(request: CellRequest): Promise<CellResult | CellFailure> {
  const listed = CONTENDERS.find(({ id }) => id === request.contender);
  if (listed === undefined) return { failure: "unsupported", detail: `no contender is called ${request.contender}` };
  const contender = await loadContender(listed);
  if (!contender.supports(request.shape))
    return { failure: "unsupported", detail: `has no form of a ${request.shape}` };
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-bench-"));
  const database = `${DATABASE_PREFIX}${process.pid}`;
  const isPostgres = request.keeping === "postgres";
  if (isPostgres) await (await databaseGauge()).createDatabase(request.postgresUrl, database);
  const postgresUrl = isPostgres ? Object.assign(new URL(request.postgresUrl), { pathname: database }).href : "";
  try {
    const counter = new StepCounter(request, import.meta.filename);
    const graph = taskGraph(request.shape, request.tasks);
    const startedMs = performance.now();
    const prepared = await contender.prepare({
      graph,
      keeping: request.keeping,
      step: counter.step,
      folder,
      postgresUrl,
    });
    const buildMs = performance.now() - startedMs;
    const { serverPid } = prepared;
    try {
      const place = { keeping: request.keeping, folder, postgresUrl, serverPid };
      return { name: contender.name, buildMs, ...(await measurePrepared(prepared, counter, { ...request, place })) };
    } finally {
      await prepared.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measurePrepared(
  prepared: PreparedJob,
  counter: StepCounter,
  { runs, tasks, place }: CellRequest & { readonly place: DiskPlace },
): Promise<Omit<CellResult, "name" | "buildMs">> {
  const rounds = new Rounds(prepared, counter, runs);
  const steps = runs * tasks;
  const startedMs = performance.now();
  const cold = await rounds.one();
  const warmUpMsMax = place.keeping === "memory" ? WARM_UP_MS_MAX : DURABLE_WARM_UP_MS_MAX;
  for (let warm = steps; warm < WARM_UP_STEPS && performance.now() - startedMs < warmUpMsMax; warm += steps)
    await rounds.one();
  const before = await weighDisk(place);
  const serverBefore = serverMicros(place.serverPid);
  const measured = await someRounds(rounds, steps);
  const after = await weighDisk(place);
  const all = steps * measured.length;
  const wallMs = median(measured.map((round) => round.wallMs));
  return {
    coldMicros: cold.cpuMicros / steps,
    cpuMicros: median(measured.map((round) => round.cpuMicros)) / steps,
    wallMs,
    stepsPerSecond: (steps / wallMs) * 1_000,
    rounds: measured.length,
    rssMiB: peakRssMiB(),
    ...perStep("serverMicros", [serverBefore, serverMicros(place.serverPid)], all),
    ...perStep("diskBytes", [before.diskBytes, after.diskBytes], all),
    ...perStep("writtenBytes", [before.writtenBytes, after.writtenBytes], all),
  };
}

async function someRounds(rounds: Rounds, steps: number): Promise<readonly Round[]> {
  const startedMs = performance.now();
  const measured: Round[] = [];
  while (measured.length < ROUNDS_MAX) {
    measured.push(await rounds.one());
    if (measured.length * steps >= MEASURED_STEPS || performance.now() - startedMs >= MEASURED_MS_MAX) break;
  }
  return measured;
}

type Cost = "serverMicros" | "diskBytes" | "writtenBytes";

function perStep(
  name: Cost,
  [before, after]: readonly (number | undefined)[],
  steps: number,
): Partial<Record<Cost, number>> {
  return before === undefined || after === undefined ? {} : { [name]: (after - before) / steps };
}

/** User and system time of a process; undefined without one, and where there is no /proc. */
function serverMicros(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
  } catch {
    return undefined;
  }
}
