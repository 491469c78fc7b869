/**
 * One or two subjects and one workload, measured in this process: a line of JSON. Two take turns, so that what else the
 * machine does meets both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpuMicros } from "../workload/cpu-time.ts";
import { median } from "../workload/median.ts";
import { postgresMesh, sqliteMesh } from "./mesh-subject.ts";
import { postgresLimit } from "./postgres-limit.ts";
import { sqliteLimit } from "./sqlite-limit.ts";
import { STEP_ENDS, type StepEnd, type Subject, type Workload } from "./subject.ts";

/** Steps before those that count: by then the compiler has seen everything. */
const WARM_UP_STEPS = 30_000;
const WARM_UP: Pick<Workload, "runs" | "steps"> = { runs: 100, steps: 20 };
const MEASURED_ROUNDS = 7;

export const SUBJECTS = [
  "sqlite-limit",
  "sqlite-group-limit",
  "sqlite-mesh",
  "postgres-limit",
  "postgres-mesh",
] as const;
export type SubjectName = (typeof SUBJECTS)[number];

export interface DurableFigures {
  /** The medians of the rounds, by the wall. */
  readonly stepsPerSecond: number;
  readonly cpuMicrosPerStep: number;
  /** Of one round. */
  readonly commits: number;
  readonly bytesPerStep?: number;
}

export interface DurableCell {
  readonly runs: number;
  readonly steps: number;
  readonly end: StepEnd;
  readonly figures: Readonly<Record<string, DurableFigures>>;
  /** The second subject's time by the first one's: the median over pairs of rounds. */
  readonly timesAsFast?: number;
}

const { values } = parseArgs({
  options: {
    subjects: { type: "string", default: "sqlite-mesh" },
    runs: { type: "string", default: "1" },
    steps: { type: "string", default: "1000" },
    end: { type: "string", default: "now" },
    output: { type: "string", default: "0" },
    postgres: { type: "string" },
    cold: { type: "boolean", default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), "agentmesh-durable-"));
let stores = 0;
try {
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<DurableCell> {
  const workload = workloadOf();
  const names = values.subjects.split(",").map(subjectName);
  if (!values.cold) for (const name of names) await warmUp(name, workload);
  await using stack = new AsyncDisposableStack();
  const measured: { readonly name: SubjectName; readonly subject: Subject; readonly rounds: Round[] }[] = [];
  for (const name of names) measured.push({ name, subject: stack.use(await openSubject(name, workload)), rounds: [] });
  for (let round = 0; round < MEASURED_ROUNDS; round++)
    for (const { subject, rounds } of measured) rounds.push(await measureRound(subject, workload));
  const { runs, steps, end } = workload;
  const figures = measured.map(
    ({ name, subject, rounds }) => [name, figuresOf(subject, rounds, runs * steps)] as const,
  );
  const [first, second] = measured;
  const ratios = first?.rounds.map(({ seconds }, round) => (second?.rounds[round]?.seconds ?? 0) / seconds) ?? [];
  const compared = second === undefined ? {} : { timesAsFast: median(ratios) };
  return { runs, steps, end, figures: Object.fromEntries(figures), ...compared };
}

interface Round {
  readonly seconds: number;
  readonly cpu: number;
  readonly commits: number;
}

async function measureRound(subject: Subject, { runs, steps }: Workload): Promise<Round> {
  const [cpu, commits, startedMs] = [cpuMicros(), subject.commits(), performance.now()];
  const done = await subject.round();
  const seconds = (performance.now() - startedMs) / 1_000;
  if (done !== runs * steps) throw new RangeError(`${done} steps were carried out`);
  return { seconds, cpu: cpuMicros() - cpu, commits: subject.commits() - commits };
}

function figuresOf(subject: Subject, rounds: readonly Round[], steps: number): DurableFigures {
  const bytes = subject.bytes?.();
  return {
    stepsPerSecond: Math.round(steps / median(rounds.map(({ seconds }) => seconds))),
    cpuMicrosPerStep: Math.round((10 * median(rounds.map(({ cpu }) => cpu))) / steps) / 10,
    commits: median(rounds.map(({ commits }) => commits)),
    ...(bytes === undefined ? {} : { bytesPerStep: Math.round(bytes / (steps * rounds.length)) }),
  };
}

async function warmUp(name: SubjectName, workload: Workload): Promise<void> {
  await using subject = await openSubject(name, { ...workload, ...WARM_UP });
  for (let steps = 0; steps < WARM_UP_STEPS; steps += WARM_UP.runs * WARM_UP.steps) await subject.round();
}

async function openSubject(name: SubjectName, workload: Workload): Promise<Subject> {
  const path = join(folder, `${++stores}.db`);
  switch (name) {
    case "sqlite-limit":
      return sqliteLimit(path, workload, false);
    case "sqlite-group-limit":
      return sqliteLimit(path, workload, true);
    case "sqlite-mesh":
      return sqliteMesh(path, workload);
    case "postgres-limit":
      return postgresLimit(values.postgres ?? "", workload);
    case "postgres-mesh":
      return postgresMesh(values.postgres ?? "", workload);
  }
}

function subjectName(text: string): SubjectName {
  const name = SUBJECTS.find((each) => each === text);
  if (name === undefined) throw new RangeError(`--subjects are of ${SUBJECTS.join(", ")}`);
  return name;
}

function workloadOf(): Workload {
  const end = STEP_ENDS.find((each) => each === values.end);
  if (end === undefined) throw new RangeError(`--end is one of ${STEP_ENDS.join(", ")}`);
  return {
    runs: Number(values.runs),
    steps: Number(values.steps),
    end,
    outputBytes: Number(values.output),
  };
}
