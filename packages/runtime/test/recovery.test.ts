/** Runs whose process is gone, or only believed to be: what is repeated, what is doubted, and who may write. */
import { join } from "node:path";
import type { Json } from "@agentmesh/core";
import { scriptedModel, ScriptedReply } from "@agentmesh/models";
import { describe, expect, test, vi } from "vitest";
import { SqliteStore } from "@agentmesh/store/sqlite";
import { doomedStore, temporaryFolder, testMesh, type TestTool } from "./test-mesh.ts";

/** Long, for a busy machine. */
const SOON = { timeout: 30_000 };

interface Call {
  readonly tool: string;
  readonly key: string;
}

/** Calls of the tools in `hanging` do not return before `go` is called. */
class Bench {
  readonly path = join(temporaryFolder(), "store.db");
  readonly calls: Call[] = [];
  readonly #gate = Promise.withResolvers<void>();

  go(): void {
    this.#gate.resolve();
  }

  tools(hanging: readonly string[] = []): Record<string, TestTool> {
    const tool = (name: string, effect: TestTool["effect"]): TestTool => ({
      ...(effect === undefined ? {} : { effect }),
      run: async (_args, { idempotencyKey }) => {
        this.calls.push({ tool: name, key: idempotencyKey });
        if (hanging.includes(name)) await this.#gate.promise;
        return { name };
      },
    });
    return { look: tool("look", "read"), put: tool("put", "idempotent"), pay: tool("pay", "write") };
  }

  callsOf(tool: string): readonly Call[] {
    return this.calls.filter((call) => call.tool === tool);
  }
}

const planOf = (...tasks: readonly object[]): never => ({ mesh: 1, name: "test", tasks }) as never;
const both = planOf(
  { id: "first", use: "t.look" },
  { id: "look", use: "t.look", after: ["first"] },
  { id: "put", use: "t.put", after: ["first"] },
  { id: "pay", use: "t.pay", after: ["first"] },
  { id: "last", use: "t.look", after: ["look", "put", "pay"] },
);

describe("a run that is taken over in mid-call", () => {
  test("repeats what is safe under the same key, doubts the rest, and never lets the old owner write again", async () => {
    const bench = new Bench();
    const old = testMesh({ tools: bench.tools(["look", "put", "pay"]), store: doomedStore(bench.path) });
    const zombie = old.run(
      planOf({ id: "look", use: "t.look" }, { id: "put", use: "t.put" }, { id: "pay", use: "t.pay" }),
    );
    await vi.waitFor(() => expect(bench.calls).toHaveLength(3), SOON);
    await using mesh = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) });
    const run = mesh.resume(zombie.id);
    expect(await run.result).toMatchObject({ status: "suspended" });
    const view = await mesh.show(run.id);
    expect(view.tasks).toMatchObject({
      look: { status: "succeeded" },
      put: { status: "succeeded" },
      pay: { status: "in_doubt" },
    });
    expect(bench.callsOf("pay")).toHaveLength(1);
    for (const tool of ["look", "put"]) {
      const [one, two, ...more] = bench.callsOf(tool);
      expect([one?.key, more]).toEqual([two?.key, []]);
    }
    bench.go();
    await expect(zombie.result).rejects.toMatchObject({ code: "AM_JOURNAL_CONFLICT" });
    expect((await mesh.show(run.id)).seq).toBe(view.seq);
    await old[Symbol.asyncDispose]();
    await run.resolve("pay", { as: "done", output: { name: "by hand" } });
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(bench.callsOf("pay")).toHaveLength(1);
  });

  test("runs no finished task again, however the others stand", async () => {
    const bench = new Bench();
    const old = testMesh({ tools: bench.tools(["pay"]), store: doomedStore(bench.path) });
    const zombie = old.run(both);
    await vi.waitFor(async () => {
      const { tasks } = await old.show(zombie.id);
      expect([tasks["look"]?.status, tasks["put"]?.status, tasks["pay"]?.status]).toEqual([
        "succeeded",
        "succeeded",
        "running",
      ]);
    }, SOON);
    await using mesh = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) });
    const run = mesh.resume(zombie.id);
    await run.result;
    await run.resolve("pay", { as: "retry" });
    expect(await run.result).toMatchObject({ status: "succeeded" });
    expect(bench.callsOf("look")).toHaveLength(3);
    expect(bench.callsOf("put")).toHaveLength(1);
    const [lost, again] = bench.callsOf("pay");
    expect(again?.key).toBe(lost?.key);
    bench.go();
    await old[Symbol.asyncDispose]().catch(() => undefined);
  });

  test("is driven by one of many that try at once", async () => {
    const bench = new Bench();
    const old = testMesh({ tools: bench.tools(["look"]), store: doomedStore(bench.path) });
    const zombie = old.run(planOf({ id: "a", use: "t.look" }, { id: "b", use: "t.pay", after: ["a"] }));
    await vi.waitFor(() => expect(bench.calls).toHaveLength(1), SOON);
    const meshes = Array.from({ length: 4 }, () =>
      testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) }),
    );
    const ends = await Promise.allSettled(meshes.map((mesh) => mesh.resume(zombie.id).result));
    expect(ends.filter((end) => end.status === "fulfilled")).toHaveLength(1);
    for (const end of ends)
      if (end.status === "rejected")
        expect(["AM_RUN_OWNED", "AM_RUN_OVER"]).toContain((end.reason as { code: string }).code);
    expect([bench.callsOf("look").length, bench.callsOf("pay").length]).toEqual([2, 1]);
    bench.go();
    await Promise.allSettled([old, ...meshes].map((mesh) => mesh[Symbol.asyncDispose]()));
  });

  test("calls its planner again when that was under way", async () => {
    const bench = new Bench();
    const hang = Promise.withResolvers<never>();
    let asked = 0;
    const old = testMesh({
      tools: bench.tools(),
      store: doomedStore(bench.path),
      planner: () => (asked++ === 0 ? (hang.promise as never) : ({ kind: "no-tool-fits", reason: "?" } as never)),
    });
    const zombie = old.run("look at it");
    await vi.waitFor(() => expect(asked).toBe(1), SOON);
    const plan = { mesh: 1, tasks: [{ id: "look", use: "t.look" }] };
    await using mesh = testMesh({
      tools: bench.tools(),
      store: new SqliteStore(bench.path),
      planner: () => ({ kind: "plan", plan }),
    });
    const [run] = await mesh.recover();
    expect(await run?.result).toMatchObject({ status: "succeeded", citations: ["look"] });
    hang.reject(new Error("gone"));
    await zombie.result.catch(() => undefined);
    await old[Symbol.asyncDispose]().catch(() => undefined);
  });

  test("keeps its timers", async () => {
    const bench = new Bench();
    const old = testMesh({ tools: bench.tools(["look"]), store: doomedStore(bench.path) });
    const zombie = old.run(
      planOf({ id: "wait", use: "mesh.wait", args: { delayMs: 300 } }, { id: "look", use: "t.look" }),
    );
    await vi.waitFor(() => expect(bench.calls).toHaveLength(1), SOON);
    await using mesh = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) });
    expect(await mesh.resume(zombie.id).result).toMatchObject({ status: "succeeded" });
    bench.go();
    await old[Symbol.asyncDispose]().catch(() => undefined);
  });
});

describe("what cannot be gone on with", () => {
  test("is left as it was when a server is missing", async () => {
    const bench = new Bench();
    const first = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) });
    const run = first.run(planOf({ id: "pay", use: "t.pay", approve: true }));
    await run.result;
    const { seq } = await first.show(run.id);
    await first[Symbol.asyncDispose]();
    await using other = testMesh({ store: new SqliteStore(bench.path) });
    await expect(other.approve(run.id, "pay")).rejects.toMatchObject({ code: "AM_SERVER_UNAVAILABLE" });
    await expect(other.resume(run.id).result).rejects.toMatchObject({ code: "AM_SERVER_UNAVAILABLE" });
    await expect(other.resume("r_unknown").result).rejects.toMatchObject({ code: "AM_UNKNOWN_RUN" });
    expect((await other.show(run.id)).seq).toBe(seq);
    await using again = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path) });
    const resumed = await again.approve(run.id, "pay");
    expect(await resumed?.result).toMatchObject({ status: "succeeded" });
  });

  test("is a plan that held a secret: no call is made with its mask", async () => {
    const bench = new Bench();
    const secret = "hunter2-hunter2";
    const old = testMesh({ tools: bench.tools(), store: new SqliteStore(bench.path), secrets: [secret] });
    const run = old.run(planOf({ id: "pay", use: "t.pay", args: { key: secret }, approve: true }));
    await run.result;
    await expect(run.approve("pay")).rejects.toMatchObject({ code: "AM_PLAN_REDACTED" });
    expect(bench.calls).toEqual([]);
    await old[Symbol.asyncDispose]();
  });
});

describe("a budget of tokens", () => {
  const words = (text: string, tokens: number): ScriptedReply =>
    new ScriptedReply({ text, usage: { inputTokens: 10, outputTokens: tokens, isExact: true } });
  const generate = (id: string): object => ({ id, use: "mesh.generate", args: { prompt: "hello", maxTokens: 100 } });

  test("is reserved before each call, and calls at once do not share what is left", async () => {
    const model = scriptedModel(() => words("hi", 90));
    await using mesh = testMesh({ model, policy: { budget: { tokens: 260 } } });
    const run = mesh.run(planOf(generate("a"), generate("b"), generate("c"), generate("d")));
    expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_BUDGET_EXCEEDED" } });
    let used = 0;
    const reserved = new Map<string, number>();
    for (const event of await mesh.events(run.id)) {
      if (event.type === "budget.reserved") reserved.set(event.reservation, event.tokens);
      if (event.type === "model.called") {
        used += event.usage.inputTokens + event.usage.outputTokens;
        reserved.delete(event.reservation ?? "");
      }
      const open = [...reserved.values()].reduce((sum, tokens) => sum + tokens, 0);
      expect(used + open).toBeLessThanOrEqual(260);
    }
    expect(model.requests.length).toBeGreaterThan(0);
  });

  test("can be raised by a person, and the call that needed it is made then", async () => {
    const model = scriptedModel(() => words("hi", 90));
    await using mesh = testMesh({ model, policy: { budget: { tokens: 150, onExceeded: "ask" } } });
    const run = mesh.run(planOf(generate("a"), { ...generate("b"), after: ["a"] }));
    expect(await run.result).toMatchObject({ status: "suspended" });
    expect((await mesh.show(run.id)).waits).toMatchObject([{ for: "approval", name: "budget" }]);
    await run.approve("budget", { args: { limit: 1_000 } });
    expect(await run.result).toMatchObject({ status: "succeeded" });
  });

  test("in money needs a price", async () => {
    await using mesh = testMesh({ model: scriptedModel(() => "x"), policy: { budget: { usd: 1 } } });
    const { error } = await mesh.run(planOf(generate("a"))).result;
    expect(error?.message).toContain("nobody has said what");
  });

  test("crossed with work in flight ends the run in bounded time, with real timers", async () => {
    const slow: TestTool = {
      effect: "read",
      run: () => new Promise<Json>((resolve) => setTimeout(resolve, 100, "late")),
    };
    await using mesh = testMesh({
      tools: { slow, quick: { effect: "read", run: () => 1 } },
      policy: { budget: { calls: 3 } },
    });
    const quick = Array.from({ length: 4 }, (_, index) => ({ id: `q${index}`, use: "t.quick", expectMs: 1 }));
    const run = mesh.run(planOf({ id: "slow", use: "t.slow", expectMs: 9_000 }, ...quick));
    expect(await run.result).toMatchObject({ status: "failed", error: { code: "AM_BUDGET_EXCEEDED" } });
    expect((await mesh.show(run.id)).tasks["slow"]).toMatchObject({ status: "succeeded" });
  });
});
