/**
 * Disks that are full or broken, locks that are held, files that are damaged: each is a typed error, nothing that was
 * acknowledged is lost, and once the fault has lifted the same opening goes on after claiming its runs again.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { RunEvent } from "@agentmesh/core";
import type { Store } from "@agentmesh/ports";
import { type SqliteConnection, SqliteStore, type SqliteStoreOptions } from "../src/sqlite/sqlite-store.ts";
import { textDigest } from "../src/text-digest.ts";
import { eventsOf, obstacle, StoreProcess, storePath } from "./store-process.ts";

function openStore(path: string, options?: SqliteStoreOptions): SqliteStore {
  const store = new SqliteStore(path, options);
  onTestFinished(() => store.close());
  return store;
}

/** What a program finds that opens the store afresh. */
async function storedEvents(path: string, run: string): Promise<number> {
  const store = new SqliteStore(path);
  const events = await store.read(run, 0);
  await store.close();
  return events.length;
}

/** Appends one event after another until one fails; tells how many were acknowledged, and what the failure was. */
async function appendUntilFailure(
  store: Store,
  run: string,
  text: string,
): Promise<{ stored: number; error: unknown }> {
  for (let seq = 1; seq < 10_000; seq++) {
    try {
      await store.append(eventsOf(run, seq, 1), [{ hash: `${run}-${seq}`, text: text + seq }]);
    } catch (error) {
      return { stored: seq - 1, error };
    }
  }
  return { stored: 10_000, error: undefined };
}

describe("a full disk", () => {
  /** `lift` makes room. */
  async function expectRecovery(store: SqliteStore, lift: () => void): Promise<void> {
    await store.append(eventsOf("idle", 1, 1), []);
    const { stored, error } = await appendUntilFailure(store, "r", "x".repeat(4_000));
    expect(error).toMatchObject({ code: "AM_STORE_FULL" });
    expect(stored).toBeGreaterThan(1);
    expect(store.blob(`r-${stored}`)).toBeDefined();
    expect(store.blob(`r-${stored + 1}`)).toBeUndefined();
    await expect(store.append(eventsOf("r", stored + 1, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FULL" });
    await expect(store.append(eventsOf("idle", 2, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FULL" });
    expect(await store.read("r", 0)).toHaveLength(stored);
    lift();
    await store.append(eventsOf("new", 1, 3), []);
    await expect(store.append(eventsOf("r", stored + 1, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FULL" });
    expect([await store.claim("r"), await store.claim("idle")]).toEqual([true, true]);
    await store.append(eventsOf("r", stored + 1, 2), []);
    await store.append(eventsOf("idle", 2, 1), []);
    await store.close();
    expect(await storedEvents(store.path, "r")).toBe(stored + 2);
  }

  test("that SQLite simulates by a limit of pages: the runs break, and go on once there is room", async () => {
    let database: SqliteConnection | undefined;
    const limit = (pages: number) => database?.exec(`PRAGMA max_page_count=${pages}`);
    const store = openStore(storePath(), { onConnect: (connected) => (database = connected) });
    limit(60);
    await expectRecovery(store, () => limit(100_000));
  });

  test.for([64, 256, 1_024])("that is one, of %d KiB", async (kib, context) => {
    const folder = mkdtempSync(join(tmpdir(), "agentmesh-full-"));
    const mount = (size: string, ...more: string[]) =>
      obstacle("mount", ["-t", "tmpfs", "-o", [...more, `size=${size}`].join(","), "tmpfs", folder]);
    const reason = mount("4m");
    if (reason !== undefined) return context.skip(`a disk of a given size needs root: ${reason}`);
    onTestFinished(() => void spawnSync("umount", ["-l", folder]));
    const store = openStore(join(folder, "store.db"));
    await store.append(eventsOf("first", 1, 1), []);
    // The shared memory of the log needs its room whatever the disk's size is.
    writeFileSync(join(folder, "fill"), Buffer.alloc(4_096 * 1_024 - (kib + 160) * 1_024));
    await expectRecovery(store, () => rmSync(join(folder, "fill")));
  });

  test("that holds only the large values: the run breaks, its value is not stored, and it goes on once there is room", async (context) => {
    const store = openStore(storePath());
    const folder = `${store.path}.blobs`;
    const mount = (...options: string[]) =>
      obstacle("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", folder]);
    mkdirSync(folder);
    const reason = mount("size=100k");
    if (reason !== undefined) return context.skip(`a disk of a given size needs root: ${reason}`);
    onTestFinished(() => void spawnSync("umount", ["-l", folder]));
    const valueOf = (text: string) => ({ hash: textDigest(text).hash, text });
    const [first, second] = [valueOf("1".repeat(70_000)), valueOf("2".repeat(70_000))];
    await store.append(eventsOf("r", 1, 1), [first]);
    const refused = [store.append(eventsOf("r", 2, 1), [second]), store.append(eventsOf("s", 1, 1), [])];
    for (const append of refused) await expect(append).rejects.toMatchObject({ code: "AM_STORE_FULL" });
    expect([store.blob(first.hash), store.blob(second.hash)]).toEqual([first.text, undefined]);
    expect([await store.read("r", 0), await store.read("s", 0)]).toMatchObject([{ length: 1 }, []]);
    expect(mount("remount", "size=4m")).toBeUndefined();
    expect(await store.claim("r")).toBe(true);
    await store.append(eventsOf("r", 2, 1), [second]);
    expect(store.blob(second.hash)).toBe(second.text);
  });

  test("does not crash the process, nor leave a rejection that nobody handles", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    let database: SqliteConnection | undefined;
    const store = openStore(storePath(), { onConnect: (connected) => (database = connected), leaseMs: 30 });
    await store.append(eventsOf("r", 1, 1), []);
    database?.exec("PRAGMA max_page_count=1");
    for (let seq = 2; seq < 500; seq++)
      void store.append(eventsOf("r", seq, 1), [{ hash: `${seq}`, text: "x".repeat(9_000) }]);
    void store.claim("r");
    void store.release("r");
    await sleep(100);
    expect(unhandled).toEqual([]);
  });
});

/** A command that runs another one with faults in its calls on the log of a store. */
function strace(path: string, expression: string): readonly string[] {
  return ["strace", "-qq", "-o", "/dev/null", "-P", `${path}-wal`, "-e", expression];
}

function straceObstacle(): string | undefined {
  const reason = obstacle("strace", ["-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]);
  return reason === undefined ? undefined : `errors of a disk are injected by strace: ${reason}`;
}

describe("a disk that reports errors", () => {
  test.for([
    ["fsync", 2],
    ["fsync", 5],
    ["pwrite64", 3],
    ["pwrite64", 4],
    ["pwrite64", 9],
    ["pwrite64", 14],
  ] as const)(
    "at %s number %d of the log, and for a while: nothing acknowledged is lost",
    async ([call, nth], context) => {
      const path = storePath();
      const reason = straceObstacle();
      if (reason !== undefined) return context.skip(reason);
      await storedEvents(path, "none"); // creates it, so that the calls counted are those of the appends
      await using faulty = new StoreProcess(strace(path, `inject=${call}:error=EIO:when=${nth}..${nth + 2}`));
      await faulty.open(path);
      let stored = 0;
      let isBroken = false;
      const errors: unknown[] = [];
      for (let round = 0; round < 20; round++) {
        try {
          if (isBroken) stored = (await faulty.call("claim", "r")) ? (await faulty.call("read", "r", 0)).length : 0;
          isBroken = false;
          await faulty.call("append", eventsOf("r", stored + 1, 1), []);
          stored++;
        } catch (error) {
          errors.push(error);
          isBroken = true;
        }
        // What was refused may be there: nobody knows what a failed fsync has written.
        const found = await storedEvents(path, "r");
        expect(isBroken ? [stored, stored + 1] : [stored]).toContain(found);
      }
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.length).toBeLessThanOrEqual(3);
      for (const error of errors) expect(error).toMatchObject({ code: "AM_STORE_FAILED" });
      expect(stored).toBeGreaterThanOrEqual(20 - errors.length);
      await faulty.kill();
      expect(await storedEvents(path, "r")).toBe(stored);
    },
  );
});

test("after a failed fsync the log is written anew, since nobody knows what of it is on the disk", async (context) => {
  const path = storePath();
  const reason = straceObstacle();
  if (reason !== undefined) return context.skip(reason);
  const reader = openStore(path); // keeps the log from being emptied when the other process closes it
  await using faulty = new StoreProcess(strace(path, "inject=fsync:error=EIO:when=15"));
  await faulty.open(path);
  for (let seq = 1; seq <= 14; seq++) await faulty.call("append", eventsOf("r", seq, 1), []);
  const grown = statSync(`${path}-wal`).size;
  await expect(faulty.call("append", eventsOf("r", 15, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FAILED" });
  expect(await faulty.call("claim", "r")).toBe(true);
  expect(statSync(`${path}-wal`).size).toBeLessThan(grown / 2);
  expect((await reader.read("r", 0)).length).toBeGreaterThanOrEqual(14);
});

describe("a lock that another process holds", () => {
  function holder(path: string): DatabaseSync {
    const database = new DatabaseSync(path);
    onTestFinished(() => database.close());
    database.exec("BEGIN IMMEDIATE");
    return database;
  }

  test("for a moment delays the append, and leaves half of the time to the event loop", async () => {
    const store = openStore(storePath());
    await store.append(eventsOf("r", 1, 1), []);
    const lock = holder(store.path);
    const appended = store.append(eventsOf("r", 2, 1), []);
    let [lastMs, longestMs] = [performance.now(), 0];
    const beat = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 10);
    await sleep(2_000);
    clearInterval(beat);
    lock.exec("ROLLBACK");
    await appended;
    expect(longestMs).toBeLessThan(1_000);
    expect(await store.read("r", 0)).toHaveLength(2);
  });

  test("for too long is a typed error, and after it the runs can be claimed and go on", async () => {
    const store = openStore(storePath(), { lockPatienceMs: 600, leaseMs: 300 });
    await store.append(eventsOf("r", 1, 1), []);
    const lock = holder(store.path);
    const appends = [store.append(eventsOf("r", 2, 1), []), store.append(eventsOf("s", 1, 1), [])];
    for (const append of appends)
      await expect(append).rejects.toMatchObject({ code: "AM_STORE_BUSY", retryable: true });
    await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_STORE_BUSY" });
    expect(await store.read("r", 0)).toHaveLength(1);
    lock.exec("ROLLBACK");
    expect(await store.claim("r")).toBe(true);
    await store.append(eventsOf("r", 2, 1), []);
    await store.append(eventsOf("s", 1, 1), []);
  });

  test("while the store is closed delays closing, and loses nothing", async () => {
    const path = storePath();
    const store = new SqliteStore(path);
    await store.append(eventsOf("r", 1, 1), []);
    const lock = holder(path);
    void store.append(eventsOf("r", 2, 1), []);
    const closed = store.close();
    await sleep(400);
    lock.exec("ROLLBACK");
    await closed;
    expect(await storedEvents(path, "r")).toBe(2);
  });
});

describe("a store that cannot be written", () => {
  /** Root may write everything: it steps down while `work` runs. */
  async function asNobody(work: () => Promise<void>): Promise<void> {
    if (process.geteuid?.() !== 0) return work();
    process.seteuid?.(65_534);
    try {
      await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  test.for([
    ["a folder that can be written", 0o777],
    ["a folder that cannot", 0o555],
  ] as const)("is read, in %s; an append says why it fails", async ([, mode]) => {
    const path = storePath();
    const maker = new SqliteStore(path);
    const large = JSON.stringify("x".repeat(70_000));
    const { hash } = textDigest(large);
    await maker.append(eventsOf("r", 1, 3), [
      { hash: "h", text: "{}" },
      { hash, text: large },
    ]);
    await maker.close();
    chmodSync(path, 0o444);
    chmodSync(join(`${path}.blobs`, hash), 0o444);
    chmodSync(`${path}.blobs`, 0o555);
    chmodSync(dirname(path), mode);
    onTestFinished(() => chmodSync(dirname(path), 0o700));
    await asNobody(async () => {
      const store = new SqliteStore(path);
      expect(await store.read("r", 0)).toHaveLength(3);
      expect(store.blob("h")).toBe("{}");
      expect(store.blob(hash)).toBe(large);
      expect(await store.runs({ tenant: "default", limit: 9, isUnowned: true })).toHaveLength(1);
      await expect(store.append(eventsOf("s", 1, 1), [])).rejects.toMatchObject({ code: "AM_STORE_READ_ONLY" });
      await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_STORE_READ_ONLY" });
      expect(await store.read("r", 0)).toHaveLength(3);
      await store.close();
    });
  });
});

describe("a log that somebody deletes", () => {
  test("while the store is open: everything acknowledged before and after is there", async () => {
    const store = openStore(storePath());
    await store.append(eventsOf("r", 1, 5), [{ hash: "h", text: "{}" }]);
    rmSync(`${store.path}-wal`);
    await sleep(150); // it is looked for ten times a second
    await store.append(eventsOf("r", 6, 1), []);
    expect(await storedEvents(store.path, "r")).toBe(6);
    await store.append(eventsOf("r", 7, 1), []);
    await store.close();
    expect(await storedEvents(store.path, "r")).toBe(7);
  });

  test("while the store is open, and another process opens it before the next append", async () => {
    const store = openStore(storePath());
    await store.append(eventsOf("r", 1, 5), []);
    rmSync(`${store.path}-wal`);
    await using other = new StoreProcess();
    await other.open(store.path).catch(() => undefined);
    await sleep(150);
    await store.append(eventsOf("r", 6, 1), []);
    await store.close();
    await other.kill();
    expect(await storedEvents(store.path, "r")).toBe(6);
  });

  test("after a crash takes the newest events with it; what is left is whole, and goes on", async () => {
    const path = storePath();
    await using crashed = new StoreProcess();
    await crashed.open(path);
    await crashed.call("append", eventsOf("r", 1, 5), []);
    const copier = new DatabaseSync(path);
    copier.exec("PRAGMA wal_checkpoint(FULL)");
    copier.close();
    await crashed.call("append", eventsOf("r", 6, 1), []);
    await crashed.kill();
    rmSync(`${path}-wal`);
    rmSync(`${path}-shm`);
    expect(await storedEvents(path, "r")).toBe(5);
    const store = openStore(path);
    expect(await store.claim("r")).toBe(true);
    await store.append(eventsOf("r", 6, 1), []);
  });
});

describe("a damaged file", () => {
  /** A run of `count` events with large values, its store closed. */
  async function damagedStore(count: number, damage: (path: string) => void): Promise<SqliteStore> {
    const path = storePath();
    const store = new SqliteStore(path);
    for (let seq = 1; seq <= count; seq++)
      await store.append(eventsOf("r", seq, 1), [{ hash: `h${seq}`, text: "x".repeat(2_000) }]);
    await store.append(eventsOf("s", 1, 9), []);
    await store.close();
    damage(path);
    return openStore(path);
  }

  function change(sql: string): (path: string) => void {
    return (path) => {
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
    };
  }

  test.for([
    [
      "a changed value",
      "UPDATE entry SET body = replace(body, 'hash', 'hush') WHERE run = 1 AND seq = 7",
      7,
      "checksum",
    ],
    ["a changed time", "UPDATE entry SET at_ms = at_ms + 1 WHERE run = 1 AND seq = 7", 7, "checksum"],
    ["a changed sum", "UPDATE entry SET body = replace(body, ' {', '1 {') WHERE run = 1 AND seq = 7", 7, "checksum"],
    ["a broken body", "UPDATE entry SET body = '{' WHERE run = 1 AND seq = 7", 7, "checksum"],
    ["a missing record", "DELETE FROM entry WHERE run = 1 AND seq = 7", 7, "missing"],
    ["a missing first record", "DELETE FROM entry WHERE run = 1 AND seq = 1", 1, "missing"],
    ["exchanged records", "UPDATE entry SET seq = 15 - seq WHERE run = 1 AND seq IN (7, 8)", 7, "missing"],
    [
      "a record of another run",
      "UPDATE entry SET body = (SELECT body FROM entry WHERE run = 2) WHERE run = 1 AND seq = 7",
      7,
      "checksum",
    ],
    ["a wrong link", "UPDATE entry SET prev = prev - 1, body = '{' WHERE run = 1 AND seq = 7", 7, "checksum"],
  ] as const)("%s is named, what comes before it is read, other runs are whole", async ([, sql, seq, reason]) => {
    const store = await damagedStore(20, change(sql));
    const damage = { code: "AM_EVENT_CORRUPT", facts: { run: "r", seq, reason: expect.stringContaining(reason) } };
    await expect(store.read("r", 0)).rejects.toMatchObject(damage);
    const intact = await store.readIntact("r");
    expect(intact.damage).toMatchObject(damage);
    expect(intact.events).toEqual(eventsOf("r", 1, seq - 1));
    expect(await store.read("s", 0)).toHaveLength(9);
  });

  const CANCELLED: RunEvent = { v: 1, type: "run.cancelled", seq: 22, atMs: 22, run: "r" };

  test.for([
    ["a link to an older record", "UPDATE entry SET prev = prev - 1 WHERE run = 1 AND seq = 7"],
    ["a link to nothing", "UPDATE entry SET prev = 9999 WHERE run = 1 AND seq = 7"],
    ["a link to a newer record", "UPDATE entry SET prev = number + 1 WHERE run = 1 AND seq = 7"],
    [
      "a link to another run",
      "UPDATE entry SET prev = (SELECT entry FROM head WHERE run = 2) WHERE run = 1 AND seq = 7",
    ],
    ["an older end", "UPDATE head SET entry = entry - 3 WHERE run = 1"],
    ["a wrong end", "UPDATE head SET sum = sum + 1 WHERE run = 1"],
    ["no end", "DELETE FROM head WHERE run = 1"],
  ] as const)("%s loses nothing: the run is read and goes on, and can be removed", async ([, sql]) => {
    const store = await damagedStore(20, change(sql));
    expect(await store.read("r", 0)).toEqual(eventsOf("r", 1, 20));
    expect(await store.claim("r")).toBe(true);
    await store.append([...eventsOf("r", 21, 1), CANCELLED], []);
    expect(await store.read("r", 0)).toHaveLength(22);
    expect(await store.read("s", 0)).toHaveLength(9);
    expect(await store.prune({ nowMs: 1_000, keep: 0 })).toMatchObject({ runs: 1, events: 22 });
    await store.close();
    const database = new DatabaseSync(store.path);
    expect(database.prepare("SELECT DISTINCT run FROM entry UNION SELECT run FROM head").all()).toEqual([{ run: 2 }]);
    database.close();
  });

  test("a tail is read by its own sums", async () => {
    const store = await damagedStore(
      20,
      change("UPDATE entry SET body = replace(body, '{}', '{') WHERE run = 1 AND seq = 7"),
    );
    expect(await store.read("r", 7)).toHaveLength(13);
    expect(await store.read("r", 20)).toEqual([]);
    expect(await store.read("r", 30)).toEqual([]);
    await expect(store.read("r", 6)).rejects.toMatchObject({ facts: { seq: 7 } });
  });

  test.for([0.3, 0.5, 0.7, 0.9])(
    "garbage in the page at %d of it is a typed error, never a wrong event",
    async (where) => {
      const store = await damagedStore(300, (path) => {
        const pages = Math.floor(statSync(path).size / 4_096);
        const bytes = readFileSync(path);
        bytes.fill(0xa5, Math.floor(pages * where) * 4_096, (Math.floor(pages * where) + 1) * 4_096);
        writeFileSync(path, bytes);
      });
      await expectWholeOrTyped(store);
    },
  );

  test.for([0.2, 0.5, 0.8])("a file cut at %d of its length is a typed error, never a wrong event", async (where) => {
    const path = storePath();
    const maker = new SqliteStore(path);
    for (let seq = 1; seq <= 300; seq++)
      await maker.append(eventsOf("r", seq, 1), [{ hash: `h${seq}`, text: "x".repeat(2_000) }]);
    await maker.close();
    truncateSync(path, Math.floor((statSync(path).size * where) / 4_096) * 4_096);
    try {
      await expectWholeOrTyped(openStore(path));
    } catch (error) {
      expect(error).toMatchObject({ code: "AM_STORE_FAILED" });
    }
  });

  async function expectWholeOrTyped(store: SqliteStore): Promise<void> {
    const { events, damage } = await store.readIntact("r");
    expect(events).toEqual(eventsOf("r", 1, events.length));
    if (damage !== undefined)
      expect(damage).toMatchObject({ code: "AM_EVENT_CORRUPT", facts: { seq: events.length + 1 } });
    else expect(events.length).toBe(300);
    for (let seq = 1; seq <= 300; seq++) expectTypedBlob(store, `h${seq}`);
    const claimed: unknown = await store.claim("r").catch((error: unknown) => error);
    if (claimed !== true) expect(claimed).toMatchObject({ code: expect.stringMatching(/^AM_/) });
  }

  function expectTypedBlob(store: SqliteStore, hash: string): void {
    try {
      store.blob(hash);
    } catch (error) {
      expect(error).toMatchObject({ code: "AM_STORE_FAILED" });
    }
  }
});
