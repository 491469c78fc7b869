/**
 * A call that is not safe to repeat has had its effect, and its answer is lost: there is one effect and one question, and
 * taking the run up again changes neither.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyStore } from "@agentmesh/verify";
import { type BuiltPrograms, buildPrograms } from "../built-programs.ts";
import type { DoubtOrder, Loss } from "./doubt-order.ts";
import { LedgerClient } from "./ledger-client.ts";
import { LedgerProcess } from "./ledger-process.ts";
import { eventsOf } from "./point-check.ts";

const LOOK_MS = 5;
/** Longer than any call may take. */
const LOOKS_MAX = 4_000;

export interface DoubtResult {
  readonly loss: Loss;
  /** What does not hold, in words; empty when all is well. */
  readonly faults: readonly string[];
}

interface DoubtWorld {
  readonly store: string;
  readonly ledger: LedgerClient;
  readonly socketPath: string;
  readonly programs: BuiltPrograms;
}

/** As many of each loss as asked for, `lanes` at a time. */
export async function runDoubts(
  losses: readonly Loss[],
  { lanes, onResult }: { readonly lanes: number; readonly onResult?: (result: DoubtResult) => void },
): Promise<readonly DoubtResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-doubt-"));
  using ledgerProcess = await LedgerProcess.start(folder);
  const { socketPath } = ledgerProcess;
  const ledger = await LedgerClient.open(socketPath);
  const programs = await buildPrograms({
    from: import.meta.dirname,
    names: ["doubt-subject", "doubt-server"],
    to: join(folder, "programs"),
  });
  const waiting = losses.entries();
  const results: DoubtResult[] = [];
  const lane = async (): Promise<void> => {
    for (const [index, loss] of waiting) {
      const world = { store: join(folder, `${index}.db`), ledger, socketPath, programs };
      const result = { loss, faults: await doubtFaults(world, loss) };
      results.push(result);
      onResult?.(result);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
    return results;
  } finally {
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function doubtFaults(world: DoubtWorld, loss: Loss): Promise<readonly string[]> {
  const run = await lose(world, loss);
  const first = loss === "crash" ? "suspended" : undefined;
  const faults: string[] = [];
  for (const expected of [first, "suspended"].filter((each) => each !== undefined)) {
    const status = await live(world, { loss, run });
    if (status !== expected) faults.push(`Taken up, the run is ${status}.`);
  }
  const effects = await world.ledger.entriesOf(run);
  if (effects.length !== 1) faults.push(`There are ${effects.length} effects.`);
  const events = (await eventsOf(world.store, "plan")) ?? [];
  const doubts = events.filter(({ type }) => type === "task.in_doubt");
  if (doubts.length !== 1) faults.push(`There are ${doubts.length} questions.`);
  const { violations } = verifyStore(world.store);
  return [...faults, ...violations.map(({ seq, code, message }) => `event ${seq} ${code}: ${message}`)];
}

/** Begins a run and loses the outcome of its call; gives the run's id. */
async function lose(world: DoubtWorld, loss: Loss): Promise<string> {
  const subject = start(world, { loss });
  const lines = createInterface({ input: subject.stdout })[Symbol.asyncIterator]();
  const run = String((await lines.next()).value);
  if (loss === "crash") {
    await effectOf(world.ledger, run);
    subject.kill("SIGKILL");
  }
  if (subject.exitCode === null && subject.signalCode === null) await once(subject, "exit");
  return run;
}

/** Takes a run up; gives its status. */
async function live(world: DoubtWorld, { loss, run }: { readonly loss: Loss; readonly run: string }): Promise<string> {
  const subject = start(world, { loss, run });
  let status = "";
  for await (const line of createInterface({ input: subject.stdout })) status = line;
  return status;
}

function start(
  { store, socketPath, programs }: DoubtWorld,
  charge: Pick<DoubtOrder, "loss" | "run">,
): ChildProcessByStdio<null, Readable, null> {
  const order: DoubtOrder = { store, ledger: socketPath, server: programs.pathOf("doubt-server"), ...charge };
  return spawn(process.execPath, [programs.pathOf("doubt-subject"), JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: programs.environment,
  });
}

async function effectOf(ledger: LedgerClient, run: string): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if ((await ledger.entriesOf(run)).length > 0) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`The call of ${run} has had no effect.`);
}
