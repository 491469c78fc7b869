/** What every store must do, whatever keeps it. A store's test file calls `journalContract` once per way of opening it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "@agentmesh/core";
import type { Store } from "../journal.ts";
import { JournalConflictError } from "../journal-conflict-error.ts";

export interface JournalContractSubject {
  readonly store: Store;
  /** The same store, opened a second time, as another process would. */
  readonly reopen: () => Promise<Store>;
  readonly dispose?: () => Promise<void>;
}

const payload = { hash: "hash", bytes: 2, value: {} };

/** The first event of a run, for tests. */
export function createdEvent(run: string, more: { tenant?: string; atMs?: number } = {}): RunEvent {
  const policy = {
    concurrency: { run: 1, servers: {}, tools: {} },
    plannedTasksMax: 1,
    planAttemptsMax: 1,
    patchesMax: 0,
    retryMax: 0,
    backoffMs: 0,
    backoffMsMax: 0,
    inDoubt: "ask" as const,
  };
  return {
    v: 1,
    type: "run.created",
    seq: 1,
    atMs: more.atMs ?? 1,
    run,
    tenant: more.tenant ?? "default",
    name: run,
    inputs: payload,
    policy,
  };
}

function started(run: string, seq: number, task = "a"): RunEvent {
  return { v: 1, type: "task.started", seq, atMs: seq, run, task, attempt: 1, args: payload, queueMs: 0 };
}

export function journalContract(name: string, makeSubject: () => Promise<JournalContractSubject>): void {
  describe(`the journal contract: ${name}`, () => {
    let subject: JournalContractSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(async () => {
      await subject.store.close();
      await subject.dispose?.();
    });

    test("what was appended is read back, in order, by whoever opens the store", async () => {
      const events = [createdEvent("r"), started("r", 2), { ...started("r", 3, "b"), queueMs: 7 }];
      await subject.store.append(events, []);
      const other = await subject.reopen();
      expect(await other.read("r", 0)).toEqual(events);
      expect(await other.read("r", 2)).toEqual(events.slice(2));
      expect(await other.read("unknown", 0)).toEqual([]);
      await other.close();
    });

    test("an append that resolved is in the store, one that did not may be", async () => {
      const pending = [subject.store.append([createdEvent("r")], []), subject.store.append([started("r", 2)], [])];
      await pending[0];
      const other = await subject.reopen();
      expect((await other.read("r", 0)).length).toBeGreaterThanOrEqual(1);
      await pending[1];
      expect(await other.read("r", 0)).toHaveLength(2);
      await other.close();
    });

    test("a second writer of a run is refused, whole, and the others of its batch are not", async () => {
      await subject.store.append([createdEvent("r"), started("r", 2)], []);
      const zombie = subject.store.append([started("r", 2, "zombie"), started("r", 3, "zombie")], []);
      const late = subject.store.append([started("r", 4, "zombie")], []);
      const bystander = subject.store.append([createdEvent("s")], []);
      await expect(zombie).rejects.toBeInstanceOf(JournalConflictError);
      await expect(late).rejects.toBeInstanceOf(JournalConflictError);
      await bystander;
      expect(await subject.store.read("r", 0)).toHaveLength(2);
      expect(await subject.store.read("s", 0)).toHaveLength(1);
    });

    test("a run that was never created takes no events", async () => {
      await expect(subject.store.append([started("nobody", 2)], [])).rejects.toBeInstanceOf(JournalConflictError);
    });

    test("a run cannot be created twice", async () => {
      await subject.store.append([createdEvent("r")], []);
      await expect(subject.store.append([createdEvent("r")], [])).rejects.toBeInstanceOf(JournalConflictError);
    });

    test("values are found by their hash, before and after they are durable", async () => {
      const text = '{"a":1}';
      const appended = subject.store.append([createdEvent("r")], [{ hash: "h1", text }]);
      expect(subject.store.blob("h1")).toBe(text);
      await appended;
      await subject.store.append([started("r", 2)], [{ hash: "h1", text }]);
      expect(subject.store.blob("h1")).toBe(text);
      expect(subject.store.blob("unknown")).toBeUndefined();
    });

    test("runs are listed newest first, with their status, and of one tenant only", async () => {
      await subject.store.append([createdEvent("old", { atMs: 1 })], []);
      await subject.store.append([createdEvent("new", { atMs: 2 })], []);
      await subject.store.append([createdEvent("foreign", { atMs: 3, tenant: "other" })], []);
      await subject.store.append([{ v: 1, type: "run.cancelled", seq: 2, atMs: 5, run: "old" }], []);
      const listed = await subject.store.runs({ tenant: "default", limit: 10 });
      expect(listed.map(({ run, status }) => `${run} ${status}`)).toEqual(["new running", "old cancelled"]);
      expect(await subject.store.runs({ tenant: "default", limit: 1 })).toHaveLength(1);
    });
  });
}
