import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { cacheTableContract, createdEvent, journalContract, retentionContract } from "@agentmesh/ports/testing";
import { SqliteStore } from "../src/sqlite/sqlite-store.ts";
import { STORE_VERSION } from "../src/sqlite/store-schema.ts";
import { eventsOf, storePath } from "./store-process.ts";

const openTwice = () => {
  const path = join(temporaryFolder(), "folder/that/is/made/store.db");
  return Promise.resolve({ store: new SqliteStore(path), reopen: () => Promise.resolve(new SqliteStore(path)) });
};
journalContract("SQLite file", openTwice);
retentionContract("SQLite file", openTwice);

cacheTableContract("SQLite file", () => {
  const path = storePath();
  const [store, other] = [new SqliteStore(path), new SqliteStore(path)];
  return Promise.resolve({
    cache: store.cache,
    other: other.cache,
    dispose: async () => {
      await Promise.all([store.close(), other.close()]);
    },
  });
});

test("the view of the journal shows people times, whole types and tasks", async () => {
  const path = storePath();
  const store = new SqliteStore(path);
  await store.append(eventsOf("r", 1, 2), []);
  await store.close();
  const database = new DatabaseSync(path);
  expect(database.prepare("SELECT seq, at, type, task FROM journal WHERE run = 'r' ORDER BY seq").all()).toEqual([
    { seq: 1, at: "1970-01-01T00:00:00.001Z", type: "run.created", task: null },
    { seq: 2, at: "1970-01-01T00:00:00.002Z", type: "task.started", task: "a" },
  ]);
  database.close();
});

test("a row of a cache rides on the next commit, and waits for none when the store is closed", async () => {
  const path = storePath();
  const store = new SqliteStore(path);
  const row = { tenant: "t", kind: "tool", key: "a", body: "1", bytes: 1, createdMs: 1, usedMs: 1, hits: 0 } as const;
  void store.cache.put(row);
  await store.append(eventsOf("r", 1, 1), []);
  expect(store.commits).toBe(1);
  void store.cache.put({ ...row, key: "b" });
  await store.close();
  const again = new SqliteStore(path);
  expect(await again.cache.usage("t")).toEqual([{ kind: "tool", rows: 2, bytes: 2, hits: 0 }]);
  await again.close();
});

test("a cache that cannot be written takes no journal with it", async () => {
  const path = storePath();
  const store = new SqliteStore(path);
  const other = new DatabaseSync(path);
  other.exec("DROP TABLE cache");
  other.close();
  const row = { tenant: "t", kind: "tool", key: "a", body: "1", bytes: 1, createdMs: 1, usedMs: 1, hits: 0 } as const;
  const written = Promise.allSettled([store.cache.put(row), store.cache.touch(row, 2), store.cache.remove(row)]);
  await store.append(eventsOf("r", 1, 2), []);
  expect(await written).toMatchObject([{ status: "rejected" }, { status: "rejected" }, { status: "rejected" }]);
  expect(await store.read("r", 0)).toHaveLength(2);
  await store.append(eventsOf("r", 3, 1), []);
  await store.close();
});

function temporaryFolder(): string {
  return dirname(storePath());
}

function messageOf(open: () => unknown): string {
  try {
    open();
    return "";
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code}: ${message} ${hint}`;
  }
}

describe("a store that cannot be used says why, and is left as it was", () => {
  test("one that a newer version wrote", async () => {
    const path = join(temporaryFolder(), "store.db");
    await new SqliteStore(path).close();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version=${STORE_VERSION + 1}`);
    database.close();
    const before = readFileSync(path);
    expect(messageOf(() => new SqliteStore(path))).toMatch(/^AM_STORE_NEWER: .*newer version.*Nothing was changed/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("one of another program", () => {
    const path = join(temporaryFolder(), "other.db");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE theirs(x)");
    database.close();
    expect(messageOf(() => new SqliteStore(path))).toMatch(/^AM_STORE_NOT_OURS: .*another program.*--store/);
  });

  test("a file that is no database", () => {
    const path = join(temporaryFolder(), "letter.txt");
    writeFileSync(path, "Dear database, I am none. ".repeat(100));
    expect(messageOf(() => new SqliteStore(path))).toMatch(/^AM_STORE_NOT_OURS: .*no database/);
    expect(readFileSync(path, "utf8")).toContain("Dear database");
  });

  test("a folder in its place", () => {
    expect(messageOf(() => new SqliteStore(temporaryFolder()))).toMatch(
      /^AM_STORE_UNAVAILABLE: .*cannot be opened.*--store/,
    );
  });

  test("a path whose folder cannot be made", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    expect(messageOf(() => new SqliteStore(join(file, "store.db")))).toMatch(/^AM_STORE_UNAVAILABLE: /);
    expect(existsSync(join(file, "store.db"))).toBe(false);
  });
});

describe("the row of an owner", () => {
  function owners(path: string): number {
    const database = new DatabaseSync(path);
    const { n } = database.prepare("SELECT count(*) AS n FROM owner").get() as { n: number };
    database.close();
    return n;
  }

  test("is there once something is owned, one for all runs, and goes when nothing is, or the store is closed", async () => {
    const path = storePath();
    const store = new SqliteStore(path, { leaseMs: 60 });
    await store.append(eventsOf("r", 1, 1), []);
    await store.append(eventsOf("s", 1, 1), []);
    expect(owners(path)).toBe(1);
    await store.release("r");
    expect(owners(path)).toBe(1);
    await store.release("s");
    await expect.poll(() => owners(path), { timeout: 10_000 }).toBe(0);
    expect(await store.claim("s")).toBe(true);
    expect(owners(path)).toBe(1);
    await store.close();
    expect(owners(path)).toBe(0);
  });

  test("is not there for who only reads and sends", async () => {
    const path = storePath();
    const owner = new SqliteStore(path);
    await owner.append(eventsOf("r", 1, 1), []);
    const reader = new SqliteStore(path);
    await reader.read("r", 0);
    await reader.send("r", { type: "cancel", reason: "enough" });
    expect(owners(path)).toBe(1);
    expect(reader.commits).toBe(1);
    await Promise.all([owner.close(), reader.close()]);
  });

  test("that was replaced, or a run that was claimed since, ends the ownership", async () => {
    const path = storePath();
    const store = new SqliteStore(path);
    await store.append(eventsOf("r", 1, 1), []);
    const database = new DatabaseSync(path);
    database.exec("UPDATE owner SET id = 'somebody'");
    database.close();
    const conflict = { code: "AM_JOURNAL_CONFLICT", facts: { reason: "taken" } };
    await expect(store.append(eventsOf("r", 2, 1), [])).rejects.toMatchObject(conflict);
    expect(await store.claim("r")).toBe(true);
    const again = new DatabaseSync(path);
    again.exec("UPDATE run SET epoch = epoch + 1");
    again.close();
    await expect(store.append(eventsOf("r", 2, 1), [])).rejects.toMatchObject(conflict);
    await store.close();
  });
});

test("a command that this version cannot read is answered by the owner, and left alone by everybody else", async () => {
  const path = storePath();
  const [owner, other] = [new SqliteStore(path), new SqliteStore(path)];
  await owner.append(eventsOf("r", 1, 1), []);
  const items = [
    await other.send("r", { type: "cancel", reason: "a" }),
    await other.send("r", { type: "cancel", reason: "b" }),
  ];
  const database = new DatabaseSync(path);
  database.exec(`UPDATE inbox SET command = '{"type":"levitate"}' WHERE item = ${items[0]}`);
  database.exec(`INSERT INTO inbox(run, at_ms, command) VALUES(1, 1, '{broken')`);
  database.close();
  expect(await other.inbox("r")).toMatchObject([{ item: items[1] }]);
  expect(await other.answer(items[0] ?? 0)).toBeUndefined();
  expect(await owner.inbox("r")).toMatchObject([{ item: items[1] }]);
  expect(await other.answer(items[0] ?? 0)).toMatchObject({ error: { code: "AM_INBOX_UNREADABLE" } });
  await Promise.all([owner.close(), other.close()]);
});

test("a hundred idle watches cost next to nothing", async () => {
  const store = new SqliteStore(storePath());
  await store.append(eventsOf("r", 1, 1), []);
  const stops = Array.from({ length: 100 }, () => store.watchInbox("r", () => undefined));
  await new Promise((resolve) => setTimeout(resolve, 150));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(100_000); // of a second; ten looks are far below a millisecond
  for (const stop of stops) stop();
  await store.close();
});

test("an unreadable event is named; the run that holds it is not guessed", async () => {
  const path = join(temporaryFolder(), "store.db");
  const store = new SqliteStore(path);
  await store.append([createdEvent("r"), { v: 1, type: "run.cancelled", seq: 2, atMs: 1, run: "r" }], []);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec("UPDATE entry SET body = substr(body, 1, length(body) - 1)");
  database.close();
  const again = new SqliteStore(path);
  await expect(again.read("r", 0)).rejects.toMatchObject({
    code: "AM_EVENT_CORRUPT",
    message: expect.stringContaining("Event 2 (run.cancelled) of run r") as unknown,
  });
  await again.close();
});
