import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { createdEvent, journalContract } from "@agentmesh/ports/testing";
import { SqliteStore } from "../src/store/sqlite-store.ts";
import { STORE_VERSION } from "../src/store/store-schema.ts";
import { temporaryFolder } from "./test-mesh.ts";

journalContract("SQLite file", () => {
  const path = join(temporaryFolder(), "folder/that/is/made/store.db");
  return Promise.resolve({ store: new SqliteStore(path), reopen: () => Promise.resolve(new SqliteStore(path)) });
});

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

test("an unreadable event is named; the run that holds it is not guessed", async () => {
  const path = join(temporaryFolder(), "store.db");
  const store = new SqliteStore(path);
  await store.append([createdEvent("r"), { v: 1, type: "run.cancelled", seq: 2, atMs: 1, run: "r" }], []);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec("UPDATE event SET body = '{broken' WHERE seq = 2");
  database.close();
  const again = new SqliteStore(path);
  await expect(again.read("r", 0)).rejects.toMatchObject({
    code: "AM_EVENT_CORRUPT",
    message: expect.stringContaining("Event 2 (run.cancelled) of run r") as unknown,
  });
  await again.close();
});
