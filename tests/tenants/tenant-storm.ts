/**
 * Clients of two tenants and of both protocol eras at one real `agentmesh serve`, all at once: none receives what is meant for
 * another, and what is another's looks like what is not there.
 * `npm run tenant-storm -- --clients 1000` prints what it found.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Findings } from "./tenant-client.ts";
import { TenantServer } from "./tenant-server.ts";

/** With one process, its own clients would be what is slow. */
const CLIENTS_PER_PROCESS = 500;
const FAULTS_SHOWN = 20;

export interface TenantStormReport extends Record<keyof Findings["counts"], number> {
  readonly clients: number;
  readonly seconds: number;
  /** Responses that another was meant to have, and ids that tell of themselves: none. */
  readonly crossed: readonly string[];
  /** What else went wrong: nothing. */
  readonly faults: readonly string[];
  /** In the store, by tenant and status. */
  readonly runs: Readonly<Record<string, number>>;
  /** Of the server: after its start, at the end, and the most. */
  readonly startMiB: number;
  readonly endMiB: number;
  readonly peakMiB: number;
}

export async function runTenantStorm({ clients }: { readonly clients: number }): Promise<TenantStormReport> {
  await using server = await TenantServer.start();
  const startMiB = server.memory().nowMiB;
  const startedAtMs = performance.now();
  const processes = Math.ceil(clients / CLIENTS_PER_PROCESS);
  const share = Math.ceil(clients / processes);
  const found = await Promise.all(
    Array.from({ length: processes }, (_, index) =>
      findingsOf(server.url, index * share, Math.min(share, clients - index * share)),
    ),
  );
  const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
  const { nowMiB: endMiB, peakMiB } = server.memory();
  const { faults, runs } = await server.faultsOfStore();
  const counts = found.reduce((sum, each) => added(sum, each.counts), new Findings().counts);
  const keyed = found.flatMap(({ keyedRuns }) => keyedRuns);
  const shared = keyed.length - new Set(keyed).size;
  return {
    clients,
    seconds,
    ...counts,
    crossed: [
      ...found.flatMap(({ crossed }) => crossed),
      ...(shared === 0 ? [] : [`${shared} clients got the run of another under their key`]),
    ],
    faults: [...found.flatMap((each) => each.faults), ...faults],
    runs,
    startMiB,
    endMiB,
    peakMiB,
  };
}

/** Of so many clients in a process of their own. */
async function findingsOf(url: string, first: number, count: number): Promise<Findings> {
  const child = fork(join(import.meta.dirname, "clients-process.ts"), [url, String(first), String(count)]);
  const ended = once(child, "exit").then(() => undefined);
  const [findings] = (await Promise.race([once(child, "message"), ended])) ?? [];
  if (findings === undefined) throw new RangeError("a process of clients ended without telling what it found");
  await ended;
  return findings as Findings;
}

function added(left: Findings["counts"], right: Findings["counts"]): Findings["counts"] {
  const sums = Object.entries(left).map(([name, count]) => [name, count + right[name as keyof Findings["counts"]]]);
  return Object.fromEntries(sums) as Findings["counts"];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { clients: { type: "string", default: "1000" } } });
  const report = await runTenantStorm({ clients: Number(values.clients) });
  const { crossed, faults } = report;
  const shown = {
    crossedCount: crossed.length,
    crossed: crossed.slice(0, FAULTS_SHOWN),
    faults: faults.slice(0, FAULTS_SHOWN),
  };
  process.stdout.write(`${JSON.stringify({ ...report, ...shown }, null, 2)}\n`);
  process.exitCode = crossed.length + faults.length === 0 ? 0 : 1;
}
