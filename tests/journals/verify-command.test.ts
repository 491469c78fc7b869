/** `agentmesh verify` over a store that holds every recorded journal: whole, and with one record damaged. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SqliteStore } from "@agentmesh/runtime";
import { expect, test } from "vitest";
import { recordedJournals } from "./recorded-journal.ts";

const agentmesh = join(import.meta.dirname, "../../apps/cli/bin/agentmesh.mjs");
const folder = mkdtempSync(join(tmpdir(), "agentmesh-verify-"));
const store = await recordedStore();

interface Ended {
  readonly exit: number;
  readonly stdout: string;
}

async function recordedStore(): Promise<string> {
  const path = join(folder, "store.db");
  await new SqliteStore(path).close();
  const database = new DatabaseSync(path);
  const addRun = database.prepare(
    "INSERT INTO run(number, id, tenant, name, status, created_ms) VALUES(?, ?, ?, ?, ?, ?)",
  );
  const addEntry = database.prepare("INSERT INTO entry(number, run, prev, seq, at_ms, body) VALUES(?, ?, ?, ?, ?, ?)");
  const addHead = database.prepare("INSERT INTO head(run, entry, sum) VALUES(?, ?, ?)");
  let entry = 0;
  const addBlob = database.prepare("INSERT INTO blob(hash, body) VALUES(?, ?) ON CONFLICT DO NOTHING");
  for (const [index, { journal }] of recordedJournals().entries()) {
    const { id, tenant, name, status, createdMs } = journal.run;
    addRun.run(index + 1, id, tenant, name, status, createdMs);
    for (const { seq, type, atMs, body, sum = 0 } of journal.rows) {
      addEntry.run(entry + 1, index + 1, seq === 1 ? 0 : entry, seq, atMs, `${type} 0 ${sum} ${body}`);
      entry++;
    }
    addHead.run(index + 1, entry, journal.rows.at(-1)?.sum ?? 0);
    for (const [hash, text] of Object.entries(journal.blobs)) addBlob.run(hash, text);
  }
  database.close();
  return path;
}

function verify(...words: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(process.execPath, [agentmesh, "verify", ...words], { cwd: folder }, (error, stdout) => {
    resolve({ exit: error === null ? 0 : Number(error.code), stdout });
  });
  return promise;
}

test("a whole store is said to be whole, and a run that nobody drives is named", async () => {
  const { exit, stdout } = await verify("--store", store, "--against", store, "--json");
  const left = recordedJournals().find(({ journal }) => journal.run.status === "running");
  expect([exit, JSON.parse(stdout)]).toMatchObject([
    0,
    { violations: [], warnings: [{ run: left?.journal.run.id, code: "AM_RUN_UNOWNED" }] },
  ]);
});

test("one damaged record is named, in its run alone", async () => {
  const damaged = join(folder, "damaged.db");
  copyFileSync(store, damaged);
  const database = new DatabaseSync(damaged);
  database.exec("UPDATE entry SET body = replace(body, ' {', ' ') WHERE run = 1 AND seq = 7");
  const run = database.prepare("SELECT id FROM run WHERE number = 1").get()?.["id"];
  database.close();
  const { exit, stdout } = await verify("--store", damaged, "--json");
  expect([exit, JSON.parse(stdout)]).toMatchObject([
    1,
    {
      violations: [
        { run, seq: 7, code: "AM_CHECKSUM" },
        { run, seq: 7, code: "AM_EVENT_CORRUPT" },
      ],
    },
  ]);
  expect((await verify("--store", damaged, String(run))).stdout).toContain(`${String(run)} event 7 AM_CHECKSUM`);
});

test("a store that is not there, and a run that is not in it, are mistakes of whoever asks", async () => {
  const codes = async (...words: readonly string[]): Promise<unknown> => {
    const { exit, stdout } = await verify(...words, "--json");
    return [exit, (JSON.parse(stdout) as { readonly error: { readonly code: string } }).error.code];
  };
  expect(await codes("--store", join(folder, "none.db"))).toEqual([2, "AM_STORE_UNAVAILABLE"]);
  expect(await codes("--store", store, "r_nobody")).toEqual([2, "AM_UNKNOWN_RUN"]);
});
