/** Several processes on one store: who owns a run, and what the others can and cannot do. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { thisProcess } from "../src/process-identity.ts";
import { SqliteStore } from "../src/sqlite/sqlite-store.ts";
import { eventsOf, StoreProcess, storePath } from "./store-process.ts";

test("the run of a killed process is taken over at once, long before its lease ends", async () => {
  const path = storePath();
  await using owner = new StoreProcess();
  await owner.open(path);
  await owner.call("append", eventsOf("r", 1, 3), []);
  const store = new SqliteStore(path);
  await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_RUN_OWNED", facts: { pid: owner.pid } });
  expect(await store.runs({ tenant: "default", limit: 9, isUnowned: true })).toEqual([]);
  await owner.kill();
  expect(await store.runs({ tenant: "default", limit: 9, isUnowned: true })).toMatchObject([{ run: "r" }]);
  const atMs = performance.now();
  expect(await store.claim("r")).toBe(true);
  expect(performance.now() - atMs).toBeLessThan(1_000);
  await store.append(eventsOf("r", 4, 1), []);
  await store.close();
});

test("a process that was stopped for longer than its lease stores nothing more once another has its runs", async () => {
  const path = storePath();
  await using zombie = new StoreProcess();
  await zombie.open(path, { leaseMs: 300 });
  await zombie.call("append", eventsOf("r", 1, 2), []);
  await zombie.call("append", eventsOf("other", 1, 2), []);
  zombie.signal("SIGSTOP");
  const late = [
    zombie.call("append", eventsOf("r", 3, 1), []),
    zombie.call("append", eventsOf("other", 3, 1), []),
    zombie.call("append", eventsOf("r", 3, 1), []),
  ];
  const store = new SqliteStore(path);
  const claim = () => store.claim("r").catch((error: unknown) => (error as { code: string }).code);
  await expect.poll(claim, { timeout: 10_000 }).toBe(true);
  await store.append(eventsOf("r", 3, 2), []);
  const before = await store.read("r", 0);
  zombie.signal("SIGCONT");
  for (const append of late) await expect(append).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
  await sleep(400); // over several renewals
  await expect(zombie.call("append", eventsOf("r", 5, 1), [])).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
  expect(await store.read("r", 0)).toEqual(before);
  expect(await store.read("other", 0)).toHaveLength(2);
  await store.append(eventsOf("r", 5, 1), []);
  await store.close();
});

test("a lease is renewed for as long as its process lives", async () => {
  const path = storePath();
  await using owner = new StoreProcess();
  await owner.open(path, { leaseMs: 300 });
  await owner.call("append", eventsOf("r", 1, 1), []);
  const store = new SqliteStore(path);
  for (let look = 0; look < 10; look++) {
    await sleep(100);
    await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_RUN_OWNED" });
  }
  await store.close();
});

test("of two processes that claim a run at once, exactly one gets it, 50 times of 50", async () => {
  const path = storePath();
  const runs = Array.from({ length: 50 }, (_, index) => `r${index}`);
  const maker = new SqliteStore(path);
  await Promise.all(runs.map((run) => maker.append(eventsOf(run, 1, 1), [])));
  await maker.close();
  await using first = new StoreProcess();
  await using second = new StoreProcess();
  await Promise.all([first.open(path), second.open(path)]);
  for (const run of runs) {
    const claims = [first, second].map((each) => each.call("claim", run));
    const outcomes = await Promise.allSettled(claims);
    const winners = outcomes.filter(({ status }) => status === "fulfilled");
    const [loser] = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(winners).toEqual([{ status: "fulfilled", value: true }]);
    expect(loser?.reason).toMatchObject({ code: "AM_RUN_OWNED" });
    const [winner, other] = outcomes[0]?.status === "fulfilled" ? [first, second] : [second, first];
    await expect(other.call("append", eventsOf(run, 2, 1), [])).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
    await winner.call("append", eventsOf(run, 2, 1), []);
  }
});

test("two processes may create the same store at once", async () => {
  for (let round = 0; round < 5; round++) {
    const path = storePath();
    await using first = new StoreProcess();
    await using second = new StoreProcess();
    await Promise.all([first.open(path), second.open(path)]);
    await Promise.all([first.call("append", eventsOf("a", 1, 5), []), second.call("append", eventsOf("b", 1, 5), [])]);
    expect(await first.call("read", "b", 0)).toHaveLength(5);
  }
});

test("a command of another process reaches the owner, and its answer comes back", async () => {
  const path = storePath();
  const store = new SqliteStore(path);
  await store.append(eventsOf("r", 1, 1), []);
  await using other = new StoreProcess();
  await other.open(path);
  const told = Promise.withResolvers<void>();
  const stop = store.watchInbox("r", told.resolve);
  const item = await other.call("send", "r", { type: "cancel", reason: "enough" });
  await told.promise;
  expect(await store.inbox("r")).toMatchObject([{ item, command: { type: "cancel", reason: "enough" } }]);
  stop();
  await store.close();
});

test("an owner on another machine lives until its lease ends, and one whose number went to another process is gone", async () => {
  const path = storePath();
  let nowMs = 1_000_000;
  const clock = () => nowMs;
  const here = thisProcess();
  const elsewhere = new SqliteStore(path, { nowMs: clock, identity: { ...here, host: "elsewhere", pid: 999_999_999 } });
  await elsewhere.append(eventsOf("far", 1, 1), []);
  const recycled = new SqliteStore(path, { nowMs: clock, identity: { ...here, started: "1" } });
  await recycled.append(eventsOf("recycled", 1, 1), []);
  const store = new SqliteStore(path, { nowMs: clock });
  expect(await store.claim("recycled")).toBe(here.started !== "");
  await expect(recycled.append(eventsOf("recycled", 2, 1), [])).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
  await expect(store.claim("far")).rejects.toMatchObject({
    code: "AM_RUN_OWNED",
    facts: { run: "far", pid: 999_999_999, host: here.hostName, sinceMs: 1_000_000, leaseUntilMs: 1_015_000 },
  });
  nowMs += 15_000;
  expect(await store.claim("far")).toBe(true);
  await Promise.all([elsewhere.close(), recycled.close(), store.close()]);
});
