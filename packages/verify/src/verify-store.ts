/** Checks a whole store, or one run of it, while others may be using it. */
import { PayloadCheck } from "./payload-check.ts";
import { comparePrefixes } from "./compare-prefixes.ts";
import { StoreReader } from "./store-reader.ts";
import type { StoredRun } from "./stored-row.ts";
import type { Verification, Violation } from "./verification.ts";
import { VerifyError } from "./verify-error.ts";
import { verifyRun } from "./verify-run.ts";

export interface VerifyOptions {
  /** Only this run. */
  readonly run?: string;
  /** An older copy of the store: what stands in it must still be there, unchanged. */
  readonly against?: string;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: number;
}

/** Throws VerifyError. */
export function verifyStore(path: string, options: VerifyOptions = {}): Verification {
  using store = new StoreReader(path);
  const runs = readOr(path, () => chosenRuns(store, options.run));
  const payloads = new PayloadCheck((hash) => store.blob(hash));
  let events = 0;
  const violations: Violation[] = [];
  for (const run of runs) {
    const request = {
      run,
      rows: store.rows(run),
      readBlob: (hash: string) => store.blob(hash),
      readSource: (id: string, seq: number) => sourceEvent(store, id, seq),
    };
    const found = verifyRun(request, payloads);
    events += found.events;
    violations.push(...found.violations, ...links(store, run));
  }
  if (options.run === undefined) violations.push(...strangers(store));
  if (options.against !== undefined) violations.push(...compare(store, runs, options.against));
  return { runs: runs.length, events, violations, warnings: ownerless(store, runs, options.nowMs ?? Date.now()) };
}

function chosenRuns(store: StoreReader, id: string | undefined): readonly StoredRun[] {
  if (id === undefined) return store.runs();
  const run = store.run(id);
  if (run !== undefined) return [run];
  throw new VerifyError({
    code: "AM_UNKNOWN_RUN",
    message: `There is no run ${id} in ${store.path}.`,
    hint: "List the runs with: agentmesh runs",
    facts: { run: id, path: store.path },
  });
}

function sourceEvent(store: StoreReader, id: string, seq: number): ReturnType<StoreReader["event"]> | "gone" {
  const run = store.run(id);
  return run === undefined ? "gone" : store.event(run, seq);
}

function links(store: StoreReader, run: StoredRun): readonly Violation[] {
  return guarded(() => [store.linkFault(run)])
    .filter((message) => message !== undefined)
    .map((message) => ({ run: run.id, seq: 0, code: "AM_JOURNAL_LINKS", message }));
}

function strangers(store: StoreReader): readonly Violation[] {
  return guarded(() =>
    store.strangers().map((number) => ({
      run: `#${number}`,
      seq: 0,
      code: "AM_RUN_MISSING",
      message: `There are events of run number ${number}, and no such run.`,
    })),
  );
}

function compare(store: StoreReader, runs: readonly StoredRun[], against: string): readonly Violation[] {
  using old = new StoreReader(against);
  const chosen = new Set(runs.map(({ id }) => id));
  const isPart = runs.length === 1 && store.runs().length > 1;
  return guarded(() => comparePrefixes(store, old, (id) => !isPart || chosen.has(id)));
}

/** Runs that nobody drives: resuming goes on with them. */
function ownerless(store: StoreReader, runs: readonly StoredRun[], nowMs: number): readonly Violation[] {
  const chosen = new Set(runs.map(({ id }) => id));
  return guarded(() => store.running().filter(({ id }) => chosen.has(id)))
    .filter(({ leaseUntilMs }) => leaseUntilMs === undefined || leaseUntilMs <= nowMs)
    .map(({ id }) => ({
      run: id,
      seq: 0,
      code: "AM_RUN_UNOWNED",
      message: `Nobody drives it. Go on with: agentmesh resume ${id}`,
    }));
}

/** What a damaged file does not tell is told by the check of each run. */
function guarded<Result>(read: () => readonly Result[]): readonly Result[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Throws VerifyError. */
function readOr<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof VerifyError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VerifyError({
      code: "AM_STORE_FAILED",
      message: `The list of runs in ${path} cannot be read: ${reason}.`,
      hint: "The file is damaged: take a copy from before.",
      facts: { path, reason },
      cause: error,
    });
  }
}
