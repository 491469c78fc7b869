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
    database.exec("PRAGMA user_version=4");
    expect(refusal(path)).toBe("AM_STORE_NEWER");
  });

  test("does not hold the run that is asked for", () => {
    expect(refusal(writtenStore([], "running").path, "r_1")).toBe("AM_UNKNOWN_RUN");
  });
});
