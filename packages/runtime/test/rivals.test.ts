/** Twelve failures that were measured in comparable tools, each as a test of this one. Real processes, timers and sockets. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type Json } from "@agentmesh/core";
import { McpServerConfig, McpToolSource } from "@agentmesh/mcp";
import { scriptedModel } from "@agentmesh/models";
import { expect, test, vi } from "vitest";
import { assembleMesh } from "../src/mesh/assemble-mesh.ts";
import { SqliteStore } from "@agentmesh/store/sqlite";
import { temporaryFolder, testMesh, type TestTool } from "./test-mesh.ts";

vi.setConfig({ testTimeout: 60_000 });

const planOf = (...tasks: readonly object[]): never => ({ mesh: 1, name: "test", tasks }) as never;
const work = (id: string, ms: number, more: object = {}): object => ({
  id,
  use: "t.work",
  args: { name: id, ms },
  ...more,
});
const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const quick: TestTool = { effect: "write", run: ({ name }) => ({ name: text(name) }) };

const nobody = { plan: () => Promise.reject(new Error("unused")), compose: () => Promise.reject(new Error("unused")) };

/** Starts the plan in a process of its own, and kills that once the file of calls holds these words. */
async function killedRun(plan: object, words: string): Promise<{ run: string; store: string; calls: string }> {
  const folder = temporaryFolder();
  const [store, calls] = [join(folder, "store.db"), join(folder, "calls")];
  const worker = join(import.meta.dirname, "fixtures", "rival-worker.ts");
  const child = spawn(process.execPath, [worker, store, calls, JSON.stringify(plan)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  await vi.waitFor(async () => expect(await readFile(calls, "utf8")).toContain(words), { timeout: 30_000 });
  child.kill("SIGKILL");
  await once(child, "exit");
  return { run: String(first).trim(), store, calls };
}

test("1: a write that was in flight at a crash is asked about, never made twice; of two that resume one wins", async () => {
  const { run, store, calls } = await killedRun(planOf(work("pay", 60_000)), "begin pay");
  const made: Json[] = [];
  const tools = { work: { ...quick, run: (args: Json) => made.push(args) } };
  const meshes = [1, 2].map(() => testMesh({ store: new SqliteStore(store), tools }));
  const ends = await Promise.allSettled(meshes.map((mesh) => mesh.resume(run).result));
  const won = ends.filter((end) => end.status === "fulfilled");
  expect(won.map(({ value }) => value.status)).toContain("suspended");
  expect((await meshes[0]?.show(run))?.tasks["pay"]).toMatchObject({
    status: "in_doubt",
    error: { code: "AM_PROCESS_LOST" },
  });
  expect([made, await readFile(calls, "utf8")]).toEqual([[], "begin pay\n"]);
  await Promise.all(meshes.map((mesh) => mesh[Symbol.asyncDispose]()));
});

test("2: finished siblings of a slow task survive a crash", async () => {
  const plan = planOf(
    work("a", 0),
    work("f1", 20, { after: ["a"] }),
    work("f2", 20, { after: ["a"] }),
    work("slow", 60_000, { after: ["a"] }),
    work("after", 60_000, { after: ["f1", "f2"] }),
  );
  const { run, store } = await killedRun(plan, "begin after");
  const made: Json[] = [];
  await using mesh = testMesh({
    store: new SqliteStore(store),
    tools: { work: { ...quick, run: ({ name }) => made.push(name ?? null) } },
  });
  await mesh.resume(run).result;
  const { tasks } = await mesh.show(run);
  expect(Object.values(tasks).map(({ id, status }) => `${id} ${status}`)).toEqual([
    "a succeeded",
    "f1 succeeded",
    "f2 succeeded",
    "slow in_doubt",
    "after in_doubt",
  ]);
  expect(made).toEqual([]);
});

test("3: a branch of a diamond does not wait for its sibling, whoever carries it out", async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const tool: TestTool = {
    effect: "read",
    run: async ({ name }) => {
      order.push(text(name));
      if (name === "b") await gate.promise;
      if (name === "d") gate.resolve();
      return 1;
    },
  };
  await using mesh = testMesh({ tools: { work: tool } });
  const plan = planOf(
    work("a", 0),
    work("b", 0, { after: ["a"] }),
    work("c", 0, { after: ["a"] }),
    work("d", 0, { after: ["c"] }),
    work("e", 0, { after: ["b", "d"] }),
  );
  expect(await mesh.run(plan).result).toMatchObject({ status: "succeeded" });
  expect(order.at(-1)).toBe("e");
});

test("4: a failed tool is a failed task, a failed run, and no answer", async () => {
  await using mesh = testMesh({ tools: { work: { run: () => Promise.reject(new Error("database is on fire")) } } });
  const run = mesh.run(planOf(work("a", 0), work("b", 0, { after: ["a"] })));
  expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_TASK_FAILED" } });
  await expect(run.answer).rejects.toMatchObject({ message: expect.stringContaining("database is on fire") as string });
  expect((await mesh.show(run.id)).tasks).toMatchObject({ a: { status: "failed" }, b: { status: "failed" } });
});

test("5: a server that dies in mid-call is started again; the read is repeated, the write is asked about", async () => {
  const folder = temporaryFolder();
  const config = McpServerConfig.parse({
    command: process.execPath,
    args: [join(import.meta.dirname, "fixtures", "mortal-server.ts"), folder],
    trust: { annotations: true },
  });
  await using mesh = assembleMesh({
    store: new SqliteStore(":memory:"),
    sources: [new McpToolSource({ server: "s", config })],
    models: new Map(),
    nodes: { planner: nobody, composer: nobody },
    policy: { backoffMs: 1 },
  });
  const run = mesh.run(planOf({ id: "look", use: "s.look" }, { id: "pay", use: "s.pay", after: ["look"] }));
  expect(await run.result).toMatchObject({ status: "suspended" });
  expect((await mesh.show(run.id)).tasks).toMatchObject({
    look: { status: "succeeded", attempt: 2 },
    pay: { status: "in_doubt" },
  });
  const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
  expect(calls).toEqual([`look ${run.id}:look:1`, `look ${run.id}:look:1`, `pay ${run.id}:pay:1`]);
});

test("6: a budget crossed with work in flight ends in bounded time, while timers and sockets go on", async () => {
  await using server = createServer((socket) => void sleep(200).then(() => socket.end("late"))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const fetchLate: TestTool = {
    effect: "read",
    run: async () => {
      const { connect } = await import("node:net");
      const [chunk] = (await once(connect(port, "127.0.0.1"), "data")) as [Buffer];
      return String(chunk);
    },
  };
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await using mesh = testMesh({ tools: { slow: fetchLate, work: quick }, policy: { budget: { calls: 3 } } });
  const run = mesh.run(
    planOf({ id: "slow", use: "t.slow", expectMs: 9_000 }, ...["a", "b", "c"].map((id) => work(id, 0))),
  );
  expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_BUDGET_EXCEEDED" } });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
  expect((await mesh.show(run.id)).usage.toolCalls).toBe(3);
});

test("7: a deaf tool does not hold a cancel; its late result changes nothing", async () => {
  const gate = Promise.withResolvers<void>();
  await using mesh = testMesh({
    cancelGraceMs: 20,
    tools: { deaf: { effect: "write", run: () => gate.promise.then(() => "late") } },
  });
  const run = mesh.run(planOf({ id: "deaf", use: "t.deaf" }));
  for await (const event of run) if (event.type === "task.started") run.cancel();
  expect(await run.result).toMatchObject({ status: "cancelled" });
  gate.resolve();
  await sleep(10);
  const events = await mesh.events(run.id);
  expect(events.filter(isTerminal)).toEqual([events.at(-1)]);
  expect((await mesh.show(run.id)).tasks["deaf"]).toMatchObject({ status: "in_doubt" });
});

test("8: a store that is full stops the run with its own error, and the run goes on once there is room", async () => {
  const path = join(temporaryFolder(), "store.db");
  const made: Json[] = [];
  const tools = {
    work: {
      ...quick,
      run: ({ name }: { readonly name?: Json }) => made.push(name ?? null) && text(name).repeat(7_000),
    },
  };
  const chain = Array.from({ length: 30 }, (_, index) =>
    work(`n${index}`, 0, index === 0 ? {} : { after: [`n${index - 1}`] }),
  );
  const full = testMesh({
    tools,
    store: new SqliteStore(path, { onConnect: (database) => database.exec("PRAGMA max_page_count=200") }),
  });
  const run = full.run(planOf(...chain));
  await expect(run.result).rejects.toMatchObject({ code: "AM_STORE_FULL" });
  await full[Symbol.asyncDispose]();
  expect(made.length).toBeLessThan(30);
  await using roomy = testMesh({ tools, store: new SqliteStore(path) });
  for (let again = await roomy.resume(run.id).result; again.status === "suspended";) {
    const { waits } = await roomy.show(run.id);
    const resumed = await roomy.resolve(run.id, waits[0]?.name ?? "", { as: "retry" });
    again = (await resumed?.result) ?? again;
  }
  expect((await roomy.show(run.id)).status).toBe("succeeded");
});

test("9: everything that is wrong with a plan is said at once, by code and path, before anything runs", async () => {
  const made: Json[] = [];
  await using mesh = testMesh({ tools: { work: { ...quick, run: (args) => made.push(args) } } });
  const findings = await mesh.check({
    mesh: 1,
    tasks: [
      work("a", 0, { after: ["b"] }),
      work("b", 0, { after: ["a"] }),
      work("c", 0),
      { id: "c", use: "t.wrok" },
      { id: "d", use: "t.work", args: { x: { $from: "nobody.x" } } },
    ],
  });
  expect(findings.map(({ code }) => code).toSorted()).toEqual([
    "AM_CYCLE",
    "AM_DUPLICATE_ID",
    "AM_UNKNOWN_REFERENCE",
    "AM_UNKNOWN_TOOL",
  ]);
  expect(findings.every(({ path, message }) => path !== "" && !/[0-9a-f]{8}-/.test(message))).toBe(true);
  expect(made).toEqual([]);
});

test("10: what is written for a task does not grow with the plan", async () => {
  const bytesPerTask = async (tasks: number): Promise<number> => {
    const path = join(temporaryFolder(), "store.db");
    const store = new SqliteStore(path);
    const mesh = testMesh({ store, tools: { work: quick } });
    const run = mesh.run(planOf(...Array.from({ length: tasks }, (_, index) => work(`n${index}`, 0))));
    await run.result;
    const events = await mesh.events(run.id);
    await mesh[Symbol.asyncDispose]();
    return (
      events
        .filter((event) => event.type.startsWith("task."))
        .reduce((sum, event) => sum + JSON.stringify(event).length, 0) / tasks
    );
  };
  const [small, large] = [await bytesPerTask(20), await bytesPerTask(1_000)];
  expect(large).toBeLessThan(small * 1.1);
});

test("11: a run is planned, stopped by a question, taken up by another process, approved and shown", async () => {
  const store = join(temporaryFolder(), "store.db");
  const plan = planOf(work("pay", 0, { approve: true }));
  const first = testMesh({ store: new SqliteStore(store), tools: { work: quick } });
  const { run } = await first.run(plan).result;
  await first[Symbol.asyncDispose]();
  await using second = testMesh({ store: new SqliteStore(store), tools: { work: quick } });
  expect(await second.resume(run).result).toMatchObject({ status: "suspended" });
  const approved = await second.approve(run, "pay");
  expect(await approved?.result).toMatchObject({ status: "succeeded" });
  expect(await second.runs()).toMatchObject([{ run, status: "succeeded" }]);
});

test("12: the answer is in the store, and needs no model to be read again; tool calls need none either", async () => {
  const store = join(temporaryFolder(), "store.db");
  const model = scriptedModel(() => new Error("nobody may ask"));
  const plan = { mesh: 1, tasks: ["a", "b", "c", "d", "e"].map((id) => work(id, 0)) };
  const first = testMesh({
    store: new SqliteStore(store),
    tools: { work: quick },
    model,
    planner: () => ({ kind: "plan", plan }),
  });
  const { run, answer } = await first.run("do it").result;
  await first[Symbol.asyncDispose]();
  await using second = testMesh({ store: new SqliteStore(store) });
  const view = await second.show(run);
  expect(view.answer === undefined ? undefined : second.value(view.answer)).toBe(answer);
  expect([view.usage.modelCalls, view.usage.toolCalls, model.requests.length]).toEqual([0, 5, 0]);
});
