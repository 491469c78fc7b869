/** Runs that start runs: results and failures, waits, budgets, cancelling, and what a killed process leaves behind. */
import { join } from "node:path";
import { type Json, type RunEvent, spanTree } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { SqliteStore } from "@agentmesh/store/sqlite";
import type { Mesh } from "../src/mesh/mesh.ts";
import { doomedStore, temporaryFolder, testMesh, type TestTool } from "./test-mesh.ts";

const planOf = (...tasks: readonly object[]): never => ({ mesh: 1, name: "parent", tasks }) as never;
const use = (id: string, name: string, more: object = {}): object => ({ id, use: `workflow:${name}`, ...more });
const workflow = (tasks: readonly object[], more: object = {}): object => ({ mesh: 1, name: "child", tasks, ...more });

const tools = (calls: Json[]): Record<string, TestTool> => ({
  pay: { effect: "write", run: (args) => ({ paid: calls.push(args) }) },
  fail: {
    effect: "read",
    run: () => {
      throw new TypeError("no such page");
    },
  },
});

const double = workflow([{ id: "a", use: "t.pay", args: { n: { $from: "inputs.n" } } }], {
  inputs: { n: { type: "integer" } },
  output: { n: { $from: "inputs.n" }, paid: { $from: "a.paid" } },
});
const asking = workflow([{ id: "ask", use: "t.pay", approve: true }], { output: { $from: "ask.paid" } });

async function childOf(mesh: Mesh, run: string, task: string): Promise<string> {
  return (await mesh.show(run)).tasks[task]?.child ?? "";
}

describe("a workflow as a tool", () => {
  test("is a run of its own, named in both journals, whose output is the task's value", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls), workflows: { double } });
    const run = mesh.run({
      ...(planOf(use("x", "double", { args: { n: 7 } })) as object),
      output: { $from: "x" },
    } as never);
    expect(await run.result).toMatchObject({ status: "succeeded", output: { n: 7, paid: 1 } });
    const child = await childOf(mesh, run.id, "x");
    expect(await mesh.show(child)).toMatchObject({
      status: "succeeded",
      parent: { run: run.id, task: "x", depth: 1, root: run.id },
    });
    expect((await mesh.show(run.id)).usage.toolCalls).toBe(2);
  });

  test("has its arguments checked, and its name", async () => {
    await using mesh = testMesh({ tools: tools([]), workflows: { double } });
    expect(await mesh.check(planOf(use("x", "double", { args: { n: "seven" } })))).toMatchObject([
      { severity: "error", path: "/tasks/0/args/n" },
    ]);
    expect(await mesh.check(planOf(use("x", "duoble", { args: { n: 7 } })))).toMatchObject([
      { code: "AM_UNKNOWN_TOOL", hint: expect.stringContaining("workflow:double") },
    ]);
    const wrong = { ...(planOf(use("x", "double", { args: { n: 7 } })) as object), output: { $from: "x.nothing" } };
    expect(await mesh.check(wrong)).toMatchObject([{ severity: "error", path: "/output" }]);
  });

  test("is refused when workflows start each other without end, with the way round", () => {
    const workflows = { a: workflow([use("t", "b")]), b: workflow([use("t", "c")]), c: workflow([use("t", "a")]) };
    expect(() => testMesh({ workflows })).toThrow("a -> b -> c -> a");
  });

  test("fails its task with an error that names the run and the cause", async () => {
    await using mesh = testMesh({
      tools: tools([]),
      workflows: { broken: workflow([{ id: "a", use: "t.fail" }]) },
      policy: { retryMax: 0 },
    });
    const run = mesh.run(planOf(use("x", "broken")));
    expect(await run.result).toMatchObject({ status: "failed" });
    const child = await childOf(mesh, run.id, "x");
    expect((await mesh.show(run.id)).tasks["x"]?.error).toMatchObject({
      code: "AM_CHILD_FAILED",
      message: expect.stringContaining("no such page"),
      facts: { run: child, cause: "AM_TASK_FAILED" },
    });
  });

  test("is mapped over a list, below another one, and refused below the depth that is allowed", async () => {
    const calls: Json[] = [];
    const workflows = {
      double,
      all: workflow([use("each", "double", { each: { in: [1, 2, 3], as: "n" }, args: { n: { $from: "n" } } })]),
    };
    await using mesh = testMesh({ tools: tools(calls), workflows });
    expect(await mesh.run(planOf(use("x", "all"))).result).toMatchObject({ status: "succeeded" });
    expect(calls).toHaveLength(3);
    await using shallow = testMesh({ tools: tools(calls), workflows, policy: { maxDepth: 1 } });
    const run = shallow.run(planOf(use("x", "all")));
    expect(await run.result).toMatchObject({ status: "failed" });
    const child = await shallow.show(await childOf(shallow, run.id, "x"));
    expect(child.tasks["each[0]"]?.error).toMatchObject({ code: "AM_DEPTH_EXCEEDED" });
    expect(calls).toHaveLength(3);
  });

  test("is cancelled before its parent is, down to the call that is under way", async () => {
    const path = join(temporaryFolder(), "store.db");
    const started = Promise.withResolvers<void>();
    const ends: string[] = [];
    const slow: TestTool = {
      effect: "read",
      run: (_args, { signal }) => {
        started.resolve();
        const told = Promise.withResolvers<Json>();
        signal.addEventListener("abort", () => told.reject(new TypeError("told to stop")));
        return told.promise;
      },
    };
    const mesh = testMesh({
      store: new SqliteStore(path),
      tools: { slow },
      workflows: { inner: workflow([{ id: "a", use: "t.slow" }]), outer: workflow([use("b", "inner")]) },
      observe: (signal) => (signal.type === "run.cancelled" ? ends.push(signal.run) : 0),
    });
    const run = mesh.run(planOf(use("x", "outer")));
    await started.promise;
    run.cancel();
    expect(await run.result).toMatchObject({ status: "cancelled" });
    const outer = await childOf(mesh, run.id, "x");
    expect(ends).toEqual([await childOf(mesh, outer, "b"), outer, run.id]);
    await mesh[Symbol.asyncDispose]();
  });
});

describe("a workflow that waits for somebody", () => {
  test("suspends its parent, and wakes it when it has ended, from another process too", async () => {
    const path = join(temporaryFolder(), "store.db");
    const calls: Json[] = [];
    const workflows = { asking, outer: workflow([use("b", "asking")], { output: { $from: "b" } }) };
    const first = testMesh({ store: new SqliteStore(path), tools: tools(calls), workflows });
    const run = first.run({ ...(planOf(use("x", "outer")) as object), output: { $from: "x" } } as never);
    expect(await run.result).toMatchObject({ status: "suspended", waits: [{ for: "child", name: "x" }] });
    const inner = await childOf(first, await childOf(first, run.id, "x"), "b");
    await first[Symbol.asyncDispose]();
    const second = testMesh({ store: new SqliteStore(path), tools: tools(calls), workflows });
    await second.approve(inner, "ask");
    await second.idle();
    expect(await second.show(run.id)).toMatchObject({ status: "succeeded", usage: { toolCalls: 3 } });
    expect(calls).toHaveLength(1);
    await second[Symbol.asyncDispose]();
  });

  test("is heard of although nobody told: when its parent is resumed", async () => {
    const path = join(temporaryFolder(), "store.db");
    const calls: Json[] = [];
    const first = testMesh({ store: new SqliteStore(path), tools: tools(calls), workflows: { asking } });
    const run = first.run(planOf(use("x", "asking")));
    await run.result;
    const child = await childOf(first, run.id, "x");
    // The parent is held by somebody else while the child ends: the word gets lost.
    await first[Symbol.asyncDispose]();
    const holder = new SqliteStore(path);
    await holder.claim(run.id);
    const second = testMesh({ store: new SqliteStore(path), tools: tools(calls), workflows: { asking } });
    await (
      await second.approve(child, "ask")
    )?.result;
    await holder.release(run.id);
    await holder.close();
    expect(await second.resume(run.id).result).toMatchObject({ status: "succeeded" });
    expect(calls).toHaveLength(1);
    await second[Symbol.asyncDispose]();
  });

  test("ends with its parent that is cancelled, before it", async () => {
    const path = join(temporaryFolder(), "store.db");
    const mesh = testMesh({ store: new SqliteStore(path), tools: tools([]), workflows: { asking } });
    const run = mesh.run(planOf(use("x", "asking")));
    await run.result;
    const child = await childOf(mesh, run.id, "x");
    await mesh.cancel(run.id);
    await mesh.idle();
    expect(await mesh.show(run.id)).toMatchObject({ status: "cancelled" });
    const [end, parentEnd] = [(await mesh.show(child)).endedAtMs ?? 0, (await mesh.show(run.id)).endedAtMs ?? 0];
    expect(end).toBeGreaterThan(0);
    expect(end).toBeLessThanOrEqual(parentEnd);
    await mesh[Symbol.asyncDispose]();
  });
});

test("a process that dies in the middle of a workflow leaves one that is taken up, not started again", async () => {
  const path = join(temporaryFolder(), "store.db");
  const calls: Json[] = [];
  const reached = Promise.withResolvers<void>();
  const never: TestTool = {
    effect: "read",
    run: () => {
      reached.resolve();
      return new Promise<Json>(() => {});
    },
  };
  const plan = workflow([
    { id: "pay", use: "t.pay" },
    { id: "then", use: "t.never", after: ["pay"] },
  ]);
  const doomed = testMesh({
    store: doomedStore(path),
    tools: { ...tools(calls), never },
    workflows: { w: plan },
  });
  const run = doomed.run(planOf(use("x", "w")));
  await reached.promise;
  const child = await childOf(doomed, run.id, "x");
  const living = testMesh({
    store: new SqliteStore(path),
    tools: { ...tools(calls), never: { effect: "read", run: () => ({ ok: true }) } },
    workflows: { w: plan },
  });
  const [again] = await Promise.all((await living.recover()).map(({ result }) => result));
  expect(again).toMatchObject({ status: "succeeded" });
  await living.idle();
  expect(await living.show(run.id)).toMatchObject({ status: "succeeded" });
  expect(await childOf(living, run.id, "x")).toBe(child);
  expect(calls).toHaveLength(1);
  expect((await living.runs()).map((each) => each.run).sort()).toEqual([child, run.id].sort());
  await living[Symbol.asyncDispose]();
});

test("the trace of a run shows the runs below it, and names those that were removed", async () => {
  const workflows = {
    double,
    all: workflow([use("each", "double", { each: { in: [1, 2], as: "n" }, args: { n: { $from: "n" } } })]),
  };
  await using mesh = testMesh({ tools: tools([]), workflows });
  // It ends later than the runs below it, by the clock too: pruning keeps the newest.
  const pause = { id: "z", use: "mesh.wait", args: { delayMs: 20 }, after: ["x", "y"] };
  const run = mesh.run(planOf(use("x", "all"), use("y", "double", { args: { n: 3 } }), pause));
  expect(await run.result).toMatchObject({ status: "succeeded" });
  const rows = spanTree(await mesh.trace(run.id));
  const below = rows.filter(({ kind }) => kind === "run").map(({ depth, facts }) => `${depth} ${facts.run ?? ""}`);
  const all = await childOf(mesh, run.id, "x");
  const doubles = await Promise.all(["each[0]", "each[1]"].map((task) => childOf(mesh, all, task)));
  const last = await childOf(mesh, run.id, "y");
  expect(below.toSorted()).toEqual(["0 ", `2 ${all}`, ...doubles.map((id) => `5 ${id}`), `2 ${last}`].toSorted());
  expect(rows.filter(({ name }) => name === "a")).toHaveLength(3);
  await mesh.prune({ keep: 1 });
  const pruned = spanTree(await mesh.trace(run.id)).filter(({ facts }) => facts.childAbsence === "pruned");
  expect(pruned.map(({ facts }) => facts.child ?? "").toSorted()).toEqual([all, last].toSorted());
});

describe("the budget of a run with workflows", () => {
  test("is not exceeded by workflows that run side by side, and the time is the parent's", async () => {
    const calls: Json[] = [];
    const workflows = {
      many: workflow([
        { id: "all", use: "t.pay", each: { in: [1, 2, 3, 4, 5, 6], as: "n", concurrency: 1 }, args: {} },
      ]),
    };
    const events: RunEvent[] = [];
    await using mesh = testMesh({
      tools: tools(calls),
      workflows,
      policy: { budget: { calls: 10, seconds: 60 } },
      observe: (signal) => ("seq" in signal ? events.push(signal) : 0),
    });
    const run = mesh.run(planOf(use("x", "many"), use("y", "many")));
    expect(await run.result).toMatchObject({ status: "failed" });
    expect(calls).toHaveLength(8); // two calls are the workflows themselves, four each are what is left
    const created = events.flatMap((event) => (event.type === "run.created" ? [event] : []));
    for (const child of created.slice(1)) expect(child.policy.budget).toMatchObject({ calls: 4, onExceeded: "fail" });
    for (const child of created.slice(1)) expect(child.policy.budget?.seconds ?? 100).toBeLessThanOrEqual(60);
    for (const { used, reserved, limit } of (await mesh.show(run.id)).budget)
      expect(used + reserved).toBeLessThanOrEqual(limit);
  });
});
