/** Tasks whose calls have runs of their own: what they may use up, how they wait, and how they end with their parent. */
import { describe, expect, test } from "vitest";
import { ChildWaits, Engine, type FakeTool, ToolFailure } from "./engine.ts";

const workflow = (more: Partial<FakeTool> = {}): FakeTool => ({
  spec: { server: "workflow", runs: "workflow", effect: "idempotent" },
  ...more,
});
const task = (id: string, use = "workflow:w", more: object = {}) => ({ id, use, args: {}, ...more });
const plan = (...tasks: readonly object[]) => ({ mesh: 1, tasks }) as never;

/** What was set aside for each run that was started, in order. */
function shares(engine: Engine) {
  return engine.events.flatMap((event) =>
    event.type === "child.started" ? [{ task: event.task, tokens: event.tokens, calls: event.calls }] : [],
  );
}

describe("the budget of a run that another one starts", () => {
  test("is an equal share of what is left, and what it did not use is there for the next", () => {
    const tools = { "workflow:w": workflow({ usage: { inputTokens: 60, outputTokens: 40, toolCalls: 2 } }) };
    const engine = Engine.run({
      plan: plan(task("a"), task("b"), task("c", "workflow:w", { after: ["a", "b"] })),
      tools,
      policy: { budget: { tokens: 900, calls: 33 } },
    });
    expect(shares(engine)).toEqual([
      { task: "a", tokens: 300, calls: 10 },
      { task: "b", tokens: 300, calls: 10 },
      { task: "c", tokens: 700, calls: 26 },
    ]);
    expect(engine.state.usage).toMatchObject({ inputTokens: 180, outputTokens: 120, toolCalls: 9 });
    expect(engine.view.status).toBe("succeeded");
  });

  test("of elements is divided among those that run at once", () => {
    const engine = Engine.run({
      plan: plan(task("all", "workflow:w", { each: { in: [1, 2, 3, 4, 5], concurrency: 2 } })),
      tools: { "workflow:w": workflow({ usage: { inputTokens: 10 } }) },
      policy: { budget: { tokens: 100 } },
    });
    expect(shares(engine).map(({ tokens }) => tokens)).toEqual([50, 50, 40, 40, 30]);
    for (const budget of engine.view.budget) expect(budget.used).toBe(50);
  });

  test("counts for no more than was set aside, whatever the other side says", () => {
    const engine = Engine.run({
      plan: plan(task("a"), task("b")),
      tools: { "workflow:w": workflow({ usage: { inputTokens: 1_000_000, toolCalls: 1_000 } }) },
      policy: { budget: { tokens: 100, calls: 10 } },
    });
    expect(engine.view.budget).toMatchObject([
      { kind: "tokens", used: 100, reserved: 0 },
      { kind: "calls", used: 10, reserved: 0 },
    ]);
  });

  test("is used up in full when nobody can say any more what became of it", () => {
    const engine = Engine.run({
      plan: plan(task("a")),
      tools: {
        "workflow:w": workflow({
          run: () => {
            throw new ToolFailure("gone", "unknown");
          },
        }),
      },
      policy: { budget: { tokens: 100 } },
    });
    expect(engine.view.status).toBe("failed");
    expect(engine.view.budget).toMatchObject([{ used: 100, reserved: 0 }]);
  });
});

describe("a run that waits for somebody", () => {
  const waiting = (): Record<string, FakeTool> => ({
    "workflow:w": workflow({
      usage: { toolCalls: 3 },
      run: (_args, { calls }) => {
        if (calls === 1) throw new ChildWaits();
        return { calls };
      },
    }),
  });

  test("lets its parent wait, holds no slot, and is asked again under the same key when it goes on", () => {
    const engine = Engine.run({ plan: plan(task("a"), task("b", "t.other")), tools: { ...waiting(), "t.other": {} } });
    expect(engine.view.status).toBe("suspended");
    expect(engine.view.waits).toMatchObject([{ for: "child", name: "a", child: "child-a-1" }]);
    expect(engine.children).toEqual([{ type: "watch-child", child: "child-a-1" }]);
    expect(engine.statuses).toEqual({ a: "waiting", b: "succeeded" });
    engine.feed({ type: "continue", child: "another" });
    expect(engine.view.status).toBe("suspended");
    engine.feed({ type: "continue", child: "child-a-1" });
    engine.drain();
    expect(engine.view.status).toBe("succeeded");
    expect(engine.calls.filter((call) => call.task === "a").map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      "run-1:a:1",
      "run-1:a:1",
    ]);
    expect(engine.types("child.")).toEqual(["child.started a", "child.settled a"]);
    expect(engine.state.usage.toolCalls).toBe(1 + 3 + 1);
  });

  test("does not cost a call when its result is asked for again, even if none is left", () => {
    const engine = Engine.run({ plan: plan(task("a")), tools: waiting(), policy: { budget: { calls: 4 } } });
    engine.feed({ type: "continue", child: "child-a-1" });
    engine.drain();
    expect(engine.view.status).toBe("succeeded");
    expect(engine.view.budget).toMatchObject([{ used: 4, reserved: 0 }]);
  });

  test("is told to end before the run that is cancelled ends", () => {
    const engine = Engine.run({ plan: plan(task("a")), tools: waiting() });
    engine.feed({ type: "cancel", reason: "enough" });
    expect(engine.children.at(-1)).toEqual({ type: "end-child", child: "child-a-1" });
    expect(engine.types().at(-1)).toBe("run.cancel_requested");
    engine.feed({ type: "child-ended", child: "child-a-1" });
    expect(engine.types().slice(-3)).toEqual(["child.settled a", "task.cancelled a", "run.cancelled"]);
  });

  test("is told to end as well when the process had died that drove it and its parent", () => {
    const engine = Engine.run({ plan: plan(task("a")), tools: { "workflow:w": workflow({ takesMs: 1_000 }) } }, "r");
    const upTo = engine.events.findIndex(({ type }) => type === "child.started") + 1;
    const again = Engine.resumed(engine, upTo);
    again.feed({ type: "cancel", reason: "enough" });
    again.feed({ type: "recover" });
    expect(again.children).toEqual([{ type: "end-child", child: "child-a-1" }]);
    again.feed({ type: "child-ended", child: "child-a-1" });
    expect(again.types().at(-1)).toBe("run.cancelled");
  });
});

test("a run may not be deeper than the policy says", () => {
  const engine = Engine.run({
    plan: plan(task("a")),
    tools: { "workflow:w": workflow() },
    policy: { maxDepth: 0 },
  });
  expect(engine.view.tasks["a"]?.error?.code).toBe("AM_DEPTH_EXCEEDED");
  expect(engine.calls).toEqual([]);
});
