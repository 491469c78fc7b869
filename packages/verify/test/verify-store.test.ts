import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { VerifyError, verifyStore } from "@agentmesh/verify";
import { describe, expect, test } from "vitest";
import { hashOf, planned, rowsOf, RUN, started, succeeded, writtenStore } from "./written-journal.ts";

const A = { id: "a", use: "t.x" };
const running = [...planned([A]), started("a"), succeeded("a")];
const finished = [...running, ["run.succeeded"] as const];

function refusal(path: string, run?: string): unknown {
  try {
    return verifyStore(path, run === undefined ? {} : { run });
  } catch (error) {
    return error instanceof VerifyError ? error.code : error;
  }
}

test("a store that somebody else has open is read as it is, its log too", () => {
  const { path, database } = writtenStore(rowsOf(finished), "succeeded");
  expect(verifyStore(path)).toEqual({ runs: 1, events: finished.length, violations: [], warnings: [] });
  database.close();
  expect(verifyStore(path).violations).toEqual([]);
});

test("a store of version 1, which had no checksums, is checked without them", () => {
  const { path, database } = writtenStore(rowsOf(finished), "succeeded");
  database.exec("ALTER TABLE event DROP COLUMN sum; DROP TABLE owner; PRAGMA user_version=1");
  expect(verifyStore(path)).toMatchObject({ events: finished.length, violations: [] });
  database.exec("DELETE FROM event WHERE seq = 7");
  expect(verifyStore(path).violations.map(({ code }) => code)).toEqual(["AM_SEQUENCE_GAP"]);
});

test("short names of types and fields, first attempts and values without a hash are read as what they stand for", () => {
  const short = [
    ...planned([A]),
    ["start", { t: "a", a: [{ b: 1 }] }] as const,
    ["task.retried", { t: "a", cause: "error", dueAtMs: 5 }] as const,
    ["start", { t: "a", n: 2, a: [{ b: 1 }], q: 3 }] as const,
    ["done", { t: "a", n: 2, o: [null], d: 1 }] as const,
    ["run.succeeded"] as const,
  ];
  expect(verifyStore(writtenStore(rowsOf(short), "succeeded").path)).toMatchObject({ events: 11, violations: [] });
  const twice = [...short.slice(0, -1), ["start", { t: "a", n: 3, a: [{}] }] as const];
  expect(verifyStore(writtenStore(rowsOf(twice), "running").path).violations.map(({ code }) => code)).toEqual([
    "AM_TASK_OVER",
  ]);
});

test("a blob is read once and compared with its hash and its size", () => {
  const text = JSON.stringify("x".repeat(300));
  const output = [hashOf(text), text.length];
  const lines = [...running.slice(0, -1), ["task.succeeded", { task: "a", attempt: 1, output }] as const];
  const { path, database } = writtenStore(rowsOf(lines), "running");
  const codes = (): readonly string[] => verifyStore(path).violations.map(({ code }) => code);
  expect(codes()).toEqual(["AM_VALUE_MISSING"]);
  database.prepare("INSERT INTO blob VALUES(?, ?)").run(hashOf(text), text);
  expect(codes()).toEqual([]);
  database.exec("UPDATE blob SET body = upper(body)");
  expect(codes()).toEqual(["AM_VALUE_CHANGED"]);
});

test("a large blob is read from the file beside the store that has the name of its hash, and from no other", () => {
  const text = JSON.stringify("x".repeat(70_000));
  const hash = hashOf(text);
  const linesOf = (name: string) => [
    ...running.slice(0, -1),
    ["task.succeeded", { task: "a", attempt: 1, output: [name, text.length] }] as const,
  ];
  const { path, database } = writtenStore(rowsOf(linesOf(hash)), "running");
  const addBlob = (to: DatabaseSync, name: string) => to.prepare("INSERT INTO blob VALUES(?, '')").run(name);
  addBlob(database, hash);
  const missing = `The value of "output" is not in the store: ${hash}`;
  expect(verifyStore(path).violations).toMatchObject([{ code: "AM_VALUE_MISSING", message: missing }]);
  mkdirSync(`${path}.blobs`);
  writeFileSync(join(`${path}.blobs`, hash), text);
  expect(verifyStore(path).violations).toEqual([]);
  writeFileSync(join(`${path}.blobs`, hash), text.toUpperCase());
  expect(verifyStore(path).violations).toMatchObject([{ code: "AM_VALUE_CHANGED" }]);
  const astray = writtenStore(rowsOf(linesOf("../outside")), "running");
  addBlob(astray.database, "../outside");
  mkdirSync(`${astray.path}.blobs`);
  writeFileSync(join(astray.path, "../outside"), text);
  expect(verifyStore(astray.path).violations).toMatchObject([{ code: "AM_VALUE_MISSING" }]);
});

test("a run that nobody drives is a warning, not a violation", () => {
  const { path, database } = writtenStore(rowsOf(running), "running");
  expect(verifyStore(path)).toMatchObject({ violations: [], warnings: [{ run: RUN, code: "AM_RUN_UNOWNED" }] });
  database.exec("INSERT INTO owner VALUES('o', 5000); UPDATE run SET owner = 'o'");
  expect(verifyStore(path, { nowMs: 4_999 }).warnings).toEqual([]);
  expect(verifyStore(path, { nowMs: 5_000 }).warnings).toHaveLength(1);
});

test("events of no run are found", () => {
  const { path, database } = writtenStore(rowsOf(finished), "succeeded");
  database.exec("UPDATE event SET run = 2");
  expect(verifyStore(path).violations.map(({ code }) => code)).toEqual(["AM_RUN_EMPTY", "AM_RUN_MISSING"]);
});

describe("compared with an older copy", () => {
  const old = writtenStore(rowsOf(running), "running").path;

  test("a journal may grow", () => {
    const { path } = writtenStore(rowsOf(finished), "succeeded");
    expect(verifyStore(path, { against: old }).violations).toEqual([]);
  });

  test("what was there may not change or go", () => {
    const changed = [...planned([{ ...A, note: "new" }]), started("a"), succeeded("a")];
    expect(verifyStore(writtenStore(rowsOf(changed), "running").path, { against: old }).violations).toEqual([
      { run: RUN, seq: 3, code: "AM_PREFIX_CHANGED", message: "The event in the older copy was changed." },
    ]);
    const shorter = writtenStore(rowsOf(running.slice(0, -1)), "running").path;
    expect(verifyStore(shorter, { against: old, run: RUN }).violations).toMatchObject([{ seq: running.length }]);
  });
});

describe("a store is refused that", () => {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-verify-"));

  test("is not there", () => {
    expect(refusal(join(folder, "none.db"))).toBe("AM_STORE_UNAVAILABLE");
  });

  test("is no database, or one of another program", () => {
    const text = join(folder, "text.db");
    writeFileSync(text, "no database at all, and long enough to be one".repeat(100));
    expect(refusal(text)).toBe("AM_STORE_NOT_OURS");
    const other = join(folder, "other.db");
    new DatabaseSync(other).exec("CREATE TABLE run(id)");
    expect(refusal(other)).toBe("AM_STORE_NOT_OURS");
  });

  test("is of a newer version", () => {
    const { path, database } = writtenStore([], "running");
    database.exec("PRAGMA user_version=5");
    expect(refusal(path)).toBe("AM_STORE_NEWER");
  });

  test("does not hold the run that is asked for", () => {
    expect(refusal(writtenStore([], "running").path, "r_1")).toBe("AM_UNKNOWN_RUN");
  });
});

describe("a store of version 4", () => {
  /** Entries of three lines each. */
  function entryStore(change: (database: DatabaseSync) => void = () => undefined): string {
    const { path, database } = writtenStore([], "succeeded");
    database.exec(`
      DROP TABLE event; PRAGMA user_version=4;
      CREATE TABLE entry(number INTEGER PRIMARY KEY, run INTEGER, prev INTEGER, seq INTEGER, at_ms INTEGER, body TEXT);
      CREATE TABLE head(run INTEGER PRIMARY KEY, entry INTEGER, sum INTEGER);`);
    const insert = database.prepare("INSERT INTO entry VALUES(?, 1, ?, ?, 1000, ?)");
    const rows = rowsOf(finished);
    let last = 0;
    for (let at = 0; at < rows.length; at += 3) {
      const lines = rows.slice(at, at + 3).map(({ type, atMs, sum, body }) => `${type} ${atMs - 1_000} ${sum} ${body}`);
      insert.run(last + 10, last, at + 1, lines.join("\n"));
      last += 10;
    }
    database.prepare("INSERT INTO head VALUES(1, ?, ?)").run(last, rows.at(-1)?.sum ?? 0);
    change(database);
    database.close();
    return path;
  }

  function foundAfter(sql: string): readonly string[] {
    const path = entryStore((database) => database.exec(sql));
    return verifyStore(path).violations.map(({ code, seq }) => `${code}@${seq}`);
  }

  test("has several events in an entry: each is checked, and told by its own number", () => {
    const path = entryStore();
    expect(verifyStore(path)).toEqual({ runs: 1, events: finished.length, violations: [], warnings: [] });
    expect(verifyStore(path, { against: writtenStore(rowsOf(running), "running").path }).violations).toEqual([]);
    expect(foundAfter("UPDATE entry SET body = replace(body, 'succeeded 7', 'succeeded 6')")).toContain(
      "AM_CHECKSUM@8",
    );
    expect(foundAfter("UPDATE entry SET body = replace(body, 'started 6', 'started six')")).toEqual(
      expect.arrayContaining(["AM_CHECKSUM@7", "AM_EVENT_CORRUPT@7"]),
    );
  });

  test("whose entries do not name each other is read all the same, and that is told", () => {
    for (const sql of [
      "UPDATE entry SET prev = 0 WHERE number = 20",
      "UPDATE entry SET prev = 10 WHERE number = 30",
      "UPDATE head SET entry = 20",
      "UPDATE head SET sum = 0",
      "DELETE FROM head",
    ])
      expect(foundAfter(sql)).toEqual(["AM_JOURNAL_LINKS@0"]);
  });

  test("that lost an entry has a gap, and one of no run is found", () => {
    expect(foundAfter("DELETE FROM entry WHERE number = 20")).toContain("AM_SEQUENCE_GAP@7");
    expect(foundAfter("UPDATE entry SET run = 2; UPDATE head SET run = 2")).toEqual([
      "AM_RUN_EMPTY@0",
      "AM_RUN_MISSING@0",
    ]);
  });
});
