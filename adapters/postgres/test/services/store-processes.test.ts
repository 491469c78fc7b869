/** Several processes on one store: who owns a run, and what the others can and cannot do. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresStore } from "../../src/index.ts";
import { thisProcess } from "@agentmesh/store";
import { PostgresServer } from "./postgres-server.ts";
import { eventsOf, StoreProcess } from "./store-process.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function place(): { readonly url: string; readonly schema: string } {
  return { url: server.url, schema: `store_${++schemas}` };
}

const unowned = { tenant: "default", limit: 9, isUnowned: true } as const;

test("the runs of a killed process are taken over at once, long before its lease ends", async () => {
  const where = place();
  await using owner = new StoreProcess();
  await owner.open(where);
  await owner.call("append", eventsOf("r", 1, 3), []);
  await owner.call("append", eventsOf("s", 1, 2), []);
  const store = await PostgresStore.open(where);
  await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_RUN_OWNED", facts: { pid: owner.pid } });
  expect(await store.runs(unowned)).toEqual([]);
  await owner.kill();
  expect(await store.runs(unowned)).toMatchObject([{ run: "s" }, { run: "r" }]);
  const atMs = performance.now();
  expect(await Promise.all([store.claim("r"), store.claim("s")])).toEqual([true, true]);
  expect(performance.now() - atMs).toBeLessThan(1_000);
  await store.append(eventsOf("r", 4, 1), []);
  await store.append(eventsOf("s", 3, 1), []);
  await store.close();
});

test("a process that was stopped for longer than its lease stores nothing more once another has its runs", async () => {
  const where = { ...place(), leaseMs: 300 };
  await using zombie = new StoreProcess();
  await zombie.open(where);
  await zombie.call("append", eventsOf("r", 1, 2), []);
  await zombie.call("append", eventsOf("kept", 1, 2), []);
  zombie.signal("SIGSTOP");
  const late = [zombie.call("append", eventsOf("r", 3, 1), []), zombie.call("append", eventsOf("r", 4, 1), [])];
  const store = await PostgresStore.open(where);
  const claim = () => store.claim("r").catch((error: unknown) => (error as { code: string }).code);
  await expect.poll(claim, { timeout: 10_000 }).toBe(true);
  await store.append(eventsOf("r", 3, 2), []);
  const before = await store.read("r", 0);
  zombie.signal("SIGCONT");
  for (const append of late) await expect(append).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
  await sleep(400); // over several renewals
  await expect(zombie.call("append", eventsOf("r", 5, 1), [])).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
  expect(await store.read("r", 0)).toEqual(before);
  await zombie.call("append", eventsOf("kept", 3, 1), []); // nobody has taken that one
  await store.append(eventsOf("r", 5, 1), []);
  await store.close();
});

test("a lease is renewed for as long as its process lives, and ends without it on another machine", async () => {
  const where = { ...place(), leaseMs: 600 };
  const elsewhere = { ...thisProcess(), host: "another", hostName: "another" };
  const far = await PostgresStore.open({ ...where, identity: { ...elsewhere, pid: 999_999_999 } });
  const store = await PostgresStore.open(where);
  await far.append(eventsOf("r", 1, 1), []);
  await sleep(1_500);
  await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_RUN_OWNED", facts: { host: "another" } });
  await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
  await sleep(1_200);
  await expect(store.claim("r")).rejects.toMatchObject({ code: "AM_RUN_OWNED" });
  await far.close();
  expect(await store.claim("r")).toBe(true);
  await store.close();
});

test("of many who claim the runs of a dead process at once, one gets each", async () => {
  const where = place();
  await using first = new StoreProcess();
  await first.open(where);
  const runs = Array.from({ length: 100 }, (_, index) => `r${index}`);
  await Promise.all(runs.map((run) => first.call("append", eventsOf(run, 1, 1), [])));
  const stores = await Promise.all(Array.from({ length: 8 }, () => PostgresStore.open(where)));
  for (const store of stores) await store.append(eventsOf(`own ${stores.indexOf(store)}`, 1, 1), []); // has a lease
  await first.kill();
  const claims = stores.flatMap((store, at) => {
    const order = at % 2 === 0 ? runs : runs.toReversed();
    return order.map(async (run) => ((await store.claim(run).catch(() => false)) ? [run] : []));
  });
  const won = (await Promise.all(claims)).flat();
  expect(won.toSorted()).toEqual(runs.toSorted());
  await Promise.all(stores.map((store) => store.close()));
});

test("a command from another process is announced by a notification, long before the next look", async () => {
  const where = place();
  const store = await PostgresStore.open(where);
  await store.append(eventsOf("r", 1, 1), []);
  await using other = new StoreProcess();
  await other.open(where);
  let toldMs = 0;
  store.watchInbox("r", () => {
    toldMs = performance.now();
  });
  await sleep(300);
  const sentMs = performance.now();
  await other.call("send", "r", { type: "cancel", reason: "enough" });
  await expect.poll(() => toldMs).toBeGreaterThan(0);
  expect(toldMs - sentMs).toBeLessThan(500);
  await store.close();
});

test("commands that were sent while the connection was cut are found", async () => {
  const where = place();
  const [store, other] = [await PostgresStore.open(where), await PostgresStore.open(where)];
  await store.append(eventsOf("r", 1, 1), []);
  let told = 0;
  store.watchInbox("r", () => told++);
  for (let sent = 1; sent <= 5; sent++) {
    await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
    await other.send("r", { type: "cancel", reason: "enough" });
    await expect.poll(() => told, { timeout: 10_000 }).toBe(sent);
  }
  expect(await store.inbox("r")).toHaveLength(5);
  await Promise.all([store.close(), other.close()]);
});

test("processes that open a store that is not there make it once", async () => {
  const where = place();
  const stores = await Promise.all(Array.from({ length: 6 }, () => PostgresStore.open(where)));
  await Promise.all(stores.map((store, at) => store.append(eventsOf(`r${at}`, 1, 2), [])));
  expect(await stores[0]?.runs({ tenant: "default", limit: 99 })).toHaveLength(6);
  await Promise.all(stores.map((store) => store.close()));
});
