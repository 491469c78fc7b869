/** What every store must do, whatever keeps it. A store's test file calls `journalContract` once per way of opening it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunCommand, RunEvent } from "@agentmesh/core";
import type { Store } from "../journal.ts";
import { INBOX_COMMAND_BYTES_MAX, INBOX_ITEMS_MAX } from "../inbox.ts";
import { InboxError } from "../inbox-error.ts";
import { JournalConflictError } from "../journal-conflict-error.ts";
import { RunOwnedError } from "../run-owned-error.ts";

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

function ended(run: string, seq: number): RunEvent {
  return { v: 1, type: "run.cancelled", seq, atMs: seq, run };
}

const cancel = { type: "cancel", reason: "enough" } as const satisfies RunCommand;

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
      expect(await subject.store.runs({ tenant: "default", limit: 10, status: "cancelled" })).toMatchObject([
        { run: "old" },
      ]);
    });

    test("a gap in the numbers is refused, and the run goes on where it is", async () => {
      await subject.store.append([createdEvent("r")], []);
      await expect(subject.store.append([started("r", 3)], [])).rejects.toBeInstanceOf(JournalConflictError);
      await subject.store.append([started("r", 2)], []);
      expect(await subject.store.readIntact("r")).toEqual({ events: [createdEvent("r"), started("r", 2)] });
    });

    describe("owners", () => {
      let other: Store;
      beforeEach(async () => {
        other = await subject.reopen();
        await subject.store.append([createdEvent("r")], []);
      });
      afterEach(() => other.close());

      test("whoever creates a run owns it; nobody else may claim it or append to it", async () => {
        const refusal = { code: "AM_RUN_OWNED", facts: { run: "r", pid: process.pid } };
        await expect(other.claim("r")).rejects.toMatchObject(refusal);
        await expect(other.claim("r")).rejects.toBeInstanceOf(RunOwnedError);
        await expect(subject.store.claim("r")).rejects.toMatchObject(refusal);
        await expect(other.append([started("r", 2)], [])).rejects.toBeInstanceOf(JournalConflictError);
        await subject.store.append([started("r", 2)], []);
      });

      test("a run that was given back is anybody's, and no longer one's own", async () => {
        const appended = subject.store.append([started("r", 2)], []);
        await subject.store.release("r");
        await appended;
        await expect(subject.store.append([started("r", 3)], [])).rejects.toBeInstanceOf(JournalConflictError);
        expect(await other.claim("r")).toBe(true);
        await other.append([started("r", 3)], []);
        await subject.store.release("r");
        await other.append([started("r", 4)], []);
        expect(await subject.store.read("r", 0)).toHaveLength(4);
      });

      test("closing the store gives back what it owned", async () => {
        await subject.store.close();
        expect(await other.claim("r")).toBe(true);
        await other.append([started("r", 2)], []);
      });

      test("a run that is over or suspended has no owner; whoever goes on claims it anew", async () => {
        await subject.store.append(
          [{ v: 1, type: "run.suspended", seq: 2, atMs: 2, run: "r", reason: "in_doubt", tasks: [] }],
          [],
        );
        const resumed: RunEvent = { v: 1, type: "run.resumed", seq: 3, atMs: 3, run: "r" };
        await expect(subject.store.append([resumed], [])).rejects.toBeInstanceOf(JournalConflictError);
        expect(await subject.store.claim("r")).toBe(true);
        await subject.store.append([resumed, ended("r", 4)], []);
        expect(await other.claim("r")).toBe(true);
      });

      test("runs without an owner are found, those with one are not", async () => {
        const find = async (store: Store) =>
          (await store.runs({ tenant: "default", limit: 10, status: "running", isUnowned: true })).map(
            ({ run }) => run,
          );
        expect(await find(other)).toEqual([]);
        await subject.store.release("r");
        expect(await find(other)).toEqual(["r"]);
        await other.claim("r");
        expect(await find(subject.store)).toEqual([]);
        expect(await find(other)).toEqual([]);
      });

      test("a run that does not exist cannot be claimed", async () => {
        expect(await subject.store.claim("nobody")).toBe(false);
        await subject.store.release("nobody");
      });
    });

    describe("commands", () => {
      let other: Store;
      beforeEach(async () => {
        other = await subject.reopen();
        await subject.store.append([createdEvent("r"), started("r", 2)], []);
      });
      afterEach(() => other.close());

      test("wait for an answer, oldest first, and are answered together with what they led to", async () => {
        const first = await other.send("r", cancel);
        const second = await other.send("r", { type: "cancel", reason: "now" });
        expect(await subject.store.inbox("r")).toEqual([
          { item: first, run: "r", command: cancel, atMs: expect.any(Number) },
          { item: second, run: "r", command: { type: "cancel", reason: "now" }, atMs: expect.any(Number) },
        ]);
        expect(await other.answer(first)).toBeUndefined();
        const error = { code: "AM_TEST", message: "No.", hint: "Ask again.", facts: { a: 1 } };
        await subject.store.append([ended("r", 3)], [], [{ item: first }, { item: second, error }]);
        expect(await other.answer(first)).toEqual({ item: first });
        expect(await other.answer(second)).toEqual({ item: second, error });
        expect(await subject.store.inbox("r")).toEqual([]);
        expect(await other.answer(second + 1)).toBeUndefined();
      });

      test("may be answered without an event, by the owner only", async () => {
        const item = await other.send("r", cancel);
        await expect(other.append([], [], [{ item }])).rejects.toBeInstanceOf(JournalConflictError);
        expect(await other.answer(item)).toBeUndefined();
        await subject.store.append([], [], [{ item }]);
        expect(await other.answer(item)).toEqual({ item });
        await other.append([createdEvent("s")], []);
        const foreign = await other.send("s", cancel);
        const mixed = subject.store.append([started("r", 3)], [], [{ item: foreign }]);
        await expect(mixed).rejects.toBeInstanceOf(JournalConflictError);
        expect(await other.answer(foreign)).toBeUndefined();
      });

      test("are not answered by an append that is refused", async () => {
        const item = await other.send("r", cancel);
        const late = subject.store.append([ended("r", 2)], [], [{ item }]);
        await expect(late).rejects.toBeInstanceOf(JournalConflictError);
        expect(await other.inbox("r")).toHaveLength(1);
      });

      test("are announced: those that wait, those of this opening at once, those of another soon", async () => {
        await other.send("r", cancel);
        let told = 0;
        const stop = subject.store.watchInbox("r", () => told++);
        await expect.poll(() => told, { timeout: 10_000 }).toBe(1);
        await subject.store.send("r", cancel);
        expect(told).toBe(2);
        await other.send("r", cancel);
        await expect.poll(() => told, { timeout: 10_000 }).toBe(3);
        await other.append([createdEvent("s")], []);
        await other.send("s", cancel);
        stop();
        await other.send("r", cancel);
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(told).toBe(3);
      });

      test("have limits: their number, their size, and a run to go to", async () => {
        await expect(other.send("nobody", cancel)).rejects.toMatchObject({ code: "AM_INBOX_UNKNOWN_RUN" });
        const large: RunCommand = { ...cancel, reason: "x".repeat(INBOX_COMMAND_BYTES_MAX) };
        await expect(other.send("r", large)).rejects.toMatchObject({ code: "AM_INBOX_COMMAND_TOO_LARGE" });
        const sent = Array.from({ length: INBOX_ITEMS_MAX }, () => other.send("r", cancel));
        const one = other.send("r", cancel);
        await expect(one).rejects.toMatchObject({ code: "AM_INBOX_FULL" });
        await expect(one).rejects.toBeInstanceOf(InboxError);
        const [item = 0] = await Promise.all(sent);
        await subject.store.append([], [], [{ item }]);
        await other.send("r", cancel);
      });
    });
  });
}
