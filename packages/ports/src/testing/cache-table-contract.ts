/** What every cache table must do. A store's test file calls `cacheTableContract` beside `journalContract`. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CacheKind, CacheRow, CacheTable } from "../cache-table.ts";

export interface CacheTableSubject {
  readonly cache: CacheTable;
  /** The same table, in another process. */
  readonly other: CacheTable;
  readonly dispose: () => Promise<void>;
}

function row(key: string, more: Partial<CacheRow> = {}): CacheRow {
  const body = more.body ?? JSON.stringify({ key });
  return { tenant: "t", kind: "tool", key, body, bytes: body.length, createdMs: 1, usedMs: 1, hits: 0, ...more };
}

function keyOf(key: string, kind: CacheKind = "tool"): { tenant: string; kind: CacheKind; key: string } {
  return { tenant: "t", kind, key };
}

export function cacheTableContract(name: string, makeSubject: () => Promise<CacheTableSubject>): void {
  describe(`the cache table contract: ${name}`, () => {
    let subject: CacheTableSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(() => subject.dispose());

    test("a row is found at once by whoever put it, and by others when it is durable", async () => {
      const put = subject.cache.put(row("a", { expiresMs: 9 }));
      expect(await subject.cache.find(keyOf("a"))).toEqual(row("a", { expiresMs: 9 }));
      await put;
      expect(await subject.other.find(keyOf("a"))).toEqual(row("a", { expiresMs: 9 }));
      await subject.cache.put(row("a", { body: "[1]", createdMs: 7 }));
      expect(await subject.other.find(keyOf("a"))).toEqual(row("a", { body: "[1]", createdMs: 7 }));
    });

    test("rows of other tenants, kinds and keys are others", async () => {
      await Promise.all([
        subject.cache.put(row("a", { body: "1" })),
        subject.cache.put(row("a", { body: "2", tenant: "other" })),
        subject.cache.put(row("a", { body: "3", kind: "model" })),
      ]);
      expect(await subject.cache.find(keyOf("a"))).toMatchObject({ body: "1" });
      expect(await subject.cache.find({ ...keyOf("a"), tenant: "other" })).toMatchObject({ body: "2" });
      expect(await subject.cache.find(keyOf("a", "model"))).toMatchObject({ body: "3" });
      expect(await subject.cache.find(keyOf("a", "plan"))).toBeUndefined();
      expect(await subject.cache.remove({ tenant: "t" })).toBe(2);
      expect(await subject.cache.find({ ...keyOf("a"), tenant: "other" })).toBeDefined();
    });

    test("uses are counted", async () => {
      await subject.cache.put(row("a"));
      await Promise.all([subject.cache.touch(keyOf("a"), 5), subject.cache.touch(keyOf("a"), 6)]);
      await subject.cache.touch(keyOf("none"), 6);
      expect(await subject.other.find(keyOf("a"))).toMatchObject({ usedMs: 6, hits: 2, createdMs: 1 });
      expect(await subject.cache.find(keyOf("none"))).toBeUndefined();
      const { bytes } = row("a");
      expect(await subject.cache.usage("t")).toEqual([{ kind: "tool", rows: 1, bytes, hits: 2 }]);
    });

    test("rows are removed by kind, by key, and when they have expired", async () => {
      await Promise.all([
        subject.cache.put(row("a", { expiresMs: 5 })),
        subject.cache.put(row("b", { expiresMs: 6 })),
        subject.cache.put(row("c")),
        subject.cache.put(row("d", { kind: "plan" })),
      ]);
      expect(await subject.cache.remove({ tenant: "t", expiredAtMs: 5 })).toBe(1);
      expect(await subject.cache.find(keyOf("a"))).toBeUndefined();
      expect(await subject.cache.remove({ tenant: "t", kind: "tool", key: "b" })).toBe(1);
      expect(await subject.cache.remove({ tenant: "t", kind: "tool" })).toBe(1);
      expect(await subject.other.find(keyOf("d", "plan"))).toBeDefined();
    });

    test("what was unused for longest goes when there is too much", async () => {
      const body = JSON.stringify("x".repeat(98));
      for (const [index, key] of ["a", "b", "c", "d"].entries())
        await subject.cache.put(row(key, { body, bytes: 100, usedMs: index }));
      await subject.cache.touch(keyOf("a"), 10);
      expect(await subject.cache.trim({ tenant: "t", kind: "tool", bytesMax: 250, rowsMax: 9 })).toBe(2);
      const left = await Promise.all(["a", "b", "c", "d"].map((key) => subject.other.find(keyOf(key))));
      expect(left.map((found) => found?.key)).toEqual(["a", undefined, undefined, "d"]);
      expect(await subject.cache.trim({ tenant: "t", kind: "tool", bytesMax: 250, rowsMax: 1 })).toBe(1);
      expect(await subject.other.find(keyOf("a"))).toBeDefined();
    });

    test("rows are listed without their bodies, the last used first", async () => {
      for (const [index, key] of ["a", "b", "c"].entries())
        await subject.cache.put(row(key, { createdMs: index, usedMs: index, expiresMs: 9 }));
      await Promise.all([
        subject.cache.put(row("p", { kind: "plan", usedMs: 8, createdMs: 8 })),
        subject.cache.put(row("x", { tenant: "other" })),
        subject.cache.touch(keyOf("b"), 7),
      ]);
      const listed = await subject.other.list({ tenant: "t", limit: 9 });
      expect(listed.map(({ key }) => key)).toEqual(["p", "b", "c", "a"]);
      const { body: _body, ...expected } = row("b", { createdMs: 1, usedMs: 7, hits: 1, expiresMs: 9 });
      expect(listed[1]).toEqual(expected);
      const some = await subject.cache.list({ tenant: "t", kind: "tool", createdBeforeMs: 2, limit: 1 });
      expect(some.map(({ key }) => key)).toEqual(["b"]);
    });

    test("rows that were made before a time are removed", async () => {
      for (const [index, key] of ["a", "b", "c"].entries()) await subject.cache.put(row(key, { createdMs: index }));
      expect(await subject.cache.remove({ tenant: "t", createdBeforeMs: 2 })).toBe(2);
      expect(await subject.other.find(keyOf("c"))).toBeDefined();
    });

    test("text of every script, and the largest row, come back as they were", async () => {
      const body = JSON.stringify(`größer 🐝 ${"x".repeat(1_048_576)}`);
      await subject.cache.put(row("größer 🐝", { body, bytes: Buffer.byteLength(body) }));
      expect((await subject.other.find(keyOf("größer 🐝")))?.body === body).toBe(true);
    });
  });
}
