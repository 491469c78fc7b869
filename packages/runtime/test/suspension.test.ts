/** Runs that wait: for people, signals and times, in this process and over several openings of one store. */
import { join } from "node:path";
import type { Json } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { SqliteStore } from "@agentmesh/store/sqlite";
import { temporaryFolder, testMesh, type TestTool } from "./test-mesh.ts";

/** Tools that write down what they were called with. */
function tools(calls: Json[]): Record<string, TestTool> {
  return {
    pay: { effect: "write", run: (args) => ({ paid: calls.push(args) }) },
    look: { effect: "read", run: (args) => args },
  };
}

const payment = (id: string, more: object = {}): object => ({ id, use: "t.pay", args: { to: id }, ...more });
const planOf = (...tasks: readonly object[]): never => ({ mesh: 1, name: "test", tasks }) as never;

describe("a task that asks", () => {
  test("is called after the approval, which comes through the run's own handle", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const run = mesh.run(planOf(payment("a", { approve: { message: "Pay?" } })));
    for await (const event of run) {
      if (event.type !== "approval.requested") continue;
      expect(event).toMatchObject({ approval: "a", message: "Pay?", tool: "t.pay", args: { value: { to: "a" } } });
      expect(calls).toEqual([]);
      await run.approve("a");
    }
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(calls).toEqual([{ to: "a" }]);
  });

  test("suspends the run; approving one of two leaves the other waiting, also after a restart", async () => {
    const path = join(temporaryFolder(), "store.db");
    const calls: Json[] = [];
    const first = testMesh({ tools: tools(calls), store: new SqliteStore(path) });
    const run = first.run(planOf(payment("a", { approve: true }), payment("b", { approve: true })));
    expect(await run.result).toMatchObject({ status: "suspended" });
    await first[Symbol.asyncDispose]();
    await using second = testMesh({ tools: tools(calls), store: new SqliteStore(path) });
    const again = await second.approve(run.id, "b");
    expect(await again?.result).toMatchObject({ status: "suspended" });
    expect(calls).toEqual([{ to: "b" }]);
    const view = await second.show(run.id);
    expect(view.waits).toMatchObject([{ for: "approval", name: "a", tool: "t.pay" }]);
    const last = await second.approve(run.id, "a");
    expect(await last?.result).toMatchObject({ status: "succeeded" });
    expect(calls).toEqual([{ to: "b" }, { to: "a" }]);
  });

  test("is called with edited arguments, and they must fit the tool", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const run = mesh.run(planOf(payment("a", { approve: true })));
    await run.result;
    await expect(run.approve("a", { args: [] as never })).rejects.toMatchObject({ code: "AM_ARGUMENT_INVALID" });
    await run.approve("a", { args: { to: "somebody else" } });
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(calls).toEqual([{ to: "somebody else" }]);
  });

  test("fails when it is rejected, and nothing is called", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const run = mesh.run(planOf(payment("a", { approve: true })));
    await run.result;
    await run.reject("a", "too much");
    expect(await run.result).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("too much") },
    });
    expect(calls).toEqual([]);
  });

  test("cannot be answered twice, nor after its time", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const run = mesh.run(planOf(payment("a", { approve: true }), payment("b", { approve: true })));
    await run.result;
    await run.approve("a");
    await run.result;
    await expect(run.approve("a")).rejects.toMatchObject({ code: "AM_ALREADY_DECIDED" });
    await expect(run.approve("nobody")).rejects.toMatchObject({ code: "AM_NOT_WAITING" });
    const short = mesh.run(planOf(payment("c", { approve: { expiresMs: 0 } }), payment("d", { approve: true })));
    await short.result;
    await expect(short.approve("c")).rejects.toMatchObject({ code: "AM_APPROVAL_EXPIRED" });
  });

  test("falls back on its default when its time is over, also when nobody was there", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const plan = planOf(payment("a", { approve: { expiresMs: 1, default: "approve" } }));
    const run = mesh.run(plan);
    await run.result;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await mesh.resume(run.id).result).toMatchObject({ status: "succeeded" });
    expect(calls).toHaveLength(1);
  });

  test.each([
    { approve: ["destructive"], asked: ["destroy"] },
    { approve: ["write"], asked: ["destroy", "pay"] },
    { approve: ["t.look", "plan"], asked: ["plan"] },
    { approve: ["t.*"], asked: ["destroy", "look", "pay"] },
  ])("is found by the policy $approve", async ({ approve, asked }) => {
    await using mesh = testMesh({
      tools: { ...tools([]), destroy: { effect: "destructive", run: () => 1 } },
      policy: { approve },
    });
    const run = mesh.run(
      planOf(...["pay", "look", "destroy"].map((name) => ({ id: name, use: `t.${name}`, args: {} }))),
    );
    await run.result;
    const { waits } = await mesh.show(run.id);
    expect(waits.map(({ name }) => name).sort()).toEqual(asked);
  });
});

describe("a plan that asks", () => {
  test("runs once it is approved, and each element of a list asks for itself", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls), policy: { approve: ["plan"] } });
    const each = { in: ["x", "y"], as: "to" };
    const run = mesh.run(planOf({ id: "all", use: "t.pay", each, args: { to: { $from: "to" } }, approve: true }));
    expect(await run.result).toMatchObject({ status: "suspended" });
    await run.approve("plan");
    await run.result;
    expect((await mesh.show(run.id)).waits.map(({ name }) => name)).toEqual(["all[0]", "all[1]"]);
    await run.approve("all[1]");
    expect(await run.result).toMatchObject({ status: "suspended" });
    expect(calls).toEqual([{ to: "y" }]);
    await run.approve("all[0]");
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(calls).toEqual([{ to: "y" }, { to: "x" }]);
  });

  test("calls nothing when it is refused", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls), policy: { approve: ["plan"] } });
    const run = mesh.run(planOf(payment("a")));
    await run.result;
    await run.reject("plan", "not today");
    expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_PLAN_DENIED" } });
    expect(calls).toEqual([]);
  });
});

test("a disk that is full when the run is to be suspended loses no question", async () => {
  const path = join(temporaryFolder(), "store.db");
  const limit = { pages: (_count: number): void => undefined };
  const calls: Json[] = [];
  const store = new SqliteStore(path, {
    onConnect: (database) => {
      limit.pages = (count) => database.exec(`PRAGMA max_page_count=${count}`);
    },
  });
  const large: TestTool = {
    effect: "read",
    run: () => {
      if (calls.push("large") === 1) limit.pages(1);
      return Array.from({ length: 10_000 }, (_, index) => index);
    },
  };
  await using mesh = testMesh({ tools: { ...tools(calls), large }, store });
  const run = mesh.run(planOf({ id: "large", use: "t.large" }, payment("a", { approve: true, after: ["large"] })));
  await expect(run.result).rejects.toMatchObject({ code: "AM_STORE_FULL" });
  limit.pages(1_000_000);
  expect(await mesh.resume(run.id).result).toMatchObject({ status: "suspended" });
  expect((await mesh.show(run.id)).waits).toMatchObject([{ for: "approval", name: "a" }]);
  expect(calls).toEqual(["large", "large"]);
});

describe("mesh.approve", () => {
  test.each([true, false])("gives the decision %s to what comes after", async (approved) => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls) });
    const run = mesh.run(
      planOf({ id: "ask", use: "mesh.approve", args: { message: "Really?" } }, payment("a", { when: "ask.approved" })),
    );
    expect(await run.result).toMatchObject({ status: "suspended" });
    await (approved ? run.approve("ask") : run.reject("ask"));
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(calls).toHaveLength(approved ? 1 : 0);
  });
});

test("a planner is not offered to let a run wait", async () => {
  let offered: readonly string[] = [];
  await using mesh = testMesh({
    tools: tools([]),
    planner: (request) => {
      offered = request.tools.map(({ name }) => name);
      return { kind: "no-tool-fits", reason: "none" };
    },
  });
  await mesh.run("wait for somebody").result;
  expect(offered).toEqual(["t.pay", "t.look", "mesh.generate"]);
});

describe("mesh.wait", () => {
  const look = { id: "after", use: "t.look", args: { got: { $from: "wait" } } };

  test("gives the data of its signal, whether that comes before or after", async () => {
    await using mesh = testMesh({ tools: tools([]) });
    const plan = planOf(
      { id: "wait", use: "mesh.wait", args: { signal: "go" } },
      { id: "more", use: "mesh.wait", args: { signal: "go" }, after: ["wait"] },
      look,
    );
    const run = mesh.run(plan);
    expect(await run.result).toMatchObject({ status: "suspended" });
    await expect(run.approve("wait")).rejects.toMatchObject({ code: "AM_NOT_WAITING" });
    await run.signal("other", 1);
    await run.signal("go", { n: 1 });
    expect(await run.result).toMatchObject({ status: "suspended" });
    await run.signal("go", { n: 2 });
    expect(await run.result).toMatchObject({ status: "succeeded" });
    const { tasks } = await mesh.show(run.id);
    expect(tasks["after"]?.output).toMatchObject({ value: { got: { n: 1 } } });
    expect(tasks["more"]?.output).toMatchObject({ value: { n: 2 } });
  });

  test("waits for a time without suspending the run", async () => {
    await using mesh = testMesh({ tools: tools([]) });
    const run = mesh.run(planOf({ id: "wait", use: "mesh.wait", args: { delayMs: 20 } }, look));
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect((await mesh.show(run.id)).tasks["wait"]).toMatchObject({ status: "succeeded", output: { value: null } });
  });

  test("fails when its signal does not come in time", async () => {
    await using mesh = testMesh({ tools: tools([]) });
    const run = mesh.run(planOf({ id: "wait", use: "mesh.wait", args: { signal: "go", timeoutMs: 1 } }));
    await run.result;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await mesh.resume(run.id).result).toMatchObject({
      error: { facts: { tasks: [{ code: "AM_WAIT_TIMEOUT" }] } },
    });
  });
});

describe("a second opening of the store", () => {
  test("approves while the first drives", async () => {
    const path = join(temporaryFolder(), "store.db");
    const calls: Json[] = [];
    let release = (): void => undefined;
    const slow: TestTool = { effect: "read", run: () => new Promise<Json>((resolve) => (release = () => resolve(1))) };
    await using first = testMesh({ tools: { ...tools(calls), slow }, store: new SqliteStore(path) });
    await using second = testMesh({ store: new SqliteStore(path) });
    const run = first.run(planOf(payment("a", { approve: true }), { id: "slow", use: "t.slow" }));
    for await (const event of run) if (event.type === "approval.requested") break;
    expect(await second.approve(run.id, "a")).toBeUndefined();
    await expect(second.approve(run.id, "a")).rejects.toMatchObject({ code: "AM_ALREADY_DECIDED" });
    await expect(second.resume(run.id).result).rejects.toMatchObject({ code: "AM_RUN_OWNED" });
    release();
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(calls).toHaveLength(1);
    await expect(second.resume(run.id).result).rejects.toMatchObject({ code: "AM_RUN_OVER" });
  });

  test("cancels a run that nobody drives, without its servers", async () => {
    const path = join(temporaryFolder(), "store.db");
    const first = testMesh({ tools: tools([]), store: new SqliteStore(path) });
    const run = first.run(planOf(payment("a", { approve: true })));
    await run.result;
    await first[Symbol.asyncDispose]();
    await using second = testMesh({ store: new SqliteStore(path) });
    const cancelled = await second.cancel(run.id);
    expect(await cancelled?.result).toMatchObject({ status: "cancelled" });
  });
});

describe("a budget", () => {
  test("of calls is never exceeded, and ends the run with its own code", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls), policy: { budget: { calls: 2 } } });
    const run = mesh.run(planOf(payment("a"), payment("b"), payment("c")));
    expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_BUDGET_EXCEEDED" } });
    expect(calls).toHaveLength(2);
  });

  test("asks for more, and goes on with it", async () => {
    const calls: Json[] = [];
    await using mesh = testMesh({ tools: tools(calls), policy: { budget: { calls: 2, onExceeded: "ask" } } });
    const run = mesh.run(planOf(payment("a"), payment("b"), payment("c")));
    expect(await run.result).toMatchObject({ status: "suspended" });
    await expect(run.approve("budget", { args: { limit: 1 } })).rejects.toMatchObject({ code: "AM_ARGUMENT_INVALID" });
    await run.approve("budget");
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect((await mesh.show(run.id)).budget).toEqual([{ kind: "calls", limit: 4, used: 3, reserved: 0 }]);
  });

  test("of time stops what is under way, and tells it", async () => {
    let told = 0;
    const slow: TestTool = {
      effect: "read",
      run: (_args, { signal }) =>
        new Promise<Json>((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            told++;
            reject(new Error("told"));
          });
        }),
    };
    await using mesh = testMesh({ tools: { slow }, policy: { budget: { seconds: 0.05 } } });
    const run = mesh.run(planOf({ id: "slow", use: "t.slow" }));
    expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_DEADLINE_EXCEEDED" } });
    expect(told).toBe(1);
  });
});
