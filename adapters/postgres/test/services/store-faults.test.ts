/** A server that is gone, cut off, full, newer, or not ours. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresStore } from "../../src/index.ts";
import { CutProxy } from "./cut-proxy.ts";
import { PostgresServer } from "./postgres-server.ts";
import { eventsOf } from "./store-process.ts";

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

const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";

describe("opening fails at once, and says why", () => {
  test("when nobody answers at the address", async () => {
    const opening = PostgresStore.open({ url: "postgresql://me:secret@127.0.0.1:1/db" });
    await expect(opening).rejects.toMatchObject({
      code: "AM_STORE_UNAVAILABLE",
      retryable: true,
      message: expect.not.stringContaining("secret"),
      hint: expect.stringContaining("Check that PostgreSQL runs"),
    });
  });

  test("when the password is wrong, or the database does not exist", async () => {
    const wrong = server.url.replace(/:[0-9a-f]+@/, ":wrong@");
    await expect(PostgresStore.open({ url: wrong })).rejects.toMatchObject({
      code: "AM_STORE_UNAVAILABLE",
      retryable: false,
      hint: expect.stringContaining("password"),
    });
    await expect(PostgresStore.open({ url: server.url.replace("/postgres", "/nowhere") })).rejects.toMatchObject({
      code: "AM_STORE_UNAVAILABLE",
      hint: expect.stringContaining("createdb"),
    });
  });

  test("when a newer version wrote the store, which is left as it is", async () => {
    const where = place();
    await (await PostgresStore.open(where)).close();
    await server.query(`UPDATE ${where.schema}.store SET version = 99`);
    await expect(PostgresStore.open(where)).rejects.toMatchObject({ code: "AM_STORE_NEWER", facts: { version: 99 } });
  });

  test("when the schema holds tables of another program", async () => {
    const where = place();
    await server.query(`CREATE SCHEMA ${where.schema}`);
    await server.query(`CREATE TABLE ${where.schema}.run(x int)`);
    await expect(PostgresStore.open(where)).rejects.toMatchObject({ code: "AM_STORE_NOT_OURS" });
  });

  test("when the name of the schema would have to be quoted", async () => {
    const opening = PostgresStore.open({ url: server.url, schema: 'x"; DROP' });
    await expect(opening).rejects.toMatchObject({ code: "AM_STORE_UNAVAILABLE", facts: { schema: 'x"; DROP' } });
  });

  test("when the encoding of the database cannot hold every character", async () => {
    await server.query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    await expect(PostgresStore.open({ url: server.url.replace("/postgres", "/latin") })).rejects.toMatchObject({
      code: "AM_STORE_UNAVAILABLE",
      hint: expect.stringContaining("--encoding=UTF8"),
    });
  });
});

test("a connection that is cut is made again, and the run goes on without a word", async () => {
  const store = await PostgresStore.open(place());
  await store.append(eventsOf("r", 1, 1), []);
  for (let seq = 2; seq <= 21; seq++) {
    const cutting = server.query(cut);
    await store.append(eventsOf("r", seq, 1), []);
    await cutting;
  }
  expect(await store.read("r", 0)).toHaveLength(21);
  await store.close();
});

test("an append whose commit was cut off after it was stored is found, and not stored twice", async () => {
  const where = place();
  const store = await PostgresStore.open(where);
  await store.append(eventsOf("r", 1, 1), []);
  // The server commits, and ends the connection before it says so.
  await server.query(`
    CREATE FUNCTION ${where.schema}.hang() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
    CREATE TRIGGER hang AFTER INSERT ON ${where.schema}.event FOR EACH STATEMENT EXECUTE FUNCTION ${where.schema}.hang()`);
  const proxy = await CutProxy.to(server.url);
  const cutStore = await PostgresStore.open({ ...where, url: proxy.url });
  const created = cutStore.append(eventsOf("new", 1, 2), []);
  await sleep(300);
  proxy.cut(); // the statement goes on in the server, and commits
  await created;
  const terminal = [{ v: 1, type: "run.cancelled", seq: 3, atMs: 3, run: "new" }] as const;
  const ended = cutStore.append(terminal, []);
  await sleep(300);
  proxy.cut();
  await ended;
  expect((await store.read("new", 0)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(await store.runs({ tenant: "default", limit: 1, status: "cancelled" })).toMatchObject([{ run: "new" }]);
  await Promise.all([store.close(), cutStore.close()]);
  proxy.close();
});

test("a command whose sending was cut off is there once", async () => {
  const where = place();
  const store = await PostgresStore.open(where);
  await store.append(eventsOf("r", 1, 1), []);
  await server.query(`
    CREATE FUNCTION ${where.schema}.hang() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
    CREATE TRIGGER hang AFTER INSERT ON ${where.schema}.inbox FOR EACH STATEMENT EXECUTE FUNCTION ${where.schema}.hang()`);
  const proxy = await CutProxy.to(server.url);
  const other = await PostgresStore.open({ ...where, url: proxy.url });
  const sent = other.send("r", { type: "cancel", reason: "enough" });
  await sleep(200);
  proxy.cut();
  const item = await sent;
  expect(await store.inbox("r")).toMatchObject([{ item }]);
  await Promise.all([store.close(), other.close()]);
  proxy.close();
});

describe("a server that stays away", () => {
  test("fails what waits with AM_STORE_UNAVAILABLE, gives the runs up, and works again when it is back", async () => {
    await using own = await PostgresServer.start();
    const store = await PostgresStore.open({ url: own.url, patienceMs: 700 });
    await store.append(eventsOf("r", 1, 2), []);
    await store.append(eventsOf("t", 1, 2), []);
    await own.stop("SIGQUIT");
    const failure = { code: "AM_STORE_UNAVAILABLE", retryable: true };
    const fresh = store.append(eventsOf("lost", 1, 1), []);
    await expect(store.append(eventsOf("r", 3, 1), [])).rejects.toMatchObject(failure);
    await expect(fresh).rejects.toMatchObject(failure);
    await expect(store.read("r", 0)).rejects.toMatchObject(failure);
    expect(() => store.blob("elsewhere")).toThrow(expect.objectContaining({ code: "AM_STORE_UNAVAILABLE" }));
    await own.start();
    await expect(store.append(eventsOf("r", 3, 1), [])).rejects.toMatchObject(failure); // not claimed again yet
    const other = await PostgresStore.open({ url: own.url });
    const claim = () => other.claim("t").catch(() => false);
    await expect.poll(claim, { timeout: 2_000 }).toBe(true); // no lease has to end for that
    await other.close();
    await store.append(eventsOf("s", 1, 1), []);
    expect(await store.claim("r")).toBe(true);
    expect(await store.read("r", 0)).toHaveLength(2);
    await store.append(eventsOf("r", 3, 1), []);
    await store.close();
  });

  test("is waited for while the patience lasts, and nothing is lost", async () => {
    await using own = await PostgresServer.start();
    const store = await PostgresStore.open({ url: own.url });
    await store.append(eventsOf("r", 1, 2), []);
    await own.stop("SIGKILL");
    const waiting = store.append(eventsOf("r", 3, 1), [{ hash: "h", text: '"v"' }]);
    expect(store.blob("h")).toBe('"v"');
    await sleep(500);
    await own.start();
    await waiting;
    expect(await store.read("r", 0)).toHaveLength(3);
    await store.close();
    await expect(store.append(eventsOf("r", 4, 1), [])).rejects.toMatchObject({ message: /is closed/ });
  });
});

test("a store whose commits are refused says so, and goes on when the fault is gone", async () => {
  const where = place();
  const store = await PostgresStore.open(where);
  await store.append(eventsOf("r", 1, 1), []);
  await server.query(`
    CREATE FUNCTION ${where.schema}.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER no_room AFTER INSERT ON ${where.schema}.event FOR EACH STATEMENT EXECUTE FUNCTION ${where.schema}.no_room()`);
  await expect(store.append(eventsOf("r", 2, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FULL" });
  await server.query(`DROP TRIGGER no_room ON ${where.schema}.event`);
  await expect(store.append(eventsOf("r", 2, 1), [])).rejects.toMatchObject({ code: "AM_STORE_FULL" });
  expect(await store.claim("r")).toBe(true);
  await store.append(eventsOf("r", 2, 1), []);
  await store.close();
});

describe("what is stored", () => {
  test("a changed, missing or exchanged event is found and named; what comes before it stays readable", async () => {
    const where = place();
    const store = await PostgresStore.open(where);
    await store.append(eventsOf("r", 1, 5), []);
    await server.query(`UPDATE ${where.schema}.event SET at_ms = at_ms + 1 WHERE seq = 4`);
    await expect(store.read("r", 0)).rejects.toMatchObject({ code: "AM_EVENT_CORRUPT", facts: { seq: 4 } });
    const { events, damage } = await store.readIntact("r");
    expect([events.length, damage?.facts?.["seq"]]).toEqual([3, 4]);
    await server.query(`DELETE FROM ${where.schema}.event WHERE seq = 2`);
    expect((await store.readIntact("r")).damage?.message).toContain("it is missing");
    await store.close();
  });

  test("a run that is read has its values in memory; others are read while the event loop waits", async () => {
    const where = place();
    const writer = await PostgresStore.open(where);
    const text = JSON.stringify("\u0000é\ud800".repeat(200));
    const payload = { hash: "in-run", bytes: text.length };
    const [created] = eventsOf("r", 1, 1);
    const event = { ...eventsOf("r", 2, 1)[0], args: payload } as ReturnType<typeof eventsOf>[0];
    const blobs = ["in-run", "elsewhere"].map((hash) => ({ hash, text }));
    await writer.append([created!, event], blobs);
    const store = await PostgresStore.open(where);
    await store.read("r", 0);
    await server.query(`UPDATE ${where.schema}.blob SET body = 'changed' WHERE hash = 'in-run'`);
    expect(store.blob("in-run")).toBe(text);
    expect(store.blob("elsewhere")).toBe(text);
    await server.query(cut);
    expect(store.blob("nowhere")).toBeUndefined();
    await Promise.all([store.close(), writer.close()]);
  });

  test("names with a NUL are refused alone where they are looked up, and shown where they are not", async () => {
    const store = await PostgresStore.open(place());
    const refused = store.append(eventsOf("a\0b", 1, 1), []);
    const bystander = store.append(eventsOf("s", 1, 1), []);
    await expect(refused).rejects.toMatchObject({ code: "AM_STORE_FAILED" });
    await bystander;
    const [created] = eventsOf("r", 1, 1);
    await store.append([{ ...created, name: "a\0b" } as ReturnType<typeof eventsOf>[0]], []);
    expect(await store.runs({ tenant: "default", limit: 1 })).toMatchObject([{ name: "a\uFFFDb" }]);
    expect(await store.read("r", 0)).toMatchObject([{ name: "a\0b" }]);
    await store.close();
  });

  test("appends of one turn share a commit", async () => {
    const store = await PostgresStore.open(place());
    await Promise.all(Array.from({ length: 50 }, (_, at) => store.append(eventsOf(`r${at}`, 1, 3), [])));
    expect(store.commits).toBe(1);
    await store.close();
  });
});
