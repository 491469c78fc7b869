/**
 * Simulates many runs under faults and checks every one of them.
 *
 *     npm run simulate -- --runs 20000 --seed 1
 *
 * A failing seed is printed with the command that plays it again. `--repeat N` simulates every N-th seed twice, `--all`
 * goes on after a failure, `--journal` prints the whole journal instead of its end, `--json` gives one line of JSON.
 */
import { parseArgs } from "node:util";
import { type SeedFailure, simulateSeries, type SeriesResult } from "./simulation-series.ts";

const TAIL = 25;
const VIOLATIONS_SHOWN = 12;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    repeat: { type: "string", default: "20" },
    all: { type: "boolean", default: false },
    journal: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printFailure({ seed, violations, record }: SeedFailure): void {
  print(`\nseed ${seed} fails. Play it again with: npm run simulate -- --runs 1 --seed ${seed} --journal`);
  for (const { invariant, detail } of violations.slice(0, VIOLATIONS_SHOWN)) print(`  ${invariant}: ${detail}`);
  if (violations.length > VIOLATIONS_SHOWN) print(`  and ${violations.length - VIOLATIONS_SHOWN} more`);
  if (record === undefined) return;
  print(`  faults: ${JSON.stringify(record.world.struck)}${record.world.hasClockJump ? ", the clock jumps" : ""}`);
  if (values.journal) print(`  plan: ${JSON.stringify(record.plan)}\n  policy: ${JSON.stringify(record.policy)}`);
  const rows = record.world.rows.slice(values.journal ? 0 : -TAIL);
  const startMs = record.world.rows[0]?.atMs ?? 0;
  for (const { seq, type, atMs, body, process: by } of rows)
    print(`  ${seq} +${atMs - startMs} ${by} ${type} ${values.journal ? body : body.slice(0, 140)}`);
}

function printResult(result: SeriesResult, tookMs: number): void {
  const perSecond = Math.round((result.runs + result.repeated) / (tookMs / 1_000));
  print(`${result.runs} runs, ${result.failed} failed, ${perSecond} runs/s, ${Math.round(tookMs)} ms`);
  print(
    `${result.events} events, ${result.calls} calls, ${result.commands} commands, ends ${JSON.stringify(result.ends)}`,
  );
  print(`faults ${JSON.stringify(result.faults)}, processes ${JSON.stringify(result.processes)}`);
  print(
    `${result.repeated} seeds simulated twice, the same journal each time${result.failed > 0 ? " unless said above" : ""}`,
  );
}

const startedAtMs = performance.now();
const failures: { seed: number; invariants: readonly string[] }[] = [];
const result = await simulateSeries({
  runs: Number(values.runs),
  seed: Number(values.seed),
  repeatEvery: Number(values.repeat),
  onFailure(failure) {
    failures.push({ seed: failure.seed, invariants: failure.violations.map(({ invariant }) => invariant) });
    if (!values.json) printFailure(failure);
    return values.all;
  },
});
const tookMs = performance.now() - startedAtMs;
if (values.json) print(JSON.stringify({ ...result, failures, tookMs }));
else printResult(result, tookMs);
process.exitCode = failures.length > 0 ? 1 : 0;
