import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { JsonObject, PlanInput, RunEvent, ToolEffect } from "@agentmesh/core";
import { defineTool, type LocalTool } from "@agentmesh/mcp";
import { scriptedModel, type ScriptedModel } from "@agentmesh/models";
import type { Clock } from "@agentmesh/ports";
import { z } from "zod";
import { createMesh, type CreateMeshOptions } from "../src/mesh/create-mesh.ts";
import type { Mesh } from "../src/mesh/mesh.ts";
import { systemClock } from "../src/driver/system-clock.ts";
import { doomedStore, temporaryFolder } from "./test-mesh.ts";

const HOUR_MS = 3_600_000;
const EVERYTHING = { shapes: false, models: true, plans: true, tools: { ttlSeconds: 3_600 } } as const;

/** The system's clock, moved. */
class ShiftedClock implements Clock {
  byMs = 0;
  nowMs = (): number => systemClock.nowMs() + this.byMs;
  at = (atMs: number, callback: () => void): (() => void) => systemClock.at(atMs - this.byMs, callback);
}

interface CountedTool {
  readonly tool: LocalTool;
  /** The arguments of each call that was made. */
  readonly calls: JsonObject[];
}

interface ToolOptions {
  readonly name?: string;
  readonly effect?: ToolEffect;
  readonly description?: string;
  readonly run?: (args: JsonObject, call: number, signal: AbortSignal) => unknown;
}

/** `local.look`, unless it has another name. */
function counted({ name = "look", effect = "read", description = "Looks.", run }: ToolOptions = {}): CountedTool {
  const calls: JsonObject[] = [];
  const tool = defineTool({
    name,
    description,
    effect,
    input: z.looseObject({}),
    run: (args, { signal }) => {
      const call = calls.push(args as JsonObject);
      return run?.(args as JsonObject, call, signal) ?? `seen ${call}`;
    },
  });
  return { tool, calls };
}

function withOtherFunction({ tool, calls }: CountedTool): CountedTool {
  const { name, description, effect } = tool;
  const run = (args: JsonObject) => `seen otherwise ${calls.push(args)}`;
  return { tool: defineTool({ name, description, effect, input: z.looseObject({}), run }), calls };
}

/** A folder for a store, and meshes that share it one after the other. */
class Place {
  readonly store = join(temporaryFolder(), "store.db");
  readonly clock = new ShiftedClock();

  async with<T>(options: CreateMeshOptions, work: (mesh: Mesh) => Promise<T>): Promise<T> {
    await using mesh = await createMesh({
      store: this.store,
      clock: this.clock,
      environment: {},
      cache: EVERYTHING,
      ...options,
    });
    return await work(mesh);
  }

  /** Runs a goal or a plan to its end in a mesh of its own; resolves with its events. */
  run(work: string | PlanInput, options: CreateMeshOptions): Promise<readonly RunEvent[]> {
    return this.with(options, async (mesh) => {
      const run = mesh.run(work);
      await run.result.catch(() => undefined);
      return await mesh.events(run.id);
    });
  }

  change(sql: string): void {
    const database = new DatabaseSync(this.store);
    database.exec(sql);
    database.close();
  }
}

function planner(plan: object = { tasks: [{ id: "a", use: "local.look", args: { at: "x" } }] }): ScriptedModel {
  return scriptedModel((request) => (request.output === undefined ? "It is there [a]." : JSON.stringify(plan)));
}

function plansOf(model: ScriptedModel): number {
  return model.requests.filter(({ output }) => output !== undefined).length;
}

function look(args: JsonObject = { at: "x" }, more: object = {}): PlanInput {
  return { mesh: 1, tasks: [{ id: "a", use: "local.look", args, ...more }], output: { $from: "a" } };
}

function succeeded(events: readonly RunEvent[], task = "a") {
  const event = events.find((each) => each.type === "task.succeeded" && each.task === task);
  return event?.type === "task.succeeded" ? event : undefined;
}

describe("a goal that is asked again", () => {
  test("costs no call of the planner and none of a tool that only reads, and its journal says so", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    const model = planner();
    const options = { tools: [tool], modelInstances: { m: model } };
    const [first] = await place.run("Where is x?", options);
    const again = await place.run("Where  is x", options);
    expect([calls.length, plansOf(model)]).toEqual([1, 1]);
    expect(again.find(({ type }) => type === "plan.proposed")).toMatchObject({ by: "cache" });
    expect(succeeded(again)?.cache).toEqual({ run: first?.run, ageMs: expect.any(Number) });
    const view = await place.with(options, (mesh) => mesh.show(again[0]?.run ?? ""));
    expect(view).toMatchObject({
      status: "succeeded",
      usage: { toolCalls: 0, cacheHits: 1, inputTokens: expect.any(Number) },
    });
    expect(view.tasks["a"]?.cache?.run).toBe(first?.run);
  });

  test("is planned anew when its tools are others, and when nothing is said of caches", async () => {
    const place = new Place();
    const model = planner();
    const run = (options: CreateMeshOptions) => place.run("Where is x?", { modelInstances: { m: model }, ...options });
    await run({ tools: [counted().tool], cache: { plans: true } });
    await run({ tools: [counted({ description: "Looks well." }).tool], cache: { plans: true } });
    await run({ tools: [counted().tool, counted({ name: "other" }).tool], cache: { plans: true } });
    await run({ tools: [counted().tool], cache: {} });
    await run({ tools: [counted().tool], cache: { plans: true, enabled: false } });
    expect(plansOf(model)).toBe(5);
    await run({ tools: [counted().tool], cache: { plans: true } });
    expect(plansOf(model)).toBe(5);
  });

  test("is planned anew for another model, another policy and another goal", async () => {
    const place = new Place();
    const tools = [counted().tool];
    const models = [planner(), { ...planner(), id: "scripted:other" }];
    const ask = async (goal: string, more: CreateMeshOptions, model = models[0]) =>
      (await place.run(goal, { tools, modelInstances: { m: model ?? planner() }, ...more })).some(
        (event) => event.type === "plan.proposed" && event.by === "cache",
      );
    expect(await ask("Where is x?", {})).toBe(false);
    expect(await ask("Where is X?", {})).toBe(false);
    expect(await ask("Where is x?", { policy: { plannedTasksMax: 9 } })).toBe(false);
    expect(await ask("Where is x?", {}, models[1])).toBe(false);
    expect(await ask("Where is x?", {})).toBe(true);
  });

  test("is planned anew after its plan has failed once, or when its plan was never run", async () => {
    const place = new Place();
    const model = planner();
    let isBroken = false;
    const tool = counted({
      run: () => {
        if (isBroken) throw new Error("broken");
        return "fine";
      },
    }).tool;
    const options = {
      tools: [tool],
      modelInstances: { m: model },
      cache: { plans: true },
      policy: { patchesMax: 0, retryMax: 0 },
    };
    await place.with(options, (mesh) => mesh.plan("Where is x?").result);
    expect(plansOf(model)).toBe(1);
    await place.run("Where is x?", options);
    expect(plansOf(model)).toBe(2);
    isBroken = true;
    await place.run("Where is x?", options);
    isBroken = false;
    expect(plansOf(model)).toBe(2);
    await place.run("Where is x?", options);
    expect(plansOf(model)).toBe(3);
    await place.run("Where is x?", options);
    expect(plansOf(model)).toBe(3);
  });

  test("is planned anew when what was kept is no plan any more", async () => {
    const place = new Place();
    const model = planner();
    const options = { tools: [counted().tool], modelInstances: { m: model }, cache: { plans: true } };
    for (const body of ["{", "[]", '{"mesh":1,"tasks":[{"id":"a","use":"local.gone"}]}']) {
      await place.run("Where is x?", options);
      place.change(`UPDATE cache SET body = '${body}'`);
    }
    const events = await place.run("Where is x?", options);
    expect(plansOf(model)).toBe(4);
    expect(events.filter(({ type }) => type === "plan.rejected")).toEqual([]);
  });

  test("a value that the planner asks for is asked for again", async () => {
    const place = new Place();
    const model = scriptedModel(() => JSON.stringify({ missing: ["which x"] }));
    const options = { tools: [counted().tool], modelInstances: { m: model }, cache: { plans: true } };
    for (const _time of [1, 2]) await place.run("Where is x?", options);
    expect(model.requests).toHaveLength(2);
  });
});

describe("a tool's result is given again", () => {
  test("for the same tool, arguments and tenant only", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    await place.run(look({ at: "x", deep: { b: 1, a: 2 } }), { tools: [tool] });
    await place.run(look({ deep: { a: 2, b: 1 }, at: "x" }), { tools: [tool] });
    expect(calls).toHaveLength(1);
    await place.run(look({ at: "y" }), { tools: [tool] });
    expect(calls).toHaveLength(2);
    const others = await place.run(look({ at: "y" }), { tools: [tool], tenant: "other" });
    expect(calls).toHaveLength(3);
    expect(succeeded(others)?.cache).toBeUndefined();
  });

  test.each<[string, CountedTool]>([
    ["says something else of itself", counted({ description: "Looks twice." })],
    ["is another function", withOtherFunction(counted())],
  ])("not when the tool %s; then it is stale, and can be cleared", async (_what, now) => {
    const place = new Place();
    await place.run(look(), { tools: [counted().tool] });
    await place.with({ tools: [now.tool] }, async (mesh) => {
      expect(await mesh.cache.list()).toMatchObject([{ kind: "tool", name: "local.look", state: "stale", hits: 0 }]);
      const run = mesh.run(look());
      await run.result;
      expect(now.calls).toHaveLength(1);
      expect((await mesh.cache.list()).map(({ state }) => state).sort()).toEqual(["fresh", "stale"]);
      expect(await mesh.cache.clear({ isStale: true })).toBe(1);
      expect(await mesh.cache.list()).toMatchObject([{ state: "fresh" }]);
    });
  });

  test("until its time is over, as whoever asks sees it", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    await place.run(look(), { tools: [tool] });
    place.clock.byMs = HOUR_MS / 2;
    await place.run(look({ at: "x" }, { cache: { ttlMs: 1_000 } }), { tools: [tool] });
    expect(calls).toHaveLength(2);
    const events = await place.run(look(), { tools: [tool] });
    expect(succeeded(events)?.cache?.ageMs).toBeGreaterThanOrEqual(0);
    expect(calls).toHaveLength(2);
    place.clock.byMs += HOUR_MS;
    await place.run(look(), { tools: [tool] });
    expect(calls).toHaveLength(3);
  });

  test.each<[string, CreateMeshOptions["cache"], ToolEffect, object, number]>([
    ["not where nobody says so", {}, "read", {}, 2],
    ["where the plan says so", {}, "read", { cache: true }, 1],
    ["where the plan says so, of any tool", {}, "destructive", { cache: true }, 1],
    ["not where the plan says no", EVERYTHING, "read", { cache: false }, 2],
    ["not of a tool that may write", EVERYTHING, "write", {}, 2],
    ["not of an idempotent one", EVERYTHING, "idempotent", {}, 2],
    ["not of one that is left out", { tools: { ttlSeconds: 9, except: ["local.look"] } }, "read", {}, 2],
    ["not of a server that is left out", { tools: { ttlSeconds: 9, except: ["local.*"] } }, "read", {}, 2],
    ["not when caches are off, whatever a plan says", { ...EVERYTHING, enabled: false }, "read", { cache: true }, 2],
    ["not to a task that waits for a change", EVERYTHING, "read", { repeat: { until: "true", maxTimes: 1 } }, 2],
  ])("%s", async (_what, cache, effect, more, made) => {
    const place = new Place();
    const { tool, calls } = counted({ effect });
    for (const _time of [1, 2])
      await place.run(look({ at: "x" }, more), { tools: [tool], ...(cache === undefined ? {} : { cache }) });
    expect(calls).toHaveLength(made);
  });

  test("not of a plan's word when a model wrote the plan", async () => {
    const place = new Place();
    const { tool, calls } = counted({ effect: "write" });
    const plan = { kind: "plan", plan: look({ at: "x" }, { cache: true }) } as const;
    const nodes = { planner: { plan: () => Promise.resolve(plan) } };
    for (const _time of [1, 2]) await place.run("Look", { tools: [tool], nodes, modelInstances: { m: planner() } });
    expect(calls).toHaveLength(2);
  });

  test("not when it failed", async () => {
    const place = new Place();
    const { tool, calls } = counted({
      run: (_args, call) => {
        if (call === 1) throw new Error("not yet");
        return "fine";
      },
    });
    const options = { tools: [tool], policy: { retryMax: 0 } };
    await place.run(look(), options);
    expect((await place.run(look(), options)).at(-1)).toMatchObject({ type: "run.succeeded" });
    expect(calls).toHaveLength(2);
  });

  test("never one that holds a secret, or was asked for with one", async () => {
    const place = new Place();
    const { tool } = counted({ run: ({ at }) => (at === "door" ? "the code is tangerine" : "nothing") });
    const environment = { OPENAI_API_KEY: "tangerine" };
    const model = planner();
    for (const at of ["door", "tangerine"]) await place.run(look({ at }), { tools: [tool], environment });
    await place.run("Look for tangerine", { tools: [tool], environment, modelInstances: { m: model } });
    await place.with({ tools: [tool] }, async (mesh) => {
      const kept = await mesh.cache.list();
      expect(kept.map(({ kind }) => kind)).toEqual(["tool"]); // what the goal looked up: nothing secret
    });
  });

  test("not when what was kept is damaged", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    for (const body of ["", "{}", '{"v":2,"run":"r","value":1}']) {
      await place.run(look(), { tools: [tool] });
      place.change(`UPDATE cache SET body = '${body}'`);
    }
    await place.run(look(), { tools: [tool] });
    expect(calls).toHaveLength(4);
  });

  test("and gives the call back to the budget", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    const tasks = ["x", "x", "y"].map((at, index) => ({
      id: `t${index}`,
      use: "local.look",
      args: { at },
      after: index === 0 ? [] : [`t${index - 1}`],
    }));
    const options = { tools: [tool], policy: { budget: { calls: 2 } } };
    const events = await place.run({ mesh: 1, tasks }, options);
    expect(events.at(-1)).toMatchObject({ type: "run.succeeded" });
    expect(calls).toHaveLength(2);
  });
});

describe("the same call at the same time", () => {
  test("is made once, also by several runs", async () => {
    const gate = Promise.withResolvers<string>();
    const { tool, calls } = counted({ run: () => gate.promise });
    await new Place().with({ tools: [tool] }, async (mesh) => {
      const runs = [mesh.run(look()), mesh.run(look()), mesh.run(look({ at: "y" }))];
      await expect.poll(() => calls.length).toBe(2);
      gate.resolve("seen");
      const results = await Promise.all(runs.map((run) => run.result));
      expect(results.map(({ output }) => (output as JsonObject)["text"])).toEqual(["seen", "seen", "seen"]);
      expect(results.reduce((sum, { usage }) => sum + usage.toolCalls, 0)).toBe(2);
      expect(calls).toHaveLength(2);
    });
  });

  test("is made by the next when whoever made it is cancelled", async () => {
    const gate = Promise.withResolvers<string>();
    const { tool, calls } = counted({
      run: (_args, call, signal) =>
        call > 1
          ? gate.promise
          : new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => reject(new Error("stopped")));
            }),
    });
    await new Place().with({ tools: [tool] }, async (mesh) => {
      const first = mesh.run(look());
      await expect.poll(() => calls.length).toBe(1);
      const others = [mesh.run(look()), mesh.run(look())];
      for (const other of others) await expect.poll(() => other.view?.tasks["a"]?.status).toBe("running");
      first.cancel("enough");
      expect((await first.result).status).toBe("cancelled");
      await expect.poll(() => calls.length).toBe(2);
      gate.resolve("seen");
      for (const other of others)
        expect(await other.result).toMatchObject({ status: "succeeded", output: { text: "seen" } });
      expect(calls).toHaveLength(2);
    });
  });
});

describe("a cache never fails a run", () => {
  test("not when it is gone, which is told once", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    const tasks = ["a", "b", "c"].map((id) => ({ id, use: "local.look", args: { id } }));
    await place.run(look(), { tools: [tool] });
    place.change("DROP TABLE cache");
    await place.with({ tools: [tool] }, async (mesh) => {
      const run = mesh.run({ mesh: 1, tasks });
      const notes: string[] = [];
      for await (const signal of run) if (signal.type === "node.note") notes.push(signal.message);
      expect((await run.result).status).toBe("succeeded");
      expect(notes).toEqual([expect.stringContaining("The cache cannot be used")]);
    });
    expect(calls).toHaveLength(4);
  });

  test("nor repeats what a process did that died in the middle", async () => {
    const place = new Place();
    const { tool, calls } = counted();
    const stuck = counted({ name: "stuck", effect: "write", run: () => new Promise(() => undefined) });
    await place.run(look(), { tools: [tool] });
    const plan: PlanInput = { mesh: 1, tasks: [...look().tasks, { id: "b", use: "local.stuck", after: ["a"] }] };
    const dying = await createMesh({
      storeInstance: doomedStore(place.store),
      environment: {},
      cache: EVERYTHING,
      tools: [tool, stuck.tool],
    });
    const run = dying.run(plan);
    await expect.poll(() => stuck.calls.length).toBe(1);
    await place.with({ tools: [tool, stuck.tool] }, async (mesh) => {
      const [taken] = await mesh.recover();
      expect(await taken?.result).toMatchObject({ status: "suspended", usage: { toolCalls: 1, cacheHits: 1 } });
      expect(run.id).toBe(taken?.id);
    });
    expect(calls).toHaveLength(1);
  });
});

test("answers of models are given again at no cost, to the same tenant", async () => {
  const place = new Place();
  const model = scriptedModel(() => "five words");
  const plan: PlanInput = { mesh: 1, tasks: [{ id: "a", use: "mesh.generate", args: { prompt: "Say" } }] };
  const options = {
    modelInstances: { m: model },
    cache: { models: "sampled" },
    policy: { budget: { tokens: 5_000 } },
  } as const;
  const first = await place.run(plan, options);
  const again = await place.run(plan, options);
  expect(model.requests).toHaveLength(1);
  expect(first.some(({ type }) => type === "budget.reserved")).toBe(true);
  expect(again.some(({ type }) => type === "budget.reserved")).toBe(false);
  expect(again.find(({ type }) => type === "model.called")).toMatchObject({
    cache: "hit",
    usage: { inputTokens: 0, outputTokens: 0 },
  });
  await place.run(plan, { ...options, tenant: "other" });
  expect(model.requests).toHaveLength(2);
  await place.run(plan, { ...options, cache: { models: true } });
  expect(model.requests).toHaveLength(3);
});

test("what is kept can be looked at and thrown away", async () => {
  const place = new Place();
  const { tool } = counted();
  await place.run("Where is x?", { tools: [tool], modelInstances: { m: planner() } });
  place.clock.byMs = HOUR_MS / 2;
  await place.with({ tools: [tool], modelInstances: { m: planner() } }, async (mesh) => {
    const entries = await mesh.cache.list();
    const kinds = Map.groupBy(entries, ({ kind }) => kind);
    const listed = (["model", "plan", "tool"] as const).flatMap((kind) => kinds.get(kind) ?? []);
    expect(listed.map(({ kind, name, state }) => [kind, name, state])).toEqual([
      ["model", "scripted:script", "fresh"],
      ["plan", "Where is x", "fresh"],
      ["tool", "local.look", "fresh"],
    ]);
    expect((await mesh.cache.stats()).map(({ kind, rows }) => [kind, rows])).toEqual([
      ["model", 1],
      ["plan", 1],
      ["tool", 1],
    ]);
    expect(await mesh.cache.clear({ olderThanMs: HOUR_MS })).toBe(0);
    expect(await mesh.cache.clear({ kind: "plan", olderThanMs: HOUR_MS / 4 })).toBe(1);
    expect(await mesh.cache.clear()).toBe(2);
    expect(await mesh.cache.list()).toEqual([]);
  });
});
