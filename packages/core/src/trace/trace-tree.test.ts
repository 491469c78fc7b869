/** A run's trace with the runs that its tasks have started: all of them, or why not, and one path through them. */
import { describe, expect, test } from "vitest";
import { faultsOf } from "../../test/chrome-faults.ts";
import { ChildWaits, Engine, type EngineOptions } from "../../test/engine.ts";
import type { Json } from "../json.ts";
import type { RunEvent } from "../run-event.ts";
import { chromeTrace } from "./chrome-trace.ts";
import { criticalPath } from "./critical-path.ts";
import { type RunTrace, runsWithin, spansWithin } from "./run-trace.ts";
import { spanTree } from "./span-tree.ts";
import { traceDocument } from "./trace-document.ts";
import { startedRuns, traceTree } from "./trace-tree.ts";

const runs = { server: "workflow", runs: "workflow", effect: "idempotent" } as const;
const elsewhere = { server: "agents", runs: "agent", effect: "idempotent" } as const;
const TASK_MS = 10;

/** The events of a run that began so many milliseconds after the others. */
function journal(name: string, afterMs: number, options: Omit<EngineOptions, "plan"> & { readonly tasks: object[] }) {
  const { tasks, ...more } = options;
  const { events } = Engine.run({ plan: { mesh: 1, tasks } as never, ...more }, name);
  return events.map((event) => ({ ...event, atMs: event.atMs + afterMs }));
}

/** One whose only task takes so long. */
function plain(name: string, afterMs: number, takesMs: number) {
  return journal(name, afterMs, { tasks: [{ id: "work", use: "t.a" }], tools: { "t.a": { takesMs } } });
}

/** `first`, then `a` (100 ms) and `b` (60 ms) beside each other, each of which starts a run. */
const parentTasks = [
  { id: "first", use: "t.a" },
  { id: "a", use: "workflow:a", args: {}, after: ["first"] },
  { id: "b", use: "workflow:b", args: {}, after: ["first"] },
];
const parentTools = {
  "t.a": { takesMs: TASK_MS },
  "workflow:a": { spec: runs, takesMs: 100 },
  "workflow:b": { spec: runs, takesMs: 60 },
};
const parent = journal("run-1", 0, { tasks: parentTasks, tools: parentTools });
const [childA = "", childB = ""] = startedRuns(parent);
const grandchild = "child-of-deep";
/** Begins 5 ms after its task, and starts a run of its own after 20 ms. */
const middle = journal(childA, 15, {
  tasks: [
    { id: "look", use: "t.look" },
    { id: "deep", use: "workflow:c", args: {}, after: ["look"] },
  ],
  tools: { "t.look": { takesMs: 20 }, "workflow:c": { spec: runs, takesMs: 70 } },
}).map((event) => renamed(event, "deep"));

/** The run behind a task is called after it: two engines give the same names. */
function renamed(event: RunEvent, task: string): RunEvent {
  const isChild = event.type === "child.started" || event.type === "child.settled";
  return isChild && event.task === task ? { ...event, child: grandchild } : event;
}

const stored = new Map<string, readonly RunEvent[] | "pruned">([
  [childA, middle],
  [childB, plain(childB, 12, 50)],
  [grandchild, plain(grandchild, 40, 60)],
]);
const noValue = (): undefined => undefined;
const tree = (events: readonly RunEvent[], from = stored): RunTrace =>
  traceTree(events, { runs: from, value: noValue });

/** What is wrong with a trace, by what holds for every one. */
function wrongIn(trace: RunTrace): readonly string[] {
  const spans = spansWithin(trace);
  const byId = new Map(spans.map((span) => [span.id, span]));
  const outside = spans.filter(({ parent: id = 0, startMs, endMs }) => {
    const holder = byId.get(id);
    return holder !== undefined && (startMs < holder.startMs || endMs > holder.endMs);
  });
  return [
    ...faultsOf(chromeTrace(trace)),
    ...(byId.size === spans.length && spanTree(trace).length === spans.length
      ? []
      : ["spans that are not in the tree"]),
    ...outside.map(({ name }) => `${name} does not lie in what holds it`),
    ...wrongInPath(trace),
  ];
}

function wrongInPath(trace: RunTrace): readonly string[] {
  const steps = criticalPath(trace);
  const ends = [0, ...steps.map(({ endMs }) => endMs)];
  const gaps = steps.filter(({ startMs, endMs, durationMs }, index) => {
    return startMs !== ends[index] || endMs - startMs !== durationMs;
  });
  return [
    ...gaps.map(({ name }) => `a gap before ${name}`),
    ...steps.filter(({ ownMs }) => ownMs < 0).map(({ name }) => `${name} took less than no time`),
    ...(ends.at(-1) === trace.durationMs ? [] : ["the path does not lead to the end"]),
  ];
}

function checked(trace: RunTrace): RunTrace {
  expect(wrongIn(trace)).toEqual([]);
  return trace;
}

function shown(trace: RunTrace): readonly string[] {
  const rows = spanTree(trace).filter(({ kind }) => kind === "run" || kind === "task");
  return rows.map(({ depth, kind, name, facts, startMs, endMs }) => {
    const what = kind === "run" ? `run ${facts.run ?? name}` : name;
    return `${"  ".repeat(depth)}${what} ${startMs}-${endMs}`;
  });
}

describe("a run with the runs below it", () => {
  test("is one tree, in which each stands below the task that has started it", () => {
    expect(shown(checked(tree(parent)))).toEqual([
      "run test 0-110",
      "  first 0-10",
      "    a 10-110",
      `      run ${childA} 15-105`,
      "        look 15-35",
      "          deep 35-105",
      `            run ${grandchild} 40-100`,
      "              work 40-100",
      "    b 10-70",
      `      run ${childB} 12-62`,
      "        work 12-62",
    ]);
  });

  test("has a critical path that goes down to what took the time", () => {
    const steps = criticalPath(tree(parent)).filter(({ durationMs }) => durationMs > 0);
    expect(steps.map(({ name, startMs, endMs }) => `${name} ${startMs}-${endMs}`)).toEqual([
      "first 0-10",
      "a 10-15",
      "look 15-35",
      "deep 35-40",
      "work 40-100",
      "deep 100-105",
      "a 105-110",
    ]);
    const critical = spanTree(tree(parent)).filter(({ isCritical }) => isCritical);
    expect(critical.map(({ name }) => name)).not.toContain("b");
  });

  test("is a process of the Chrome trace for each, with an arrow from the call to what it has started", () => {
    const { traceEvents } = chromeTrace(tree(parent));
    const names = traceEvents.flatMap((event) =>
      event.ph === "M" && event.name === "process_name" ? [event.args["name"]] : [],
    );
    expect(names).toEqual(["run-1 test", `${childA} test`, `${grandchild} test`, `${childB} test`]);
    const calls = traceEvents.filter((event) => (event.ph === "s" || event.ph === "f") && event.name === "call");
    expect(calls.map(({ ph, pid }) => `${ph}${pid}`).toSorted()).toEqual(["f2", "f3", "f4", "s1", "s1", "s2"]);
  });

  test("goes on as long as any of them, when it is not over", () => {
    const started = parent.findIndex(({ type, ...event }) => type === "child.started" && "task" in event);
    const isWork = ({ type }: RunEvent): boolean => type === "task.started";
    const begun = plain(childA, 500, 50);
    const running = new Map([[childA, begun.slice(0, begun.findIndex(isWork) + 1)]]);
    const trace = checked(tree(parent.slice(0, started + 1), running));
    expect(trace).toMatchObject({ isComplete: false, durationMs: 500 });
    const [, child] = runsWithin(trace);
    expect(child).toMatchObject({ run: childA, status: "running", isComplete: false });
    expect(
      spansWithin(trace)
        .filter(({ status }) => status === "open")
        .map(({ name }) => name),
    ).toContain("work#1");
  });

  test("that waits for somebody tells the wait where it is", () => {
    const waits = journal("run-1", 0, {
      tasks: [{ id: "x", use: "workflow:a", args: {} }],
      tools: {
        "workflow:a": {
          spec: runs,
          run: () => {
            throw new ChildWaits();
          },
        },
      },
    });
    const [run = ""] = startedRuns(waits);
    const asks = journal(run, 2, { tasks: [{ id: "ask", use: "t.a", approve: true }], tools: { "t.a": {} } });
    const trace = checked(tree(waits, new Map([[run, asks]])));
    expect(runsWithin(trace)[1]).toMatchObject({ run, status: "suspended" });
    expect(criticalPath(trace).map(({ name }) => name)).toContain("ask");
  });

  test("says which of them is not there any more, and which is left out", () => {
    const some = new Map<string, readonly RunEvent[] | "pruned">([[childA, "pruned"]]);
    const facts = new Map(checked(tree(parent, some)).spans.map(({ name, facts: known }) => [name, known]));
    expect(facts.get("a")).toMatchObject({ child: childA, childAbsence: "pruned" });
    expect(facts.get("b")).toMatchObject({ child: childB, childAbsence: "limit" });
  });

  test("keeps to the time of their tasks, whatever their clocks say", () => {
    for (const skewMs of [-50_000, -8, 70, 50_000]) {
      const skewed = middle.map((event) => ({ ...event, atMs: event.atMs + skewMs }));
      expect(wrongIn(tree(parent, new Map([...stored, [childA, skewed]])))).toEqual([]);
    }
  });

  test("cut anywhere, keeps the rules", () => {
    for (let count = 1; count <= parent.length; count++)
      for (const child of [1, 5, middle.length]) {
        const trace = tree(parent.slice(0, count), new Map([...stored, [childA, middle.slice(0, child)]]));
        expect(wrongIn(trace)).toEqual([]);
      }
  });
});

describe("a run of another mesh", () => {
  const told = traceDocument(plainTrace());
  const spans = { hash: "h", bytes: 9 };
  const calls = journal("run-1", 0, {
    tasks: [{ id: "x", use: "agent:r", args: {} }],
    tools: { "agent:r": { spec: elsewhere, takesMs: 100 } },
  }).map((event): RunEvent => {
    if (event.type === "child.started") return without(event);
    return event.type === "child.settled" ? { ...event, child: "r_there", spans } : event;
  });

  function plainTrace(): RunTrace {
    return tree(plain("r_there", 7_000_000, 40));
  }

  function without(event: Extract<RunEvent, { type: "child.started" }>): RunEvent {
    const { child, ...unnamed } = event;
    expect(child).toBeDefined();
    return unnamed;
  }

  const remote = (value: Json | undefined): RunTrace =>
    checked(traceTree(calls, { runs: new Map(), value: () => value }));

  test("is shown as it tells, in the middle of the call when its clock is another one", () => {
    const trace = remote(structuredClone(told) as unknown as Json);
    expect(shown(trace)).toEqual(["run test 0-100", "  x 0-100", "    run r_there 30-70", "      work 30-70"]);
    const below = spansWithin(trace).filter(({ id }) => id > trace.spans.length);
    expect(below.every(({ facts }) => facts.isRemote === true)).toBe(true);
    expect(criticalPath(trace).map(({ name, durationMs }) => `${name} ${durationMs}`)).toContain("test 40");
  });

  test("that tells nothing, or nonsense, is said to be untold", () => {
    const nonsense: (Json | undefined)[] = [
      undefined,
      null,
      { spans: [] },
      { createdAtMs: 1, spans: [{ id: 1, kind: "run" }, 7] },
      { createdAtMs: 1, spans: [{ id: 1, parent: 1, kind: "run", name: "x", startMs: 0, endMs: 1, status: "open" }] },
    ];
    for (const value of nonsense)
      expect(remote(value).tasks[0]?.span.facts).toMatchObject({ child: "r_there", childAbsence: "untold" });
  });

  test("cannot break the trace with wild times, numbers or parents", () => {
    const span = { kind: "task", status: "open", facts: { tool: 7 } };
    const wild = {
      createdAtMs: 9e12,
      spans: [
        { id: 5, kind: "run", name: "x".repeat(9_000), startMs: 9e11, endMs: 2, status: "succeeded", facts: {} },
        { ...span, id: 6, parent: 6, name: "self", startMs: 0, endMs: 9e15 },
        { ...span, id: 5, parent: 99, name: "twice", startMs: 9e15, endMs: 0 },
        { ...span, id: 8, parent: 6, name: "below", startMs: 3, endMs: 4 },
      ],
    };
    const names = spansWithin(remote(wild)).map(({ name }) => name);
    expect(names.every((name) => name.length <= 500)).toBe(true);
  });
});
