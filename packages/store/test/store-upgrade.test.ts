/** Stores of other versions: older ones are upgraded whole, newer ones are left as they are. */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { encodeEvent, type RunEvent } from "@agentmesh/core";
import { chainedEvent, firstSum } from "../src/event-chain.ts";
import { SqliteStore } from "../src/sqlite/sqlite-store.ts";
import { STORE_VERSION } from "../src/sqlite/store-schema.ts";
import { eventsOf, storePath } from "./store-process.ts";

/** As version 1 made it. */
const SCHEMA_OF_VERSION_1 = `
  PRAGMA journal_mode=WAL;
  CREATE TABLE run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, created_ms INTEGER NOT NULL);
  CREATE INDEX run_by_tenant ON run(tenant, created_ms);
  CREATE TABLE event(
    run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE(run, seq));
  CREATE TABLE blob(hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
  PRAGMA application_id=1097289075;
  PRAGMA user_version=1;`;
const INSERT_OF_VERSION_1 =
  "INSERT INTO event(run, seq, type, at_ms, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

/** Events of several runs as they came, one after another. */
function storeOfVersion1(path: string, runs: Readonly<Record<string, readonly RunEvent[]>>): void {
  const database = new DatabaseSync(path);
  database.exec(SCHEMA_OF_VERSION_1);
  const numbers = Object.keys(runs);
  for (const run of numbers)
    database
      .prepare("INSERT INTO run(id, tenant, name, status, created_ms) VALUES(?, 'default', ?, 'running', 1)")
      .run(run, run);
  for (const event of Object.values(runs)
    .flat()
    .sort((a, b) => a.seq - b.seq)) {
    const { seq, type, atMs, body } = encodeEvent(event);
    database.prepare(INSERT_OF_VERSION_1).run(numbers.indexOf(event.run) + 1, seq, type, atMs, body);
  }
  database.prepare("INSERT INTO blob VALUES('h', '{}')").run();
  database.close();
}

function filesBeside(path: string): Readonly<Record<string, string>> {
  const folder = dirname(path);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, "base64")]));
}

describe("a store of version 1", () => {
  test("is upgraded when it is opened: all that it held is there, with sums, and its runs go on", async () => {
    const path = storePath();
    const runs = { a: eventsOf("a", 1, 30), b: eventsOf("b", 1, 20) };
    storeOfVersion1(path, runs);
    const store = new SqliteStore(path);
    expect(await store.read("a", 0)).toEqual(runs.a);
    expect(await store.read("b", 15)).toEqual(runs.b.slice(15));
    expect(store.blob("h")).toBe("{}");
    expect(await store.runs({ tenant: "default", limit: 9, isUnowned: true })).toHaveLength(2);
    expect(await store.claim("b")).toBe(true);
    await store.append(eventsOf("b", 21, 1), []);
    await store.close();
    const again = new SqliteStore(path);
    expect(await again.read("b", 0)).toHaveLength(21);
    await again.close();
  });

  test("that was damaged before stays so: no sum makes a broken event whole", async () => {
    const path = storePath();
    storeOfVersion1(path, { a: eventsOf("a", 1, 9) });
    const database = new DatabaseSync(path);
    database.exec(`UPDATE event SET body = '{"task":7}' WHERE seq = 4`);
    database.close();
    const store = new SqliteStore(path);
    await expect(store.read("a", 0)).rejects.toMatchObject({ code: "AM_EVENT_CORRUPT", facts: { seq: 4 } });
    expect((await store.readIntact("a")).events).toEqual(eventsOf("a", 1, 3));
    expect(await store.read("a", 4)).toHaveLength(5);
    await store.close();
  });

  test("whose upgrade fails stays of version 1", () => {
    const path = storePath();
    storeOfVersion1(path, { a: eventsOf("a", 1, 5) });
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE inbox(in_the_way)");
    database.close();
    expect(() => new SqliteStore(path)).toThrow(expect.objectContaining({ code: "AM_STORE_UNAVAILABLE" }));
    const after = new DatabaseSync(path);
    expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    expect(after.prepare("SELECT count(*) AS n FROM event").get()).toEqual({ n: 5 });
    after.close();
  });

  test("that a process of version 1 still has open takes nothing more from it", async () => {
    const path = storePath();
    storeOfVersion1(path, { a: eventsOf("a", 1, 5) });
    const old = new DatabaseSync(path);
    const insert = old.prepare(INSERT_OF_VERSION_1);
    insert.run(1, 6, "task.started", 6, "{}");
    old.prepare("DELETE FROM event WHERE seq = 6").run();
    const store = new SqliteStore(path);
    expect(() => insert.run(1, 6, "task.started", 6, "{}")).toThrow("no such table");
    expect(await store.read("a", 0)).toHaveLength(5);
    old.close();
    await store.close();
  });
});

const INSERT_OF_VERSION_3 = "INSERT INTO event(run, seq, type, at_ms, body, sum) VALUES(?, ?, ?, ?, ?, ?)";

/** Versions 2 and 3 had a row for each event. `change`: to the file, before it is closed. */
async function storeOfVersion3(
  runs: Readonly<Record<string, readonly RunEvent[]>>,
  change: (database: DatabaseSync) => void = () => undefined,
): Promise<string> {
  const path = storePath();
  const store = new SqliteStore(path);
  const known = Object.entries(runs);
  for (const [, events] of known) await store.append(events.slice(0, 1), []);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec(`
    DROP VIEW journal; DROP TABLE entry; DROP TABLE head; PRAGMA user_version=3;
    CREATE TABLE event(
      run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
      sum INTEGER NOT NULL, UNIQUE(run, seq));
    CREATE VIEW journal AS SELECT * FROM event;`);
  const insert = database.prepare(INSERT_OF_VERSION_3);
  const sums = known.map(([run]) => firstSum(run));
  const events = known.flatMap(([, list], index) => list.map((event) => ({ event, index })));
  for (const { event, index } of events.sort((a, b) => a.event.seq - b.event.seq)) {
    const { seq, type, atMs, body, sum } = chainedEvent(event, sums[index] ?? 0);
    sums[index] = sum;
    insert.run(index + 1, seq, type, atMs, body, sum);
  }
  change(database);
  database.close();
  return path;
}

describe("a store of version 3", () => {
  const runs = { a: eventsOf("a", 1, 100), b: eventsOf("b", 1, 20), c: eventsOf("c", 1, 1) };

  test("is upgraded when it is opened: every event is there, and runs go on", async () => {
    const path = await storeOfVersion3(runs);
    const store = new SqliteStore(path);
    for (const [run, events] of Object.entries(runs)) expect(await store.read(run, 0)).toEqual(events);
    expect(await store.read("a", 95)).toEqual(runs.a.slice(95));
    expect(await store.claim("b")).toBe(true);
    await store.append(eventsOf("b", 21, 1), []);
    await store.close();
    const again = new SqliteStore(path);
    expect(await again.read("b", 0)).toHaveLength(21);
    await again.close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT count(*) AS n FROM journal WHERE type = 'task.started'").get()).toEqual({ n: 119 });
    database.close();
  });

  test.for([
    ["a changed event", "UPDATE event SET at_ms = 1 WHERE run = 1 AND seq = 50"],
    ["a changed body of several lines", "UPDATE event SET body = '{' || char(10) || '}' WHERE run = 1 AND seq = 50"],
    ["a changed type of several words", "UPDATE event SET type = 'task 1 2' WHERE run = 1 AND seq = 50"],
    ["a time that is none", "UPDATE event SET at_ms = 'noon' WHERE run = 1 AND seq = 50"],
    ["a missing event", "DELETE FROM event WHERE run = 1 AND seq = 50"],
  ] as const)("that was damaged stays so, at the same event: %s", async ([, sql]) => {
    const store = new SqliteStore(await storeOfVersion3(runs, (database) => database.exec(sql)));
    await expect(store.read("a", 0)).rejects.toMatchObject({ code: "AM_EVENT_CORRUPT", facts: { seq: 50 } });
    expect((await store.readIntact("a")).events).toEqual(eventsOf("a", 1, 49));
    expect(await store.read("a", 51)).toHaveLength(49);
    expect(await store.read("b", 0)).toEqual(runs.b);
    await store.close();
  });

  test("that a process of that version still has open takes nothing more from it", async () => {
    const path = await storeOfVersion3(runs);
    const old = new DatabaseSync(path);
    const insert = old.prepare(INSERT_OF_VERSION_3);
    insert.run(3, 2, "start", 6, "{}", 1);
    old.exec("DELETE FROM event WHERE run = 3 AND seq = 2");
    const store = new SqliteStore(path);
    expect(() => insert.run(3, 2, "start", 6, "{}", 1)).toThrow("no such table");
    expect(await store.read("c", 0)).toEqual(runs.c);
    old.close();
    await store.close();
  });
});

test("a store of version 2 is upgraded: it gets a table of caches", async () => {
  const path = await storeOfVersion3({ a: eventsOf("a", 1, 5) }, (database) =>
    database.exec("DROP TABLE cache; DROP VIEW journal; PRAGMA user_version=2"),
  );
  const again = new SqliteStore(path);
  expect(await again.read("a", 0)).toEqual(eventsOf("a", 1, 5));
  expect(await again.cache.usage("default")).toEqual([]);
  await again.close();
});

describe("a store of a newer version", () => {
  function makeNewer(database: DatabaseSync): void {
    database.exec(`CREATE TABLE news(x); PRAGMA user_version=${STORE_VERSION + 1}`);
  }

  test("is refused, and not a byte of it or beside it changes", async () => {
    const path = storePath();
    await new SqliteStore(path).close();
    const database = new DatabaseSync(path);
    makeNewer(database);
    database.close();
    const before = filesBeside(path);
    expect(Object.keys(before)).toEqual([basename(path)]);
    expect(() => new SqliteStore(path)).toThrow(expect.objectContaining({ code: "AM_STORE_NEWER" }));
    expect(filesBeside(path)).toEqual(before);
  });

  test("that crashed, so that its version stands only in its log, is refused, and file and log stay as they are", async () => {
    const original = storePath();
    await new SqliteStore(original).close();
    const newer = new DatabaseSync(original);
    makeNewer(newer);
    const path = storePath();
    for (const end of ["", "-wal"]) copyFileSync(original + end, path + end);
    newer.close();
    const before = filesBeside(path);
    expect(Object.keys(before)).toEqual(["store.db", "store.db-wal"]);
    expect(() => new SqliteStore(path)).toThrow(expect.objectContaining({ code: "AM_STORE_NEWER" }));
    expect(filesBeside(path)).toMatchObject(before);
  });
});
