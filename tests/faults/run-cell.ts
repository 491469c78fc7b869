/** One cell from outside: starts its host, looks at its report, and at what is left two seconds after the host has ended. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SubjectOrder, SubjectReport } from "./cell-subject.ts";
import type { BuiltPrograms } from "../built-programs.ts";
import { cellName, type FaultCell } from "./fault-cell.ts";
import { FaultProcess } from "./fault-process.ts";
import { markedProcesses } from "./marked-processes.ts";

export interface CellResult {
  readonly cell: FaultCell;
  readonly report?: SubjectReport;
  /** From the end of the host until nothing that it started ran any more. */
  readonly goneMs?: number;
  /** What does not hold. */
  readonly faults: readonly string[];
}

/** What it starts, and what the mesh starts. */
export const PROGRAMS = ["fault-host", "faulty-http-server", "faulty-stdio-server", "steady-server"];

/** How much longer than its timeout a phase may take. */
const SLACK_MS = 1_000;
export const RSS_MIB_MAX = 64;
const ORPHANS_MS = 2_000;
/** The longest that a host may take in all, and that it may go on after its report. */
const HOST_MS = 60_000;
const HOST_END_MS = 2_000;
const POLL_MS = 20;

/** `programs`: PROGRAMS. */
export async function runCell(cell: FaultCell, programs: BuiltPrograms): Promise<CellResult> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-faults-"));
  const { behaviour, transport, phase, isHostKilled = false } = cell;
  const mark = randomUUID();
  const record = join(folder, "record");
  const order = { behaviour, transport, phase, record, mark, isDeaf: isHostKilled || phase === "close" };
  try {
    await using server = transport === "stdio" ? undefined : new FaultProcess(programs, "faulty-http-server", order);
    const url = await server?.line();
    await using host = new FaultProcess(programs, "fault-host", { ...order, ...(url === undefined ? {} : { url }) });
    return await watched(host, order, cell);
  } finally {
    for (const pid of markedProcesses(mark)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watched(host: FaultProcess, order: SubjectOrder, cell: FaultCell): Promise<CellResult> {
  const faults: string[] = [];
  if (cell.isHostKilled === true) await killInTheMiddle(host, order);
  const report = cell.isHostKilled === true ? undefined : await reportOf(host);
  if (!(await within(host.ended, HOST_END_MS))) faults.push("the host does not end");
  host.kill();
  await host.ended;
  const goneMs = await goneAfter(order.mark);
  if (goneMs === undefined) faults.push(`${markedProcesses(order.mark).length} orphans`);
  if (report === undefined && cell.isHostKilled !== true) faults.push("the host gives no report");
  if (report !== undefined) faults.push(...faultsIn(report, cell));
  return { cell, faults, ...(report === undefined ? {} : { report }), ...(goneMs === undefined ? {} : { goneMs }) };
}

async function reportOf(host: FaultProcess): Promise<SubjectReport | undefined> {
  const line = await Promise.race([host.line(), sleep(HOST_MS, undefined, { ref: false })]);
  return line === undefined ? undefined : (JSON.parse(line) as SubjectReport);
}

/** As soon as the server has begun to misbehave. */
async function killInTheMiddle(host: FaultProcess, { record }: SubjectOrder): Promise<void> {
  const hasArrived = (): boolean => existsSync(record) && readFileSync(record, "utf8").includes("arrived\n");
  for (const endMs = performance.now() + HOST_MS; !hasArrived() && performance.now() < endMs;) await sleep(POLL_MS);
  host.kill();
}

async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(limitMs, false, { ref: false })]);
}

async function goneAfter(mark: string): Promise<number | undefined> {
  const startMs = performance.now();
  for (;;) {
    const afterMs = performance.now() - startMs;
    if (markedProcesses(mark).length === 0) return afterMs;
    if (afterMs > ORPHANS_MS) return undefined;
    await sleep(POLL_MS);
  }
}

/** Of the report alone. */
export function faultsIn(report: SubjectReport, cell: FaultCell): string[] {
  const { outcome, elapsedMs, timeoutMs, effects, rssMiB, otherFailures, otherMs } = report;
  const faults = otherFailures.slice(0, 3).map((failure) => `another run: ${failure}`);
  if (!cell.expected.includes(outcome)) faults.push(`${outcome} (${report.message})`);
  if (elapsedMs > timeoutMs + SLACK_MS) faults.push(`took ${Math.round(elapsedMs)} ms of ${timeoutMs}`);
  if (rssMiB > RSS_MIB_MAX) faults.push(`${Math.round(rssMiB)} MiB`);
  if (effects.some((times) => times > 1)) faults.push(`${Math.max(...effects)} effects of one call`);
  // An effect that is denied would be made again.
  if (outcome.endsWith(" refused") && cell.phase === "call" && effects.length > 0) faults.push("an effect is denied");
  if (otherMs.length === 0) faults.push("no other run went on");
  return faults.map((fault) => `${cellName(cell)}: ${fault}`);
}
