/** A task that is bound by a capability goes on with another tool, and when it must not. */
import { describe, expect, test } from "vitest";
import type { ToolEffect } from "../src/index.ts";
import { Engine, type EngineOptions, type FakeTool, ToolFailure } from "./engine.ts";

type Outcome = ToolFailure["outcome"];

function failing(outcome: Outcome, code: string, effect: ToolEffect = "read"): FakeTool {
  return {
    spec: { effect },
    run: () => {
      throw Object.assign(new ToolFailure(code, outcome, true), { code });
    },
  };
}

const FINDS: FakeTool = { spec: { effect: "read" }, run: () => ({ found: true }) };
const plan = { mesh: 1 as const, tasks: [{ id: "a", use: "capability:find" }] };
const capabilities = { "capability:find": ["one.find", "two.find", "three.find"] };

function run(tools: Readonly<Record<string, FakeTool>>, more: Partial<EngineOptions> = {}): Engine {
  return Engine.run({ plan, capabilities, tools: { "three.find": FINDS, ...tools }, policy: { retryMax: 0 }, ...more });
}

function toolsOf(engine: Engine): readonly string[] {
  return engine.calls.map(({ use }) => use);
}

const GONE = failing("refused", "AM_TOOL_UNAVAILABLE");

describe("a task of a capability goes on with the next tool", () => {
  test("when its server is gone, at once, and the journal says so", () => {
    const engine = run({ "one.find": GONE, "two.find": GONE });
    expect(engine.view.status).toBe("succeeded");
    expect(toolsOf(engine)).toEqual(["one.find", "two.find", "three.find"]);
    expect(engine.events.filter(({ type }) => type === "task.routed")).toMatchObject([
      { task: "a", from: "one.find", to: "two.find", reason: "AM_TOOL_UNAVAILABLE" },
      { task: "a", from: "two.find", to: "three.find", reason: "AM_TOOL_UNAVAILABLE" },
    ]);
    expect(engine.view.tasks["a"]).toMatchObject({ tool: "three.find", attempt: 3 });
  });

  test("when a write was refused before it was sent, under a new key", () => {
    const engine = run({ "one.find": failing("refused", "AM_TOOL_UNAVAILABLE", "write"), "two.find": FINDS });
    expect(toolsOf(engine)).toEqual(["one.find", "two.find"]);
    expect(new Set(engine.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  });

  test("when a read gave no answer, or only failures", () => {
    const engine = run(
      { "one.find": failing("unknown", "AM_TOOL_TIMEOUT"), "two.find": failing("failed", "AM_TOOL_FAILED") },
      { policy: { retryMax: 1 } },
    );
    expect(toolsOf(engine)).toEqual(["one.find", "two.find", "two.find", "three.find"]);
    expect(engine.view.status).toBe("succeeded");
  });

  test("which is checked with the arguments as they are now, and passed over when it refuses them", () => {
    const strict: FakeTool = {
      ...FINDS,
      spec: {
        effect: "read",
        inputSchema: { type: "object", properties: { limit: { type: "integer", maximum: 5 } } },
      },
    };
    const tasks = [
      { id: "n", use: "t.number" },
      { id: "a", use: "capability:find", args: { limit: { $from: "n.value" } } },
    ];
    const tools = { "t.number": { run: () => ({ value: 9 }) }, "one.find": GONE, "two.find": strict };
    const engine = run(tools, { plan: { mesh: 1, tasks } });
    expect(toolsOf(engine)).toEqual(["t.number", "one.find", "three.find"]);
    expect(engine.types("task.routed")).toHaveLength(2);
  });

  test("in every element of a list by itself, and the limits of each tool hold", () => {
    const tasks = [{ id: "a", use: "capability:find", each: { in: [1, 2, 3, 4], as: "n" } }];
    const engine = run(
      { "one.find": GONE, "two.find": FINDS },
      { plan: { mesh: 1, tasks }, policy: { concurrency: { tools: { "two.find": 1 } } } },
    );
    expect(engine.view.status).toBe("succeeded");
    expect(toolsOf(engine).filter((tool) => tool === "two.find")).toHaveLength(4);
    const started = engine.calls.filter(({ use }) => use === "two.find").map(({ atMs }) => atMs);
    expect(new Set(started).size).toBe(4);
  });
});

describe("a task of a capability stays with its tool", () => {
  test.each(["idempotent", "write", "destructive"] as const)(
    "after a call (%s) that may have had an effect",
    (effect) => {
      const engine = run({ "one.find": failing("unknown", "AM_TOOL_TIMEOUT", effect), "two.find": FINDS });
      expect(new Set(toolsOf(engine))).toEqual(new Set(["one.find"]));
      expect(engine.types("task.routed")).toEqual([]);
    },
  );

  test("when a repetition of such a call is refused", () => {
    const dying: FakeTool = {
      spec: { effect: "idempotent" },
      run: (_args, { calls }) => {
        const [outcome, code] =
          calls === 1 ? (["unknown", "AM_TOOL_TIMEOUT"] as const) : (["refused", "AM_TOOL_UNAVAILABLE"] as const);
        throw Object.assign(new ToolFailure(code, outcome, true), { code });
      },
    };
    const engine = run({ "one.find": dying, "two.find": FINDS }, { policy: { retryMax: 2 } });
    expect(toolsOf(engine)).toEqual(["one.find", "one.find", "one.find"]);
    expect(new Set(engine.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(engine.view.status).toBe("failed");
  });

  test("when it says itself that a write has failed", () => {
    const engine = run({ "one.find": failing("failed", "AM_TOOL_FAILED", "write"), "two.find": FINDS });
    expect(toolsOf(engine)).toEqual(["one.find"]);
  });

  test("when no other passes the check of its plan", () => {
    const other: FakeTool = { spec: { inputSchema: { type: "object", required: ["more"] } } };
    const engine = run({ "one.find": GONE, "two.find": other, "three.find": other });
    expect(toolsOf(engine)).not.toContain("two.find");
    expect(engine.view.status).toBe("failed");
  });
});

test("a run that is taken up knows the tool that a task goes on with", () => {
  const engine = run({ "one.find": GONE, "two.find": FINDS });
  const at = engine.events.findIndex(({ type }) => type === "task.routed") + 1;
  const resumed = Engine.resumed(engine, at);
  expect(resumed.view.tasks["a"]?.tool).toBe("two.find");
});

test("a fork takes over what another tool has given", () => {
  const engine = run({ "one.find": GONE, "two.find": FINDS });
  const { preview } = Engine.fork(engine, {
    plan: { ...engine.state.compiled?.plan, output: { $from: "a" } } as never,
  });
  expect(preview.runs).toEqual([]);
});
