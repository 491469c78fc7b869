/**
 * What a call through AgentMesh's tool proxy costs beside a call of the SDK's own client: the same server, both in one
 * process, in turns; one call after the other, and 64 at once. CPU time is this process's, not the server's. Goal: at
 * most 1.15 times, by the median over pairs of rounds.
 *
 *     npm run bench:proxy -- [--rounds 21] [--calls 1000] [--transport stdio,http-legacy,http-modern] [--document FILE]
 *
 * prints a line of JSON for each comparison, then the goals. `--only raw|proxy` calls one of them, for a profile.
 */
import { parseArgs } from "node:util";
import { type Caller, proxyCaller, rawCaller, type Transport, TRANSPORTS } from "./proxy/caller.ts";
import { insertReport } from "./report/insert-report.ts";
import { markdownTable } from "./report/markdown-table.ts";
import { cpuMicros } from "./workload/cpu-time.ts";
import { Goals } from "./workload/goals.ts";
import { median } from "./workload/median.ts";

const RATIO_MAX = 1.15;
const IN_FLIGHT = [1, 64] as const;
/** Rounds of each before those that count, so that the compiler has seen everything. */
const WARM_ROUNDS = 6;
const TEXT = "What a tool says in a few words, as most do: about a hundred characters, which is nothing to copy.";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "21" },
    calls: { type: "string", default: "1000" },
    transport: { type: "string", default: TRANSPORTS.join(",") },
    only: { type: "string" },
    document: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const callsOfRound = Number(values.calls);

/** Microseconds a call. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

interface Comparison {
  readonly transport: Transport;
  readonly inFlight: number;
  readonly raw: Cost;
  readonly proxy: Cost;
  /** Medians over pairs of rounds. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
}

async function round({ call }: Caller, inFlight: number): Promise<Cost> {
  const startCpu = cpuMicros();
  const startMs = performance.now();
  let left = callsOfRound;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await call(TEXT);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const wall = ((performance.now() - startMs) * 1_000) / callsOfRound;
  return { cpu: (cpuMicros() - startCpu) / callsOfRound, wall };
}

async function compare(transport: Transport, inFlight: number): Promise<Comparison> {
  const callers = { raw: await rawCaller(transport), proxy: await proxyCaller(transport) };
  const costs: { readonly raw: Cost; readonly proxy: Cost }[] = [];
  for (let index = -WARM_ROUNDS; index < rounds; index++) {
    // Who goes first alternates: the other finds the garbage.
    const isRawFirst = index % 2 === 0;
    const first = await round(isRawFirst ? callers.raw : callers.proxy, inFlight);
    const second = await round(isRawFirst ? callers.proxy : callers.raw, inFlight);
    if (index >= 0) costs.push(isRawFirst ? { raw: first, proxy: second } : { raw: second, proxy: first });
  }
  await Promise.all([callers.raw.close(), callers.proxy.close()]);
  const middle = (of: (cost: (typeof costs)[number]) => number): number => median(costs.map(of));
  return {
    transport,
    inFlight,
    raw: { cpu: middle(({ raw }) => raw.cpu), wall: middle(({ raw }) => raw.wall) },
    proxy: { cpu: middle(({ proxy }) => proxy.cpu), wall: middle(({ proxy }) => proxy.wall) },
    cpuRatio: middle(({ raw, proxy }) => proxy.cpu / raw.cpu),
    wallRatio: middle(({ raw, proxy }) => proxy.wall / raw.wall),
  };
}

async function profile(transport: Transport, inFlight: number): Promise<void> {
  const caller = await (values.only === "raw" ? rawCaller : proxyCaller)(transport);
  for (let index = 0; index < rounds; index++) {
    const { cpu, wall } = await round(caller, inFlight);
    if (index === rounds - 1) process.stdout.write(`${JSON.stringify({ transport, inFlight, cpu, wall })}\n`);
  }
  await caller.close();
}

function report(comparisons: readonly Comparison[]): void {
  const shown = ({ cpu, wall }: Cost): readonly string[] => [cpu.toFixed(0), wall.toFixed(0)];
  const rows = comparisons.map(({ transport, inFlight, raw, proxy, cpuRatio, wallRatio }) => [
    `${transport}, ${inFlight === 1 ? "one after the other" : `${inFlight} at once`}`,
    ...shown(raw),
    ...shown(proxy),
    cpuRatio.toFixed(2),
    wallRatio.toFixed(2),
    String(RATIO_MAX),
  ]);
  const header = ["calls", "SDK, CPU us", "wall us", "proxy, CPU us", "wall us", "CPU ratio", "wall ratio", "goal"];
  const table = markdownTable(header, rows);
  process.stdout.write(`${table}\n`);
  if (values.document !== undefined) insertReport(values.document, "bench:proxy", table);
}

const goals = new Goals();
const comparisons: Comparison[] = [];
for (const transport of TRANSPORTS.filter((each) => values.transport.split(",").includes(each))) {
  for (const inFlight of IN_FLIGHT) {
    if (values.only !== undefined) {
      await profile(transport, inFlight);
      continue;
    }
    const comparison = await compare(transport, inFlight);
    process.stdout.write(`${JSON.stringify(comparison)}\n`);
    comparisons.push(comparison);
    const what = `${transport}, ${inFlight} in flight: times the SDK's`;
    goals.add({ what: `${what} CPU time`, value: comparison.cpuRatio, max: RATIO_MAX, digits: 2 });
    goals.add({ what: `${what} wall time`, value: comparison.wallRatio, max: RATIO_MAX, digits: 2 });
  }
}
if (comparisons.length > 0) {
  report(comparisons);
  process.exitCode = goals.report();
}
