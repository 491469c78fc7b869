/** Where the time of a run went: spans, waits and the critical path, over runs that the core itself has driven. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Engine, type EngineOptions, ToolFailure } from "../../test/engine.ts";
import { Plan } from "../plan.ts";
import type { RunEvent } from "../run-event.ts";
import { chromeTrace } from "./chrome-trace.ts";
import { type CriticalStep, criticalPath } from "./critical-path.ts";
import { HeldTime } from "./held-time.ts";
import { type RunTrace, traceRun } from "./run-trace.ts";
import { spanTree } from "./span-tree.ts";
import { traceDocument } from "./trace-document.ts";
import { totalOf, type TraceSpan } from "./trace-span.ts";

const slow = (takesMs: number) => ({ takesMs });

function traced(options: EngineOptions): { readonly trace: RunTrace; readonly steps: readonly CriticalStep[] } {
  const trace = traceRun(Engine.run(options).events);
  return { trace, steps: criticalPath(trace) };
}

function namesOf(steps: readonly CriticalStep[]): string[] {
  return steps.map(({ name, durationMs }) => `${name} ${durationMs}`);
}

function ownOf({ spans }: RunTrace, id: number): number {
  const attempts = spans.filter(({ kind, parent }) => kind === "attempt" && parent === id);
  return attempts.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

const find = ({ spans }: RunTrace, name: string): TraceSpan | undefined => spans.find((span) => span.name === name);

describe("the critical path", () => {
  test("goes through the dependency that finished last", () => {
    const { steps } = traced({
      plan: {
        mesh: 1,
        tasks: [
          { id: "a", use: "t.a" },
          { id: "b", use: "t.b" },
          { id: "c", use: "t.c", after: ["a", "b"] },
        ],
      },
      tools: { "t.a": slow(20), "t.b": slow(50), "t.c": slow(7) },
    });
    expect(namesOf(steps)).toEqual(["router#1 0", "b 50", "c 7", "validator#1 0"]);
  });

  test("goes through the last element of an each, and counts its place in the queue", () => {
    const { steps, trace } = traced({
      plan: {
        mesh: 1,
        tasks: [
          { id: "list", use: "t.a" },
          { id: "pages", use: "t.a", each: { in: [1, 2, 3, 4], concurrency: 2 }, after: ["list"] },
        ],
      },
      tools: { "t.a": slow(10) },
    });
    expect(namesOf(steps)).toEqual(["router#1 0", "list 10", "pages 0", "pages[3] 20", "validator#1 0"]);
    expect(steps[3]).toMatchObject({ ownMs: 10, waits: { queue: 10 } });
    expect(find(trace, "pages[3]")?.parent).toBe(find(trace, "pages")?.id);
    expect(find(trace, "pages[3]#1")?.parent).toBe(find(trace, "pages[3]")?.id);
    expect(find(trace, "pages")).toMatchObject({ status: "succeeded", startMs: 10, endMs: 30, facts: { elements: 4 } });
  });

  test("tells own time from back-off", () => {
    let calls = 0;
    const run = () => {
      if (++calls === 1) throw new ToolFailure("busy", "refused", true);
      return 1;
    };
    const { steps, trace } = traced({
      plan: { mesh: 1, tasks: [{ id: "a", use: "t.a", retry: { max: 2, delayMs: 100 } }] },
      tools: { "t.a": { takesMs: 10, run } },
    });
    const [step] = steps.filter(({ name }) => name === "a");
    expect(step).toMatchObject({ ownMs: 20, waits: { "back-off": (step?.durationMs ?? 0) - 20 } });
    expect(find(trace, "a#1")).toMatchObject({ status: "retried", facts: { retry: "error" } });
  });

  test("takes a back-off that is over for queueing, in a journal that ends there", () => {
    const { events } = Engine.run({
      plan: {
        mesh: 1,
        tasks: [
          { id: "a", use: "t.a", retry: { max: 1, delayMs: 10 } },
          { id: "b", use: "t.b" },
        ],
      },
      tools: {
        "t.b": slow(500),
        "t.a": {
          run: () => {
            throw new ToolFailure("busy", "refused", true);
          },
        },
      },
      policy: { concurrency: { run: 2 } },
    });
    const isKept = (event: RunEvent): boolean => !("task" in event && event.task === "a" && event.seq > 9);
    const kept = events.filter(isKept).map((event, index) => ({ ...event, seq: index + 1 }));
    const { spans } = traceRun(kept.slice(0, kept.findIndex(({ type }) => type === "task.succeeded") + 1));
    const waits = spans.filter(({ kind }) => kind === "wait").map(({ name, status }) => `${name} ${status}`);
    expect(waits).toEqual(["back-off succeeded", "queue open"]);
  });

  test("names the waits of an approval, a signal and a time", () => {
    const onTurn = (engine: Engine): void => {
      if (engine.view.status !== "suspended") return;
      engine.nowMs += 500;
      const [wait] = engine.view.waits;
      if (wait?.for === "approval") engine.feed({ type: "approve", approval: wait.name });
      else if (wait?.for === "signal") {
        const data = { hash: "h", bytes: 2, value: {} };
        engine.feed({ type: "signal", kind: "signal", name: "go", data });
      }
    };
    const { steps } = traced({
      plan: {
        mesh: 1,
        tasks: [
          { id: "ask", use: "t.a", approve: true },
          { id: "go", use: "mesh.wait", args: { signal: "go" }, after: ["ask"] },
          { id: "nap", use: "mesh.wait", args: { ms: 70 }, after: ["go"] },
        ],
      },
      tools: { "t.a": slow(10), "mesh.wait": { spec: { server: "mesh", tool: "wait" } } },
      onTurn,
    });
    const waits = Object.fromEntries(steps.map((step) => [step.name, step.waits]));
    expect(waits).toMatchObject({ ask: { approval: 500 }, go: { signal: 500 } });
  });
});

describe("what holds the whole run up", () => {
  test("is what its tasks have waited for, and not their queue", () => {
    const onTurn = (engine: Engine): void => {
      if (engine.view.status !== "suspended") return;
      engine.nowMs += 400;
      engine.feed({ type: "approve", approval: engine.view.waits[0]?.name ?? "" });
    };
    const { steps, trace } = traced({
      plan: {
        mesh: 1,
        tasks: [
          { id: "a", use: "t.a" },
          { id: "b", use: "t.a", after: ["a"] },
        ],
      },
      tools: { "t.a": slow(10) },
      policy: { approve: ["plan"], budget: { calls: 1, onExceeded: "ask" } },
      onTurn,
    });
    expect(steps.find(({ name }) => name === "a")).toMatchObject({ ownMs: 10, waits: { approval: 400 } });
    expect(steps.find(({ name }) => name === "b")).toMatchObject({ ownMs: 10, waits: { budget: 400 } });
    const waits = trace.spans.filter(({ kind }) => kind === "wait").map(({ name }) => name);
    expect(waits).toEqual(["approval", "budget"]);
    expect(trace.marks.map(({ name }) => name)).toContain("budget of calls exceeded");
  });

  test("counts once when two things hold it up", () => {
    const held = new HeldTime();
    held.begin("approval", 10);
    held.begin("budget", 20);
    held.add("recovery", 22, 25);
    held.end("approval", 30);
    held.end("budget", 45);
    held.add("recovery", 50, 60);
    expect(held.within(0, 100)).toEqual({ approval: 20, budget: 15, recovery: 10 });
    expect(held.within(25, 55)).toEqual({ approval: 5, budget: 15, recovery: 5 });
    expect(held.within(46, 50)).toEqual({});
  });
});

interface Sketch {
  readonly tasks: readonly { readonly after: readonly number[]; readonly tool: number; readonly each?: number }[];
  readonly concurrency: number;
  readonly cut: number;
}

const TOOLS = {
  "t.0": slow(0),
  "t.1": slow(7),
  "t.2": slow(30),
  "t.3": {
    run: (_: unknown, { calls }: { readonly calls: number }) => {
      if (calls % 2 === 1) throw new ToolFailure("busy", "refused", true);
      return 1;
    },
  },
  "t.4": {
    run: () => {
      throw new ToolFailure("fails");
    },
  },
};

const sketch: fc.Arbitrary<Sketch> = fc.record({
  tasks: fc.array(
    fc.record(
      {
        after: fc.uniqueArray(fc.nat(12), { maxLength: 3 }),
        tool: fc.nat(Object.keys(TOOLS).length - 1),
        each: fc.nat(3),
      },
      { requiredKeys: ["after", "tool"] },
    ),
    { minLength: 1, maxLength: 12 },
  ),
  concurrency: fc.integer({ min: 1, max: 4 }),
  cut: fc.nat(),
});

function driven({ tasks, concurrency }: Sketch): Engine {
  return Engine.run({
    plan: {
      mesh: 1,
      tasks: tasks.map(({ after, tool, each }, index) => ({
        id: `t${index}`,
        use: `t.${tool}`,
        after: after.filter((other) => other < index).map((other) => `t${other}`),
        ...(each === undefined ? {} : { each: { in: Array.from({ length: each }, (_, at) => at) } }),
      })),
    },
    tools: TOOLS,
    policy: { concurrency: { run: concurrency } },
  });
}

function expectWhole(trace: RunTrace): void {
  const steps = criticalPath(trace);
  expect(steps.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(trace.durationMs);
  let endMs = 0;
  for (const step of steps) {
    expect(step.startMs).toBe(endMs);
    expect(step.ownMs).toBeGreaterThanOrEqual(0);
    expect(step.ownMs + totalOf(step.waits)).toBe(step.durationMs);
    if (step.kind === "task" && step.part === undefined) expect(step.ownMs).toBe(ownOf(trace, step.span));
    ({ endMs } = step);
  }
}

describe("for any plan", () => {
  test("the steps of the critical path add up to the run, and each to its own time and its waits", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        expectWhole(traceRun(driven(plan).events));
      }),
      { numRuns: 200 },
    );
  });

  test("cut anywhere, the path leads to the cut, and what is under way is open and ends there", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const { events } = driven(plan);
        const trace = traceRun(events.slice(0, 1 + (plan.cut % events.length)));
        expect(trace.seq).toBe(1 + (plan.cut % events.length));
        expectWhole(trace);
        for (const { status, endMs } of trace.spans) if (status === "open") expect(endMs).toBe(trace.durationMs);
      }),
      { numRuns: 200 },
    );
  });

  test("a span lies within the one that holds it", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const { spans } = traceRun(driven(plan).events);
        const byId = new Map(spans.map((span) => [span.id, span]));
        for (const { parent, startMs, endMs } of spans) {
          const holder = byId.get(parent ?? 1);
          expect(holder?.startMs).toBeLessThanOrEqual(startMs);
          expect(holder?.endMs).toBeGreaterThanOrEqual(endMs);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
        }
      }),
      { numRuns: 100 },
    );
  });
});

test("a chain of 20,000 tasks is traced in time that grows with it alone, and nothing nests as deep as it", () => {
  const count = 20_000;
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    use: "t.a",
    ...(index === 0 ? {} : { after: [`t${index - 1}`] }),
  }));
  const { events: first } = Engine.run({ plan: { mesh: 1, tasks: [{ id: "t0", use: "t.a" }] }, tools: { "t.a": {} } });
  const events: RunEvent[] = first
    .slice(
      0,
      first.findIndex(({ type }) => type === "task.started"),
    )
    .map((event) => (event.type === "plan.proposed" ? { ...event, plan: Plan.parse({ mesh: 1, tasks }) } : event));
  const add = (event: Pick<RunEvent, "type" | "atMs"> & Readonly<Record<string, unknown>>): number =>
    events.push({ v: 1, run: "run-1", seq: events.length + 1, ...event } as RunEvent);
  const payload = { hash: "h", bytes: 2, value: {} };
  for (let index = 0; index < count; index++) {
    const attempt = { task: `t${index}`, attempt: 1 };
    add({ type: "task.started", ...attempt, atMs: 1_000_000 + index * 5, args: payload, queueMs: 0 });
    add({ type: "task.succeeded", ...attempt, atMs: 1_000_005 + index * 5, output: payload, durationMs: 5 });
  }
  const trace = traceRun(events);
  expect(criticalPath(trace)).toHaveLength(count + 1);
  expect(spanTree(trace).at(-1)).toMatchObject({ depth: count + 1, name: `t${count - 1}#1` });
  expect(JSON.stringify(chromeTrace(trace)).length).toBeGreaterThan(count);
  expect(JSON.stringify(traceDocument(trace)).length).toBeGreaterThan(count);
});
