/** Large values: in files beside the store, whole whenever a row tells of them, gone when nothing refers to them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { RunEvent } from "@agentmesh/core";
import { createdEvent } from "@agentmesh/ports/testing";
import { BlobFolder } from "../src/sqlite/blob-folder.ts";
import { SqliteStore } from "../src/sqlite/sqlite-store.ts";
import { textDigest } from "../src/text-digest.ts";
import { eventsOf, storePath } from "./store-process.ts";

const LIMIT = 64 * 1_024;

interface Value {
  readonly hash: string;
  readonly text: string;
}

function valueOf(text: string): Value {
  return { hash: textDigest(text).hash, text };
}

/** JSON text of some bytes. */
function large(letter: string, bytes = LIMIT + 1): Value {
  return valueOf(JSON.stringify(letter.repeat(bytes - 2)));
}

function openStore(path = storePath()): SqliteStore {
  const store = new SqliteStore(path);
  onTestFinished(() => store.close());
  return store;
}

/** A run that has ended and whose one task gave the value. */
async function addRun(store: SqliteStore, run: string, value: Value): Promise<void> {
  const output = { hash: value.hash, bytes: Buffer.byteLength(value.text) };
  const events: readonly RunEvent[] = [
    createdEvent(run),
    { v: 1, type: "task.succeeded", seq: 2, atMs: 1, run, task: "a", attempt: 1, output, durationMs: 0 },
    { v: 1, type: "run.cancelled", seq: 3, atMs: run === "old" ? 1 : 50, run },
  ];
  await store.append(events, [value]);
}

function fileOf({ path }: SqliteStore, { hash }: Value): string {
  return join(`${path}.blobs`, hash);
}

/** What a program finds that opens the store afresh. */
async function found(path: string, value: Value): Promise<string | undefined> {
  const store = new SqliteStore(path);
  const text = store.blob(value.hash);
  await store.close();
  return text;
}

test("a large value is in one file for all runs, which only its owner reads, and not in the store", async () => {
  const [store, value] = [openStore(), large("z")];
  await addRun(store, "a", value);
  await addRun(store, "b", value);
  expect(store.blob(value.hash)).toBe(value.text);
  await store.close();
  expect(readdirSync(`${store.path}.blobs`)).toEqual([value.hash]);
  expect(statSync(fileOf(store, value)).mode & 0o777).toBe(0o600);
  expect(statSync(`${store.path}.blobs`).mode & 0o777).toBe(0o700);
  expect(readFileSync(store.path).includes("z".repeat(1_000))).toBe(false);
  expect(await found(store.path, value)).toBe(value.text);
});

test("more than 64 KiB of UTF-8 are large; a store without such values has no folder, one in memory never has", async () => {
  const store = openStore();
  const limit = large("z", LIMIT);
  await store.append(eventsOf("a", 1, 1), [limit]);
  expect(existsSync(`${store.path}.blobs`)).toBe(false);
  expect(store.blob(limit.hash)).toBe(limit.text);
  const wide = valueOf(JSON.stringify("é".repeat(LIMIT / 2)));
  await store.append(eventsOf("a", 2, 1), [wide]);
  expect(readdirSync(`${store.path}.blobs`)).toEqual([wide.hash]);
  const memory = openStore(":memory:");
  await memory.append(eventsOf("a", 1, 1), [wide]);
  expect(memory.blob(wide.hash)).toBe(wide.text);
  expect(existsSync(":memory:.blobs")).toBe(false);
});

test("a large value that is in the table, as stores had it before, stays there", async () => {
  const [store, value] = [openStore(), large("z")];
  const database = new DatabaseSync(store.path);
  database.prepare("INSERT INTO blob VALUES(?, ?)").run(value.hash, value.text);
  database.close();
  await addRun(store, "a", value);
  expect(existsSync(`${store.path}.blobs`)).toBe(false);
  expect(await found(store.path, value)).toBe(value.text);
});

test.for([
  ["gone", (file: string) => rmSync(file)],
  ["cut", (file: string) => writeFileSync(file, "cut")],
] as const)("a file that is %s is a lost value, until the value is stored again", async ([, damage]) => {
  const [store, value] = [openStore(), large("z")];
  await addRun(store, "a", value);
  damage(fileOf(store, value));
  expect(store.blob(value.hash)).toBeUndefined();
  await addRun(store, "b", value);
  expect(await found(store.path, value)).toBe(value.text);
});

test("a file with another text of the same size is a lost value", async () => {
  const [store, value] = [openStore(), large("z")];
  await addRun(store, "a", value);
  writeFileSync(fileOf(store, value), large("y").text);
  expect(store.blob(value.hash)).toBeUndefined();
});

test("a file that a crash left, whatever it holds, is written anew", async () => {
  const [store, value] = [openStore(), large("z")];
  mkdirSync(`${store.path}.blobs`);
  writeFileSync(fileOf(store, value), large("y").text);
  writeFileSync(`${fileOf(store, value)}.new`, "half");
  await addRun(store, "a", value);
  expect(await found(store.path, value)).toBe(value.text);
  expect(readdirSync(`${store.path}.blobs`)).toEqual([value.hash]);
});

test("only a hash becomes the name of a file", () => {
  const path = storePath();
  const folder = new BlobFolder(path);
  const { text } = large("z");
  const outside = join(dirname(path), "outside");
  mkdirSync(`${path}.blobs`);
  writeFileSync(outside, text);
  const name = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[\w/.-]{40,46}$/),
    fc.constantFrom("../outside", outside, `${"a".repeat(43)}\n`, "a".repeat(44), "..", `${"a".repeat(42)}/`),
  );
  fc.assert(
    fc.property(name, (hash) => {
      fc.pre(!/^[\w-]{43}$/.test(hash) || hash.endsWith("\n"));
      folder.write(hash, text);
      folder.remove(hash);
      expect([folder.takes(hash, text), folder.read(hash), folder.bytes(hash)]).toEqual([false, undefined, undefined]);
      expect([readdirSync(`${path}.blobs`), readFileSync(outside, "utf8")]).toEqual([[], text]);
    }),
  );
});

describe("pruning", () => {
  test("removes the files that nothing refers to, those of crashes too, and no other", async () => {
    const store = openStore();
    const [mine, shared, orphan] = [large("m"), large("s"), large("o")];
    await addRun(store, "old", mine);
    await store.append([createdEvent("also-old")], [shared]);
    await addRun(store, "new", shared);
    for (const name of [orphan.hash, `${orphan.hash}.new`, "of somebody else"])
      writeFileSync(join(`${store.path}.blobs`, name), "x");
    const query = { endedBeforeMs: 10, nowMs: 1_000 };
    const report = await store.prune({ ...query, isDryRun: true });
    expect(readdirSync(`${store.path}.blobs`)).toHaveLength(5);
    expect(await store.prune(query)).toEqual(report);
    expect(report).toMatchObject({ runs: 1, values: 1 });
    expect(report.bytes).toBeGreaterThan(LIMIT);
    expect(readdirSync(`${store.path}.blobs`).toSorted()).toEqual([shared.hash, "of somebody else"].toSorted());
    expect(await found(store.path, shared)).toBe(shared.text);
  });

  test("keeps what others store meanwhile", async () => {
    const [store, other] = [openStore(), openStore()];
    const second = openStore(store.path);
    for (let turns = 0; turns < 24; turns++) {
      const value = large(String.fromCodePoint(97 + turns));
      await addRun(second, "old", value);
      const pruned = [store, store, second].map((each) => each.prune({ endedBeforeMs: 10, nowMs: 1_000 }));
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await addRun(second, `new-${turns}`, value);
      await Promise.all(pruned);
      expect(second.blob(value.hash)).toBe(value.text);
    }
    expect(existsSync(`${other.path}.blobs`)).toBe(false);
  });
});

describe("a value that cannot be written", () => {
  test("is not stored, nor what was to be stored with it; its run goes on when it can", async () => {
    const [store, value] = [openStore(), large("z")];
    await store.append(eventsOf("a", 1, 1), []);
    writeFileSync(`${store.path}.blobs`, "in the way");
    const both = [store.append(eventsOf("a", 2, 1), [value]), store.append(eventsOf("b", 1, 1), [])];
    for (const append of both) await expect(append).rejects.toMatchObject({ code: "AM_STORE_UNAVAILABLE" });
    expect([await store.read("a", 0), await store.read("b", 0)]).toMatchObject([{ length: 1 }, []]);
    expect(store.blob(value.hash)).toBeUndefined();
    rmSync(`${store.path}.blobs`);
    expect(await store.claim("a")).toBe(true);
    await store.append(eventsOf("a", 2, 1), [value]);
    expect(await found(store.path, value)).toBe(value.text);
  });
});
