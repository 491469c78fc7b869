/**
 * `npm run journals:record [-- --force]`: records what this version stores, for all later ones to read. The reference runs of the
 * kill sweep, undisturbed and killed at chosen points. A version that is recorded already is refused: what it has stored is a fact.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeEvent } from "@agentmesh/core";
import { textDigest } from "@agentmesh/store";
import type { StoredRun } from "@agentmesh/verify";
import { type RecordedJournal, snapshotOf } from "../tests/journals/recorded-journal.ts";
import { type BuiltPrograms, buildPrograms } from "../tests/built-programs.ts";
import type { Kill } from "../tests/kill/kill-switch.ts";
import { LedgerProcess } from "../tests/kill/ledger-process.ts";
import { REFERENCE_RUNS } from "../tests/kill/reference-runs.ts";
import { runSubject } from "../tests/kill/subject-process.ts";
import { type WrittenEntry, writtenRows } from "../tests/simulator/written-row.ts";
import { runCommand } from "./run-command.ts";
import { root } from "./workspace-member.ts";

interface Recording {
  readonly name: string;
  readonly reference: string;
  readonly kill?: Kill;
  /** It stays as the kill has left it. */
  readonly isLeft?: boolean;
}

const RECORDINGS: readonly Recording[] = [
  ...REFERENCE_RUNS.map(({ name }) => ({ name, reference: name })),
  { name: "doubt-done", reference: "diamond", kill: { position: "after-effect", at: 3 } },
  { name: "doubt-retried", reference: "diamond", kill: { position: "before-effect", at: 3 } },
  { name: "read-repeated", reference: "each", kill: { position: "after-effect", at: 1 } },
  { name: "cancel-recovered", reference: "cancel", kill: { position: "after-append", at: 8 } },
  { name: "wait-recovered", reference: "wait", kill: { position: "after-append", at: 9 } },
  { name: "goal-recovered", reference: "goal", kill: { position: "after-append", at: 6 } },
  { name: "left-running", reference: "workflow", kill: { position: "after-append", at: 40 }, isLeft: true },
];

const { version } = JSON.parse(readFileSync(join(root, "apps/cli/package.json"), "utf8")) as { version: string };
const target = join(root, "tests/journals", version);

if (existsSync(target) && !process.argv.includes("--force")) {
  console.error(`${version} is recorded already. What was released may not change; before that: --force`);
  process.exitCode = 1;
} else await recordAll();

async function recordAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-journals-"));
  using ledger = await LedgerProcess.start(folder);
  const programs = await buildPrograms({
    from: join(import.meta.dirname, "../tests/kill"),
    names: ["subject"],
    to: join(folder, "programs"),
  });
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const recording of RECORDINGS) {
    const journal = await record(recording, { programs, ledger: ledger.socketPath, folder });
    writeFileSync(join(target, `${recording.name}.json`), JSON.stringify(journal));
    console.log(`${recording.name}: ${journal.rows.length} events, ${journal.snapshot.status}`);
  }
  rmSync(folder, { recursive: true, force: true });
  runCommand("oxfmt", [target], { cwd: root });
}

interface Workshop {
  readonly programs: BuiltPrograms;
  readonly ledger: string;
  readonly folder: string;
}

async function record(
  { name, reference, kill, isLeft = false }: Recording,
  { programs, ledger, folder }: Workshop,
): Promise<RecordedJournal> {
  const store = join(folder, `${name}.db`);
  const step = { store, reference, name };
  const begun = await runSubject(programs, {
    ledger,
    steps: [{ ...step, kind: "start", ...(kill === undefined ? {} : { kill }) }],
  });
  if (begun.failure !== undefined) console.error(begun.failure);
  if (begun.isKilled && !isLeft) await runSubject(programs, { ledger, steps: [{ ...step, kind: "finish" }] });
  return readJournal(store);
}

/** The one run of a store. */
function readJournal(path: string): RecordedJournal {
  const database = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string): unknown => database.prepare(sql).all();
  const [run] = all("SELECT number, id, tenant, name, status, created_ms AS createdMs FROM run") as StoredRun[];
  const entries = all("SELECT seq, at_ms AS atMs, body FROM entry ORDER BY number") as WrittenEntry[];
  const rows = entries.flatMap(writtenRows);
  const blobs = all("SELECT hash, body FROM blob ORDER BY hash") as { readonly hash: string; readonly body: string }[];
  database.close();
  if (run === undefined) throw new TypeError(`There is no run in ${path}.`);
  return {
    run,
    rows,
    blobs: Object.fromEntries(blobs.map(({ hash, body }) => [hash, body])),
    snapshot: snapshotOf(rows.map((row) => decodeEvent(run.id, row, textDigest))),
  };
}
