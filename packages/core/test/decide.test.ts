import { describe, expect, test } from "vitest";
import { encodeEvent, decodeEvent, evolve, RunState, runView, isTerminal } from "../src/index.ts";
import { Engine, ToolFailure } from "./engine.ts";

const a = (id: string, more: object = {}) => ({ id, use: "t.a", ...more });
const from = (path: string) => ({ $from: path });
const fails = {
  "t.a": {},
  "t.bad": {
    run: () => {
      throw new ToolFailure("on fire");
    },
  },
};

describe("order", () => {
  test("a diamond takes its longest path, not the sum of its layers", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("A"),
        a("B", { use: "t.slow", after: ["A"] }),
        a("C", { use: "t.half", after: ["A"] }),
        a("D", { use: "t.half", after: ["C"] }),
        a("E", { after: ["B", "D"] }),
      ],
    };
    const engine = Engine.run({
      plan,
      tools: { "t.a": { takesMs: 10 }, "t.slow": { takesMs: 1000 }, "t.half": { takesMs: 500 } },
    });
    expect(engine.view.status).toBe("succeeded");
    expect(engine.nowMs - 1_000_000).toBe(1020);
  });

  test("the longest path goes first when slots are scarce", () => {
    const plan = { mesh: 1 as const, tasks: [a("x"), a("y"), a("long"), a("next", { after: ["long"] })] };
    const engine = Engine.run({ plan, tools: fails, policy: { concurrency: { run: 1 } } });
    expect(engine.calls.map((call) => call.task)).toEqual(["long", "x", "y", "next"]);
  });

  test("limits of run, server and tool hold", () => {
    const tasks = Array.from({ length: 20 }, (_, index) => a(`k${index}`, { use: index % 2 === 0 ? "t.a" : "u.b" }));
    const tools = { "t.a": {}, "u.b": {} };
    expect(Engine.run({ plan: { mesh: 1, tasks }, tools, policy: { concurrency: { run: 5 } } }).runningMax).toBe(5);
    expect(
      Engine.run({
        plan: { mesh: 1, tasks },
        tools,
        policy: { concurrency: { run: 50, servers: { t: 2 }, tools: { "u.b": 1 } } },
      }).runningMax,
    ).toBe(3);
  });

  test("values flow along references", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("hits", { use: "t.list" }),
        a("one", {
          args: { x: from("hits.items[1].n"), text: "n={{ hits.items[0].n }}", raw: { $literal: { $from: "no" } } },
        }),
      ],
      output: from("one.ok"),
    };
    const engine = Engine.run({
      plan,
      tools: { "t.a": {}, "t.list": { run: () => ({ items: [{ n: 1 }, { n: 2 }] }) } },
    });
    expect(engine.calls.at(-1)?.args).toEqual({ x: 2, text: "n=1", raw: { $from: "no" } });
  });
});

describe("failure", () => {
  test("a failed task fails what depends on it, other branches finish, the run fails", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("bad", { use: "t.bad" }),
        a("after", { after: ["bad"] }),
        a("after2", { after: ["after"] }),
        a("other"),
        a("other2", { after: ["other"] }),
      ],
    };
    const engine = Engine.run({ plan, tools: fails });
    expect(engine.view.status).toBe("failed");
    expect(engine.statuses).toEqual({
      bad: "failed",
      after: "failed",
      after2: "failed",
      other: "succeeded",
      other2: "succeeded",
    });
    expect(engine.view.tasks["after"]?.error?.code).toBe("AM_DEPENDENCY_FAILED");
    expect(engine.view.error?.message).toContain("on fire");
  });

  test("the run succeeds when its output does not need what failed", () => {
    const plan = { mesh: 1 as const, tasks: [a("bad", { use: "t.bad" }), a("good")], output: from("good.ok") };
    expect(Engine.run({ plan, tools: fails }).view.status).toBe("succeeded");
    expect(Engine.run({ plan: { ...plan, output: from("bad.ok") }, tools: fails }).view.status).toBe("failed");
  });

  test("onError null goes on with null, onError use asks another tool", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("bad", { use: "t.bad", onError: "null" }),
        a("next", { args: { v: from("bad") } }),
        a("second", { use: "t.bad", onError: { use: "t.a", args: { x: 1 } } }),
      ],
    };
    const engine = Engine.run({ plan, tools: fails });
    expect(engine.view.status).toBe("succeeded");
    expect(engine.calls.find((call) => call.task === "next")?.args).toEqual({ v: null });
    expect(engine.calls.filter((call) => call.task === "second").map((call) => call.use)).toEqual(["t.bad", "t.a"]);
  });

  test("a skip propagates unless join is any", () => {
    const plan = {
      mesh: 1 as const,
      inputs: { go: {} },
      tasks: [
        a("no", { when: "inputs.go" }),
        a("yes"),
        a("all", { after: ["no", "yes"] }),
        a("any", { after: ["no", "yes"], join: "any" }),
        a("none", { after: ["no"], join: "any" }),
      ],
    };
    const engine = Engine.run({ plan, inputs: { go: false }, tools: fails });
    expect(engine.statuses).toEqual({
      no: "skipped",
      yes: "succeeded",
      all: "skipped",
      any: "succeeded",
      none: "skipped",
    });
    expect(engine.view.status).toBe("succeeded");
  });

  test("an error that may pass is tried again, others only where the plan says so", () => {
    let calls = 0;
    const flaky = {
      run: () => {
        if (++calls < 3) throw new ToolFailure("busy", "refused", true);
        return {};
      },
    };
    expect(
      Engine.run({ plan: { mesh: 1, tasks: [a("x", { use: "t.f" })] }, tools: { "t.f": flaky } }).view.status,
    ).toBe("succeeded");
    expect(calls).toBe(3);
    const bad = Engine.run({ plan: { mesh: 1, tasks: [a("x", { use: "t.bad" })] }, tools: fails });
    expect(bad.calls).toHaveLength(1);
    const retried = Engine.run({
      plan: { mesh: 1, tasks: [a("x", { use: "t.bad", retry: { max: 3 } })] },
      tools: fails,
    });
    expect(retried.calls).toHaveLength(4);
    const gaps = retried.calls.slice(1).map((call, index) => call.atMs - (retried.calls[index]?.atMs ?? 0));
    expect(gaps[2]).toBeGreaterThan(gaps[0] ?? 0);
  });

  test("a write that failed is not repeated unasked, even when its error may pass", () => {
    const tool = (effect: "write" | "idempotent") => ({
      spec: { effect },
      run: () => {
        throw new ToolFailure("half", "failed", true);
      },
    });
    const plan = { mesh: 1 as const, tasks: [a("x", { use: "t.f" })] };
    expect(Engine.run({ plan, tools: { "t.f": tool("write") } }).calls).toHaveLength(1);
    expect(Engine.run({ plan, tools: { "t.f": tool("idempotent") } }).calls).toHaveLength(3);
  });

  test("arguments that break the schema once they are resolved are refused before the call", () => {
    const strict = { spec: { inputSchema: { type: "object", properties: { n: { type: "integer" } } } } };
    const engine = Engine.run({
      plan: { mesh: 1, tasks: [a("x"), a("y", { use: "t.strict", args: { n: from("x.ok") } })] },
      tools: { "t.a": {}, "t.strict": strict },
    });
    expect(engine.calls.map((call) => call.task)).toEqual(["x"]);
    expect(engine.view.tasks["y"]?.error?.code).toBe("AM_ARGUMENT_INVALID");
  });
});

describe("each and repeat", () => {
  const list = {
    "t.list": { run: () => ({ items: [1, 2, 3, 4, 5] }) },
    "t.a": {},
    "t.double": { run: (args: { n?: unknown }) => ({ n: Number(args.n) * 2 }) },
  };
  const each = { in: from("list.items"), as: "n", concurrency: 2 };

  test("a map keeps order, obeys its concurrency, and gives a list", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("list", { use: "t.list" }),
        a("all", { use: "t.double", each, args: { n: from("n"), at: from("index") } }),
        a("sum", { args: { v: from("all[4].n"), all: from("all") } }),
      ],
    };
    const engine = Engine.run({ plan, tools: list });
    expect(engine.view.status).toBe("succeeded");
    expect(engine.runningMax).toBe(2);
    expect(engine.calls.at(-1)?.args).toEqual({ v: 10, all: [{ n: 2 }, { n: 4 }, { n: 6 }, { n: 8 }, { n: 10 }] });
    expect(engine.types("task.expanded")).toEqual(["task.expanded all"]);
  });

  test("an empty list is done at once", () => {
    const plan = { mesh: 1 as const, tasks: [a("all", { each: { in: [] } }), a("next", { args: { v: from("all") } })] };
    const engine = Engine.run({ plan, tools: list });
    expect(engine.calls.map((call) => call.args)).toEqual([{ v: [] }]);
  });

  test("a failed element fails its each, and no other element starts; onError null keeps the rest", () => {
    const tools = {
      ...list,
      "t.three": {
        run: (args: { n?: unknown }) => {
          if (args.n === 2) throw new ToolFailure("two");
          return args.n as number;
        },
      },
    };
    const plan = {
      mesh: 1 as const,
      tasks: [
        a("list", { use: "t.list" }),
        a("all", { use: "t.three", each, args: { n: from("n") } }),
        a("next", { after: ["all"] }),
      ],
    };
    const engine = Engine.run({ plan, tools });
    expect(engine.view.status).toBe("failed");
    expect(engine.statuses).toMatchObject({ all: "failed", "all[1]": "failed", "all[4]": "skipped", next: "failed" });
    const kept = Engine.run({
      plan: {
        mesh: 1,
        tasks: plan.tasks.map((task) => (task.id === "all" ? { ...task, onError: "null" as const } : task)),
      },
      tools,
    });
    expect(kept.view.status).toBe("succeeded");
    expect(kept.value("all")).toEqual([1, null, 3, 4, 5]);
  });

  test("more than maxItems is an error, and nothing is called", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [a("list", { use: "t.list" }), a("all", { each: { ...each, maxItems: 4 } })],
    };
    const engine = Engine.run({ plan, tools: list });
    expect(engine.view.tasks["all"]?.error?.message).toContain("5 items, more than the 4 allowed");
    expect(engine.calls).toHaveLength(1);
  });

  test("repeat goes on until its condition holds, and fails when it never does", () => {
    const poll = { "t.poll": { run: (_: object, { calls }: { calls: number }) => ({ done: calls === 3 }) } };
    const plan = (maxTimes: number) => ({
      mesh: 1 as const,
      tasks: [a("p", { use: "t.poll", repeat: { until: "p.done", maxTimes, delayMs: 100 } })],
    });
    const engine = Engine.run({ plan: plan(5), tools: poll });
    expect([engine.view.status, engine.calls.length]).toEqual(["succeeded", 3]);
    const exhausted = Engine.run({ plan: plan(2), tools: poll });
    expect([exhausted.view.status, exhausted.view.tasks["p"]?.error?.code]).toEqual(["failed", "AM_REPEAT_EXHAUSTED"]);
  });
});

describe("unknown outcomes (promise 3)", () => {
  const lost = (effect: "read" | "write") => ({
    spec: { effect },
    run: (_: object, { calls }: { calls: number }) => {
      if (calls === 1) throw new ToolFailure("gone", "unknown", true);
      return {};
    },
  });
  const plan = { mesh: 1 as const, tasks: [a("x", { use: "t.lost", retry: { max: 2 } })] };

  test("a read is repeated under the same key", () => {
    const engine = Engine.run({ plan, tools: { "t.lost": lost("read") } });
    expect(engine.view.status).toBe("succeeded");
    expect(new Set(engine.calls.map((call) => call.idempotencyKey)).size).toBe(1);
  });

  test("a write is in doubt, never repeated, and a person decides", () => {
    const engine = Engine.run({ plan, tools: { "t.lost": lost("write") } });
    expect([engine.view.status, engine.statuses["x"], engine.calls.length]).toEqual(["suspended", "in_doubt", 1]);
    engine.feed({ type: "resolve", task: "x", as: "done" });
    engine.drain();
    expect([engine.view.status, engine.calls.length]).toEqual(["succeeded", 1]);
  });

  test("a plan by a model cannot declare a tool harmless", () => {
    const planner = () => ({
      kind: "plan" as const,
      plan: { mesh: 1, tasks: [{ id: "x", use: "t.lost", effect: "read" }] },
    });
    expect(Engine.run({ goal: "g", planner, tools: { "t.lost": lost("write") } }).statuses["x"]).toBe("in_doubt");
  });
});

describe("cancel (promise 4)", () => {
  test("after the request no task starts, calls in flight settle, then run.cancelled is the last event", () => {
    const plan = {
      mesh: 1 as const,
      tasks: [a("w", { use: "t.quick" }), a("x"), a("y", { after: ["x"] }), a("z", { use: "t.slow" })],
    };
    const cancel = (self: Engine): void => {
      if (self.statuses["w"] === "succeeded" && self.state.status === "running")
        self.feed({ type: "cancel", reason: "enough" });
    };
    const engine = Engine.run({
      plan,
      tools: { "t.quick": { takesMs: 5 }, "t.a": {}, "t.slow": { takesMs: 500 } },
      onTurn: cancel,
    });
    const types = engine.types();
    expect(
      types.slice(types.indexOf("run.cancel_requested")).filter((type) => type.startsWith("task.started")),
    ).toEqual([]);
    expect(types.at(-1)).toBe("run.cancelled");
    expect(types.filter((type) => type.startsWith("run.") && isTerminal({ type: type as never }))).toHaveLength(1);
    expect(engine.statuses).toEqual({ w: "succeeded", x: "succeeded", y: "cancelled", z: "succeeded" });
    engine.feed({ type: "cancel", reason: "again" });
    expect(engine.events.at(-1)?.type).toBe("run.cancelled");
  });
});

describe("planning", () => {
  const good = { mesh: 1, tasks: [{ id: "x", use: "t.a" }] };

  test("a rejected plan goes back to the planner as codes and paths, a bounded number of times", () => {
    const seen: string[][] = [];
    const planner = (findings: readonly { code: string; path: string }[]) => {
      seen.push(findings.map((finding) => `${finding.code} ${finding.path}`));
      return { kind: "plan" as const, plan: seen.length < 3 ? { mesh: 1, tasks: [{ id: "x", use: "t.b" }] } : good };
    };
    const engine = Engine.run({ goal: "g", planner, tools: { "t.a": {} } });
    expect(engine.view.status).toBe("succeeded");
    expect(seen).toEqual([[], ["AM_UNKNOWN_TOOL /tasks/0/use"], ["AM_UNKNOWN_TOOL /tasks/0/use"]]);
    const never = Engine.run({
      goal: "g",
      planner: () => ({ kind: "plan", plan: { mesh: 1, tasks: [{ id: "x", use: "t.b" }] } }),
      tools: { "t.a": {} },
    });
    expect([never.view.status, never.view.error?.code, never.calls.length]).toEqual(["failed", "AM_PLAN_REJECTED", 0]);
  });

  test("a failed task is patched: finished tasks keep their results and never run again", () => {
    let asked = 0;
    const planner = () => {
      const first = {
        mesh: 1,
        tasks: [
          { id: "ok", use: "t.a" },
          { id: "bad", use: "t.bad" },
          { id: "end", use: "t.a", args: { v: { $from: "bad" }, w: { $from: "ok" } } },
        ],
      };
      const second = {
        mesh: 1,
        tasks: [
          { id: "bad2", use: "t.a" },
          { id: "end", use: "t.a", args: { v: { $from: "bad2" }, w: { $from: "ok" } } },
        ],
      };
      return { kind: "plan" as const, plan: asked++ === 0 ? first : second };
    };
    const engine = Engine.run({ goal: "g", planner, tools: fails });
    expect(engine.view.status).toBe("succeeded");
    expect(engine.calls.map((call) => call.task)).toEqual(["ok", "bad", "bad2", "end"]);
    expect(engine.events.find((event) => event.type === "plan.patched")).toMatchObject({
      revision: 2,
      added: ["bad2"],
      removed: [],
      superseded: ["bad"],
    });
  });

  test("a goal that no tool fits ends so, with nothing called", () => {
    const engine = Engine.run({
      goal: "fly",
      planner: () => ({ kind: "no-tool-fits", reason: "nothing flies" }),
      tools: fails,
    });
    expect([engine.view.error?.code, engine.calls.length]).toEqual(["AM_NO_TOOL_FITS", 0]);
  });
});

test("a journal folds to the same view, and survives its stored form", () => {
  const plan = {
    mesh: 1 as const,
    tasks: [
      a("list", { use: "t.list" }),
      a("all", { each: { in: from("list") } }),
      a("bad", { use: "t.bad", retry: { max: 1 } }),
      a("no", { when: "list | length > 9" }),
    ],
    output: from("all"),
  };
  const engine = Engine.run({ plan, tools: { ...fails, "t.list": { run: () => [1, 2, 3] } } });
  const again = new RunState();
  for (const event of engine.events) evolve(again, decodeEvent(event.run, encodeEvent(event)));
  expect(runView(again)).toEqual(engine.view);
  expect(engine.events.map((event) => event.seq)).toEqual(engine.events.map((_, index) => index + 1));
});

test("an outcome that arrives twice, or for an attempt that is over, is no event", () => {
  const engine = Engine.run({ plan: { mesh: 1, tasks: [a("x")] }, tools: fails });
  const before = engine.events.length;
  engine.feed({ type: "call-succeeded", task: "x", attempt: 1, output: { hash: "h", bytes: 1 }, durationMs: 1 });
  engine.feed({ type: "call-succeeded", task: "unknown", attempt: 1, output: { hash: "h", bytes: 1 }, durationMs: 1 });
  expect(engine.events).toHaveLength(before);
});
