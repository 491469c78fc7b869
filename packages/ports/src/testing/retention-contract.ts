/** What every store must hold to when it removes. A store's test file calls `retentionContract` beside `journalContract`. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "@agentmesh/core";
import type { Store } from "../journal.ts";
import { createdEvent, type JournalContractSubject } from "./journal-contract.ts";

const NOW_MS = 1_000;

function hashOf(name: string): string {
  return name.padEnd(43, "_");
}

/** A run whose one task gives a large value. */
function eventsOf(run: string, value: string, more: { tenant?: string; atMs?: number } = {}): readonly RunEvent[] {
  const { atMs = 1 } = more;
  const output = { hash: hashOf(value), bytes: 300 };
  return [
    createdEvent(run, more),
    { v: 1, type: "task.succeeded", seq: 2, atMs, run, task: "a", attempt: 1, output, durationMs: 0 },
  ];
}

function ended(run: string, atMs: number): RunEvent {
  return { v: 1, type: "run.cancelled", seq: 3, atMs, run };
}

async function addRun(store: Store, run: string, more: { tenant?: string; atMs?: number; value?: string } = {}) {
  const { value = run, atMs = 1 } = more;
  const blob = { hash: hashOf(value), text: `"${value}"` };
  await store.append([...eventsOf(run, value, more), ended(run, atMs)], [blob]);
}

async function names(store: Store, tenant = "default"): Promise<readonly string[]> {
  return (await store.runs({ tenant, limit: 100 })).map(({ run }) => run).toSorted();
}

export function retentionContract(name: string, makeSubject: () => Promise<JournalContractSubject>): void {
  describe(`the retention contract: ${name}`, () => {
    let subject: JournalContractSubject;
    let other: Store;
    beforeEach(async () => {
      subject = await makeSubject();
      other = await subject.reopen();
    });
    afterEach(async () => {
      await Promise.all([subject.store.close(), other.close()]);
      await subject.dispose?.();
    });

    test("runs go by age and by count, of one tenant; without either nothing goes", async () => {
      const { store } = subject;
      for (const [run, atMs] of [
        ["a", 10],
        ["b", 20],
        ["c", 30],
        ["d", 40],
      ] as const)
        await addRun(store, run, { atMs });
      await addRun(store, "foreign", { tenant: "other", atMs: 5 });
      expect(await store.prune({ tenant: "default", nowMs: NOW_MS })).toMatchObject({ runs: 0, events: 0, values: 0 });
      const query = { tenant: "default", endedBeforeMs: 35, keep: 2, nowMs: NOW_MS };
      const report = await store.prune({ ...query, isDryRun: true });
      expect(report).toMatchObject({ runs: 2, events: 6, values: 2 });
      expect(report.bytes).toBeGreaterThan(50);
      expect(await names(other)).toEqual(["a", "b", "c", "d"]);
      expect(await store.prune(query)).toEqual(report);
      expect(await names(other)).toEqual(["c", "d"]);
      expect(await names(other, "other")).toEqual(["foreign"]);
      expect(await other.read("a", 0)).toEqual([]);
      expect((await other.read("c", 0)).length).toBe(3);
      expect(await store.prune({ endedBeforeMs: 6, nowMs: NOW_MS })).toMatchObject({ runs: 1 });
    });

    test("a run that has not ended stays, however old it is, and goes on", async () => {
      await subject.store.append(eventsOf("running", "v"), [{ hash: hashOf("v"), text: '"v"' }]);
      await subject.store.append(
        [
          createdEvent("waiting"),
          { v: 1, type: "run.suspended", seq: 2, atMs: 1, run: "waiting", reason: "signal", tasks: [] },
        ],
        [],
      );
      expect(await other.prune({ endedBeforeMs: NOW_MS, keep: 0, nowMs: NOW_MS })).toMatchObject({
        runs: 0,
        values: 0,
      });
      await subject.store.append([ended("running", 3)], []);
      expect(await names(other)).toEqual(["running", "waiting"]);
    });

    test("a run that another one has started stays until that one has ended", async () => {
      const { store } = subject;
      const share = { tokens: 0, microUsd: 0, calls: 0 };
      const begun: RunEvent = {
        v: 1,
        type: "child.started",
        seq: 2,
        atMs: 1,
        run: "parent",
        task: "a",
        attempt: 1,
        child: "child",
        ...share,
      };
      await store.append([createdEvent("parent"), begun], []);
      await addRun(store, "child");
      await addRun(store, "stranger");
      const query = { endedBeforeMs: NOW_MS, keep: 0, nowMs: NOW_MS };
      expect(await store.prune(query)).toMatchObject({ runs: 1 });
      expect(await names(other)).toEqual(["child", "parent"]);
      await store.append([ended("parent", 3)], []);
      expect(await store.prune(query)).toMatchObject({ runs: 2 });
      expect(await names(other)).toEqual([]);
    });

    test("a value stays while a run refers to it, and what is not referred to goes", async () => {
      await addRun(subject.store, "old", { atMs: 1, value: "shared" });
      await addRun(subject.store, "new", { atMs: 50, value: "shared" });
      await subject.store.append([createdEvent("orphan")], [{ hash: hashOf("lost"), text: '"lost"' }]);
      expect(await subject.store.prune({ endedBeforeMs: 10, nowMs: NOW_MS })).toMatchObject({ runs: 1, values: 1 });
      const reader = await subject.reopen();
      await reader.read("new", 0);
      expect(reader.blob(hashOf("shared"))).toBe('"shared"');
      expect(reader.blob(hashOf("lost"))).toBeUndefined();
      await reader.close();
    });

    test("what others append meanwhile keeps its values", async () => {
      const values = Array.from({ length: 24 }, (_, index) => `v${index}`);
      for (const [turns, value] of values.entries()) {
        await addRun(other, `old-${value}`, { value });
        const pruned = subject.store.prune({ keep: 0, endedBeforeMs: 10, nowMs: NOW_MS });
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        await addRun(other, `new-${value}`, { atMs: 20, value });
        expect(await pruned).toMatchObject({ runs: 1 });
      }
      const reader = await subject.reopen();
      for (const value of values) {
        await reader.read(`new-${value}`, 0);
        expect(reader.blob(hashOf(value))).toBe(`"${value}"`);
      }
      await reader.close();
    });

    test("rows of caches go when they have expired, of one tenant or of all", async () => {
      const row = { kind: "tool", body: "1", bytes: 1, createdMs: 1, usedMs: 1, hits: 0 } as const;
      const { cache } = subject.store;
      await Promise.all([
        cache.put({ ...row, tenant: "t", key: "a", expiresMs: 9 }),
        cache.put({ ...row, tenant: "t", key: "b", expiresMs: 99 }),
        cache.put({ ...row, tenant: "u", key: "a", expiresMs: 9 }),
        cache.put({ ...row, tenant: "u", key: "c" }),
      ]);
      expect(await subject.store.prune({ nowMs: 9, tenant: "t", isDryRun: true })).toMatchObject({ cacheRows: 1 });
      expect(await subject.store.prune({ nowMs: 9, tenant: "t" })).toMatchObject({ cacheRows: 1 });
      expect(await subject.store.prune({ nowMs: 9, isCompacting: true })).toMatchObject({ cacheRows: 1 });
      expect(await other.cache.find({ tenant: "u", kind: "tool", key: "c" })).toBeDefined();
    });
  });
}
