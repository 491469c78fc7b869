/** A fork takes over what holds and runs the rest: what it says beforehand is what it does. */
import { describe, expect, test } from "vitest";
import {
  decodeEvent,
  encodeEvent,
  evolve,
  type Json,
  mermaidChart,
  planGraph,
  RunState,
  runView,
  spanTree,
  traceRun,
} from "../src/index.ts";
import { Engine, ToolFailure } from "./engine.ts";

const from = (path: string) => ({ $from: path });
const READ = { spec: { effect: "read" as const } };
const tools = {
  "t.read": { ...READ, run: ({ v }: { v?: Json }) => ({ said: typeof v === "string" ? v : JSON.stringify(v ?? "") }) },
  "t.pay": { run: () => ({ paid: true }) },
  "mesh.approve": { spec: { name: "mesh.approve", server: "mesh", effect: "read" as const } },
};

/** a -> b -> pay -> report, and aside on its own. */
const chain = {
  mesh: 1 as const,
  inputs: { who: { type: "string" } },
  tasks: [
    { id: "a", use: "t.read", args: { v: from("inputs.who") } },
    { id: "b", use: "t.read", args: { v: from("a.said") } },
    { id: "pay", use: "t.pay", args: { to: from("b.said"), amount: 5 } },
    { id: "report", use: "t.read", args: { v: "{{ pay.paid }}" } },
    { id: "aside", use: "t.read", args: { v: 1 } },
  ],
  output: from("report.said"),
};
const finished = () => Engine.run({ plan: chain, tools, inputs: { who: "ann" } });
const called = (engine: Engine) => engine.calls.map(({ task }) => task);
const reasons = ({ runs }: { runs: readonly { task: string; reason: string; because?: string }[] }) =>
  Object.fromEntries(
    runs.map(({ task, reason, because }) => [task, because === undefined ? reason : `${reason} ${because}`]),
  );

/** The fold of what is stored of a run is the state that it was written in. */
function expectStored({ events, view }: Engine): void {
  const state = new RunState();
  for (const event of events) evolve(state, decodeEvent(event.run, encodeEvent(event)));
  expect(runView(state)).toEqual(view);
}

describe("from a task", () => {
  test("runs it and what stands on it, and takes over the rest", () => {
    const { preview, start } = Engine.fork(finished(), { from: ["pay"] });
    expect(reasons(preview)).toEqual({ pay: "from", report: "downstream pay" });
    expect(preview.reused.map(({ task, as }) => `${task} ${as}`)).toEqual([
      "a succeeded",
      "b succeeded",
      "aside succeeded",
    ]);
    const fork = start();
    expect(called(fork)).toEqual(["pay", "report"]);
    expect(fork.view).toMatchObject({
      status: "succeeded",
      fork: { run: "run-1", from: ["pay"] },
      tasks: { a: { status: "succeeded", attempt: 0, reusedFrom: { run: "run-1" } }, pay: { attempt: 1 } },
      usage: { toolCalls: 2 },
    });
    expect(fork.calls[0]?.args).toEqual({ to: "ann", amount: 5 });
    expectStored(fork);
  });

  test("names every effect that is repeated, with tool and arguments, and gives it a key of its own", () => {
    const source = finished();
    const { preview, start } = Engine.fork(source, { from: ["b"] });
    expect(preview.repeats).toEqual([
      {
        task: "pay",
        tool: "t.pay",
        effect: "write",
        calls: 1,
        args: expect.objectContaining({ value: { to: "ann", amount: 5 } }),
        isInDoubt: false,
      },
    ]);
    const keyOf = ({ calls }: Engine) => calls.find(({ task }) => task === "pay")?.idempotencyKey;
    expect(keyOf(start())).not.toBe(keyOf(source));
    expect(Engine.fork(source, { from: ["report"] }).preview.repeats).toEqual([]);
  });

  test("each event that is taken over names the one that says so", () => {
    const source = finished();
    const fork = Engine.fork(source, { from: ["report"] }).start();
    const reused = fork.events.filter((event) => event.type === "task.reused");
    expect(reused.map(({ task }) => task)).toEqual(["a", "b", "pay", "aside"]);
    for (const { task, output, from: origin } of reused)
      expect(source.events[origin.seq - 1]).toMatchObject({ type: "task.succeeded", task, output });
  });

  test("that does not exist, or never ran, is refused with what could be meant", () => {
    expect(() => Engine.fork(finished(), { from: ["repotr"] })).toThrow(
      expect.objectContaining({ code: "AM_UNKNOWN_TASK", hint: 'Did you mean "report"?' }),
    );
    const failing = {
      ...tools,
      "t.pay": {
        run: () => {
          throw new ToolFailure("no");
        },
      },
    };
    const failed = Engine.run({ plan: chain, tools: failing, inputs: { who: "ann" } });
    expect(() => Engine.fork(failed, { from: ["report"] })).toThrow(
      expect.objectContaining({ code: "AM_FORK_TASK_NEVER_RAN", facts: expect.objectContaining({ before: ["pay"] }) }),
    );
  });
});

describe("without a task", () => {
  test("runs what failed or never ran", () => {
    let isBroken = true;
    const pay = {
      run: () => {
        if (isBroken) throw new ToolFailure("no");
        return { paid: true };
      },
    };
    const failed = Engine.run({ plan: chain, tools: { ...tools, "t.pay": pay }, inputs: { who: "ann" } });
    expect(failed.view.status).toBe("failed");
    isBroken = false;
    const { preview, start } = Engine.fork(failed);
    expect(reasons(preview)).toEqual({ pay: "failed", report: "downstream pay" });
    expect(preview.repeats.map(({ task }) => task)).toEqual(["pay"]);
    const fork = start();
    expect(fork.view.status).toBe("succeeded");
    expect(called(fork)).toEqual(["pay", "report"]);
  });

  test("of a run that is under way takes over what is over by then", () => {
    const { events } = finished();
    const seq = events.findIndex((event) => event.type === "task.succeeded" && event.task === "b") + 1;
    const partial = finished();
    partial.events.splice(seq);
    const { preview, start } = Engine.fork(partial);
    expect(preview).toMatchObject({ status: "running", origin: { seq } });
    expect(reasons(preview)).toEqual({ pay: "unfinished", report: "downstream pay" });
    expect(start().view.status).toBe("succeeded");
  });

  test("a call in doubt is never taken over, and its effect may be a second one", () => {
    const lost = {
      run: () => {
        throw new ToolFailure("gone", "unknown");
      },
    };
    const doubtful = Engine.run({ plan: chain, tools: { ...tools, "t.pay": lost }, inputs: { who: "ann" } });
    expect(doubtful.view.status).toBe("suspended");
    const { preview } = Engine.fork(doubtful);
    expect(reasons(preview)).toMatchObject({ pay: "in_doubt" });
    expect(preview.repeats).toMatchObject([{ task: "pay", isInDoubt: true }]);
  });
});

describe("elements of an each", () => {
  const pages = {
    mesh: 1 as const,
    tasks: [
      { id: "pages", use: "t.page", each: { in: [0, 1, 2, 3], as: "n", concurrency: 2 }, args: { n: from("n") } },
      { id: "all", use: "t.read", args: { v: "{{ pages | length }}" } },
    ],
    output: from("pages"),
  };
  const page = (broken: ReadonlySet<unknown>) => ({
    ...READ,
    run: ({ n }: { n?: unknown }) => {
      if (broken.has(n)) throw new ToolFailure("no");
      return { page: Number(n) };
    },
  });

  test("run one by one, and the others are taken over in their places", () => {
    const source = Engine.run({ plan: pages, tools: { ...tools, "t.page": page(new Set()) } });
    const { preview, start } = Engine.fork(source, { from: ["pages[2]"] });
    expect(reasons(preview)).toEqual({ pages: "elements pages[2]", "pages[2]": "from", all: "downstream pages" });
    const fork = start();
    expect(called(fork)).toEqual(["pages[2]", "all"]);
    expect(fork.value("pages")).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }, { page: 3 }]);
    expect(fork.view.status).toBe("succeeded");
    expectStored(fork);
  });

  test("that failed, or were not begun because of that, run; those that succeeded do not", () => {
    const broken = new Set<unknown>([1]);
    const source = Engine.run({ plan: pages, tools: { ...tools, "t.page": page(broken) } });
    expect(source.view.status).toBe("failed");
    const done = Object.entries(source.statuses)
      .filter(([, status]) => status === "succeeded")
      .map(([key]) => key);
    expect(done.length).toBeGreaterThan(0);
    broken.clear();
    const fork = Engine.fork(source).start();
    expect(fork.view.status).toBe("succeeded");
    expect(called(fork).filter((key) => done.includes(key))).toEqual([]);
    expect(fork.value("pages")).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }, { page: 3 }]);
  });

  test("are all taken over with their each", () => {
    const source = Engine.run({ plan: pages, tools: { ...tools, "t.page": page(new Set()) } });
    const fork = Engine.fork(source, { from: ["all"] }).start();
    expect(called(fork)).toEqual(["all"]);
    expect(fork.value("pages")).toEqual([{ page: 0 }, { page: 1 }, { page: 2 }, { page: 3 }]);
    expectStored(fork);
  });

  test("all run when their list may be another one", () => {
    const listed = {
      ...pages,
      tasks: [
        { id: "list", use: "t.list" },
        { ...pages.tasks[0], each: { in: from("list.items"), as: "n" } },
        pages.tasks[1],
      ],
    };
    const list = { ...READ, run: () => ({ items: [0, 1] }) };
    const source = Engine.run({
      plan: listed as never,
      tools: { ...tools, "t.page": page(new Set([1])), "t.list": list },
    });
    const fork = Engine.fork(
      source,
      { from: ["list"] },
      { tools: { ...tools, "t.page": page(new Set()), "t.list": list } },
    ).start();
    expect(called(fork).toSorted()).toEqual(["all", "list", "pages[0]", "pages[1]"]);
  });
});

describe("outcomes that are no success", () => {
  const soft = {
    mesh: 1 as const,
    tasks: [
      { id: "bad", use: "t.bad", onError: "null" as const },
      { id: "no", use: "t.read", when: "false" },
      { id: "after", use: "t.read", args: { v: from("no.said") } },
      { id: "end", use: "t.read", args: { v: "{{ bad }}" } },
    ],
    output: from("end.said"),
  };
  const bad = {
    ...READ,
    run: () => {
      throw new ToolFailure("on fire");
    },
  };

  test("a failure that the plan goes on from, and skips, are taken over", () => {
    const source = Engine.run({ plan: soft, tools: { ...tools, "t.bad": bad } });
    const fork = Engine.fork(source, { from: ["end"] }).start();
    expect(called(fork)).toEqual(["end"]);
    expect(fork.statuses).toEqual(source.statuses);
    expect(fork.view).toMatchObject({ status: "succeeded", tasks: { bad: { error: { message: "on fire" } } } });
    expect(() => Engine.fork(source, { from: ["no"] })).toThrow(
      expect.objectContaining({ code: "AM_FORK_TASK_NEVER_RAN" }),
    );
    expectStored(fork);
  });

  test("a value that held a secret, or is not stored any more, is made again", () => {
    const source = finished();
    const lost = Engine.fork(source, {
      from: ["report"],
      isStored: ({ value }) => JSON.stringify(value) !== '{"said":"1"}',
    });
    expect(reasons(lost.preview)).toEqual({ aside: "lost", report: "from" });
    const redacted = finished();
    redacted.events.forEach((event, index) => {
      if (event.type === "task.succeeded" && event.task === "aside" && event.output !== undefined)
        redacted.events[index] = { ...event, output: { ...event.output, isRedacted: true } };
    });
    expect(reasons(Engine.fork(redacted, { from: ["report"] }).preview)).toEqual({ aside: "redacted", report: "from" });
  });
});

describe("what a person has agreed to", () => {
  const asking = {
    mesh: 1 as const,
    tasks: [
      { id: "ok", use: "mesh.approve", args: { message: "Pay?" } },
      { id: "pay", use: "t.pay", after: ["ok"] },
      { id: "note", use: "t.read", after: ["ok"] },
      { id: "report", use: "t.read", after: ["pay"] },
    ],
  };
  const agree = (engine: Engine) => {
    if (engine.state.asks.has("ok")) engine.feed({ type: "approve", approval: "ok" });
  };

  test("is asked again before what stands on it runs again, and what does not is taken over", () => {
    const source = Engine.run({ plan: asking, tools, onTurn: agree });
    const { preview, start } = Engine.fork(source, { from: ["pay"] }, { onTurn: () => undefined });
    expect(reasons(preview)).toEqual({ ok: "approval pay", pay: "from", report: "downstream pay" });
    const fork = start();
    expect(fork.view).toMatchObject({ status: "suspended", waits: [{ for: "approval", name: "ok" }] });
    expect(called(fork)).toEqual([]);
    fork.feed({ type: "approve", approval: "ok" });
    fork.drain();
    expect(called(fork)).toEqual(["pay", "report"]);
    expect(fork.view.status).toBe("succeeded");
  });

  test("is not asked again for what is over", () => {
    const source = Engine.run({ plan: asking, tools, onTurn: agree });
    const fork = Engine.fork(source, { from: ["report"] }, { onTurn: () => undefined }).start();
    expect(called(fork)).toEqual(["report"]);
    expect(fork.view.status).toBe("succeeded");
  });
});

describe("other inputs and plans", () => {
  test("what reads an input that has changed runs, with what stands on it", () => {
    const { preview, start } = Engine.fork(finished(), { changedInputs: ["who"] }, { inputs: { who: "bob" } });
    expect(reasons(preview)).toEqual({
      a: "input who",
      b: "downstream a",
      pay: "downstream b",
      report: "downstream pay",
    });
    expect(start().calls[2]?.args).toEqual({ to: "bob", amount: 5 });
  });

  test("of an edited plan only what is the same is taken over", () => {
    const [a, b, pay, report, aside] = chain.tasks;
    const plan = {
      ...chain,
      name: "plan",
      tasks: [
        { ...a, note: "the name", retry: { max: 3 } },
        b,
        { ...pay, args: { ...pay?.args, amount: 6 } },
        report,
        { ...aside, use: "t.other" },
        { id: "more", use: "t.read", args: {} },
      ].map((task) => ({ args: {}, ...task })),
    } as never;
    const { preview, start } = Engine.fork(finished(), { plan }, { tools: { ...tools, "t.other": READ } });
    expect(reasons(preview)).toEqual({ pay: "changed", report: "downstream pay", aside: "changed", more: "new" });
    expect(preview.origin).toMatchObject({ isPlanChanged: true });
    const fork = start();
    expect(called(fork).toSorted()).toEqual(["aside", "more", "pay", "report"]);
    expect(fork.calls.find(({ task }) => task === "pay")?.args).toEqual({ to: "ann", amount: 6 });
  });

  test("of an edited plan a task whose tool has changed runs again", () => {
    const plan = { ...chain, name: "plan", tasks: chain.tasks.map((task) => ({ ...task })) } as never;
    const { preview } = Engine.fork(finished(), { plan, fingerprintOf: (tool) => (tool === "t.pay" ? "other" : "f") });
    expect(reasons(preview)).toEqual({ pay: "tool t.pay", report: "downstream pay" });
    expect(Engine.fork(finished(), { fingerprintOf: () => "other" }).preview.runs).toEqual([]);
  });
});

test("the fork of a fork takes over what the first one took over", () => {
  const first = Engine.fork(finished(), { from: ["pay"] }).start();
  const { preview, start } = Engine.fork(first, { from: ["report"] });
  expect(preview.reused.map(({ task, from: origin }) => `${task} ${origin.run}`)).toContain("a run-1-fork");
  expect(called(start())).toEqual(["report"]);
  const again = Engine.fork(Engine.fork(finished(), { from: ["report"] }).start(), { from: ["pay"] });
  expect(again.preview.repeats).toMatchObject([{ task: "pay", args: { value: { to: "ann", amount: 5 } } }]);
});

describe("of a goal", () => {
  const planner = () => ({ kind: "plan" as const, plan: chain });
  const planned = () => Engine.run({ goal: "pay ann", planner, tools, inputs: { who: "ann" } });

  test("composes a new answer, and asks no planner", () => {
    const fork = Engine.fork(
      planned(),
      { from: ["report"] },
      { planner: () => ({ kind: "no-tool-fits", reason: "asked" }) },
    ).start();
    expect(fork.view).toMatchObject({ status: "succeeded", goal: "pay ann", answer: { value: "done" } });
    expect(fork.types("node.").length).toBeGreaterThan(0);
    expect(fork.state.nodeCalls.get("planner")).toBeUndefined();
  });

  test("ends where its plan does not pass the check any more: what is taken over belongs to that plan", () => {
    const options = {
      tools: { "t.read": tools["t.read"] },
      planner: () => ({ kind: "plan" as const, plan: { mesh: 1, tasks: [] } }),
    };
    const fork = Engine.fork(planned(), { from: ["report"] }, options).start();
    expect(fork.view).toMatchObject({ status: "failed", error: { code: "AM_PLAN_REJECTED" } });
    expect(fork.calls).toEqual([]);
  });

  test("forgets what it took over for elements whose list a patch has changed", () => {
    const each = (items: readonly number[], after: readonly string[]) => ({
      id: "pages",
      use: "t.page",
      each: { in: items, as: "n" },
      args: { n: from("n") },
      after,
    });
    const ok = { id: "ok", use: "mesh.approve", args: { message: "{{ inputs.who }}" } };
    const inputs = { who: { type: "string" } };
    const page = { ...READ, run: ({ n }: { n?: Json }) => ({ page: n ?? null }) };
    const source = Engine.run({
      goal: "read",
      planner: () => ({ kind: "plan", plan: { mesh: 1, inputs, tasks: [ok, each([1, 2], ["ok"])] } }),
      inputs: { who: "somebody" },
      tools: { ...tools, "t.page": page },
      onTurn: (engine) => {
        if (engine.state.asks.has("ok")) engine.feed({ type: "approve", approval: "ok" });
      },
    });
    const strict = {
      ...tools["mesh.approve"].spec,
      inputSchema: { type: "object", properties: { message: { type: "string", maxLength: 3 } } },
    };
    const fork = Engine.fork(
      source,
      { from: ["pages[1]"] },
      {
        tools: { ...tools, "t.page": page, "mesh.approve": { spec: strict } },
        planner: () => ({ kind: "plan", plan: { mesh: 1, tasks: [each([7, 8], [])] } }),
        policy: { patchesMax: 1 },
      },
    ).start();
    expect(fork.view.status).toBe("succeeded");
    expect(fork.value("pages")).toEqual([{ page: 7 }, { page: 8 }]);
  });

  test("is patched like any other run, and keeps what it took over", () => {
    let fails = true;
    const pay = {
      run: () => {
        if (fails) throw new ToolFailure("no");
        return { paid: true };
      },
    };
    const patched = {
      ...chain,
      tasks: chain.tasks.map((task) =>
        task.id === "pay"
          ? { ...task, id: "pay2" }
          : task.id === "report"
            ? { ...task, args: { v: "{{ pay2.paid }}" } }
            : task,
      ),
    };
    const source = planned();
    const fork = Engine.fork(
      source,
      { from: ["pay"] },
      {
        tools: { ...tools, "t.pay": pay },
        policy: { patchesMax: 1 },
        planner: () => {
          fails = false;
          return { kind: "plan", plan: patched };
        },
      },
    ).start();
    expect(fork.view).toMatchObject({
      status: "succeeded",
      revision: 2,
      tasks: { a: { reusedFrom: { run: "run-1" } } },
    });
    expect(called(fork)).toEqual(["pay", "pay2", "report"]);
  });
});

test("a run without an accepted plan cannot be forked", () => {
  const refused = Engine.run({ plan: chain, tools: {} });
  expect(() => Engine.fork(refused)).toThrow(expect.objectContaining({ code: "AM_FORK_NO_PLAN" }));
});

test("trace, tree and chart mark what was taken over, and it takes no time", () => {
  const fork = Engine.fork(finished(), { from: ["pay"] }).start();
  const trace = traceRun(fork.events);
  expect(trace.marks).toContainEqual(expect.objectContaining({ kind: "reuse", name: "3 reused from run-1" }));
  const rows = spanTree(trace).filter(({ kind }) => kind === "task");
  expect(
    rows.filter(({ facts }) => facts.reusedFrom === "run-1").map(({ name, durationMs }) => `${name} ${durationMs}`),
  ).toEqual(["a 0", "b 0", "aside 0"]);
  const nodes = planGraph(chain as never, fork.view.tasks);
  expect(mermaidChart(nodes)).toMatch(
    /a<br\/>t.read<br\/>succeeded \(reused\)[^]*classDef reused[^\n]*\n {2}class t0,t1,t4 reused/,
  );
});
