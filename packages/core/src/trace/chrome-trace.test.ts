/** The Chrome document keeps the rules of the Trace Event Format, for any plan and for journals of every version. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Engine, ToolFailure } from "../../test/engine.ts";
import { answeredRun } from "../../test/model-runs.ts";
import { decodeEvent, type StoredEvent } from "../event-codec.ts";
import type { RunEvent } from "../run-event.ts";
import { type ChromeTrace, chromeTrace, QUEUE_LANES_MAX } from "./chrome-trace.ts";
import { spanTree } from "./span-tree.ts";
import { traceDocument } from "./trace-document.ts";
import { faultsOf, slicesOf } from "../../test/chrome-faults.ts";
import { traceRun } from "./run-trace.ts";

const chromeOf = (events: readonly RunEvent[]): ChromeTrace => chromeTrace(traceRun(events));

const diamond = {
  mesh: 1 as const,
  tasks: [
    { id: "a", use: "t.a" },
    { id: "b", use: "t.b", after: ["a"] },
    { id: "c", use: "t.b", after: ["a"] },
    { id: "d", use: "t.a", after: ["b", "c"] },
  ],
};

describe("a Chrome trace", () => {
  test("has a slice for each attempt, an arrow for each dependency and a name for each lane", () => {
    const { events } = Engine.run({ plan: diamond, tools: { "t.a": { takesMs: 10 }, "t.b": { takesMs: 30 } } });
    const document = chromeOf(events);
    expect(faultsOf(document)).toEqual([]);
    const attempts = slicesOf(document).filter(({ cat }) => cat === "attempt");
    expect(attempts.map(({ name, ts, dur }) => `${name} ${ts}+${dur}`)).toEqual([
      "a#1 0+10000",
      "b#1 10000+30000",
      "c#1 10000+30000",
      "d#1 40000+10000",
    ]);
    expect(new Set(attempts.map(({ tid }) => tid)).size).toBe(2);
    expect(document.traceEvents.filter(({ ph }) => ph === "s")).toHaveLength(4);
    const counters = document.traceEvents.filter((event) => event.ph === "C" && event.name === "calls under way");
    const counts = counters.flatMap((event) => (event.ph === "C" ? [event.args["calls"]] : []));
    expect(counts).toEqual([1, 2, 1, 0]);
    expect(document.otherData).toMatchObject({ run: "run-1", status: "succeeded", isComplete: true });
  });

  test("of a run that goes on marks what is open, and says up to which event it goes", () => {
    const { events } = Engine.run({ plan: diamond, tools: { "t.a": { takesMs: 10 }, "t.b": { takesMs: 30 } } });
    const document = chromeOf(
      events.slice(
        0,
        events.findIndex(({ type }) => type === "task.succeeded"),
      ),
    );
    expect(faultsOf(document)).toEqual([]);
    expect(
      slicesOf(document)
        .filter(({ args }) => args["isOpen"] === true)
        .map(({ name }) => name),
    ).toEqual(["test", "a#1"]);
    expect(document.otherData).toMatchObject({ status: "running", isComplete: false, seq: 7 });
  });

  test("draws so many queues that they can be read, and counts the others", () => {
    const tasks = Array.from({ length: 150 }, (_, index) => ({ id: `t${index}`, use: "t.a" }));
    const policy = { concurrency: { run: 10 } };
    const { events } = Engine.run({ plan: { mesh: 1, tasks }, tools: { "t.a": { takesMs: 5 } }, policy });
    const document = chromeOf(events);
    expect(faultsOf(document)).toEqual([]);
    expect(document.otherData).toMatchObject({ queuesLeftOut: 40 });
    const queues = slicesOf(document).filter(({ cat, name }) => cat === "wait" && name === "queue");
    expect(new Set(queues.map(({ tid }) => tid)).size).toBe(QUEUE_LANES_MAX);
    const counts = document.traceEvents.flatMap((event) => (event.ph === "C" ? (event.args["tasks"] ?? []) : []));
    expect(counts.slice(0, 3)).toEqual([140, 130, 120]);
    expect(counts.at(-1)).toBe(0);
  });

  test("shows models that take over from each other, each in the call that asked, and another tool in place of the first", () => {
    const { events } = answeredRun();
    const trace = traceRun(events);
    const document = chromeTrace(trace);
    expect(faultsOf(document)).toEqual([]);
    const nameOf = new Map(trace.spans.map(({ id, name }) => [id, name]));
    const models = trace.spans.filter(({ kind }) => kind === "model");
    expect(models.map(({ name, parent, status }) => `${nameOf.get(parent ?? 0)} ${name} ${status}`).toSorted()).toEqual(
      [
        "title#1 big:model failed",
        "title#1 small:model succeeded",
        "words#1 big:model failed",
        "words#1 small:model succeeded",
      ],
    );
    const tokens = document.traceEvents.flatMap((event) =>
      event.ph === "C" && event.name === "tokens" ? [event.args] : [],
    );
    expect(tokens.at(-1)).toEqual({ input: 130, output: 10 });
    const costs = document.traceEvents.flatMap((event) =>
      event.ph === "C" && event.name === "cost" ? [event.args] : [],
    );
    expect(costs).toEqual([{ microUsd: 3 }, { microUsd: 6 }]);
    const read = trace.spans.filter(({ kind, name }) => kind === "attempt" && name.startsWith("read#"));
    expect(read.map(({ status, facts }) => `${status} ${facts.tool} ${facts.retry ?? ""}`)).toEqual([
      "retried t.bad fallback",
      "succeeded t.good ",
    ]);
  });

  test("shows moments of the whole run", () => {
    const onTurn = (engine: Engine): void => {
      if (engine.nowMs > 1_000_010 && engine.state.status === "running") engine.feed({ type: "cancel", reason: "x" });
    };
    const { events } = Engine.run({ plan: diamond, tools: { "t.a": { takesMs: 20 }, "t.b": {} }, onTurn });
    const moments = chromeOf(events).traceEvents.filter(({ ph }) => ph === "i");
    expect(moments.map(({ name }) => name)).toEqual(["plan v1", "cancel requested"]);
  });
});

const sketch = fc.record({
  after: fc.array(fc.uniqueArray(fc.nat(15), { maxLength: 4 }), { minLength: 1, maxLength: 16 }),
  tools: fc.array(fc.nat(3), { minLength: 16, maxLength: 16 }),
  each: fc.array(fc.option(fc.nat(4)), { minLength: 16, maxLength: 16 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
  cut: fc.nat(),
});

function fails(): never {
  throw new ToolFailure("busy", "refused", true);
}

test("for any plan, cut anywhere, keeps the rules of the format", () => {
  fc.assert(
    fc.property(sketch, ({ after, tools, each, concurrency, cut }) => {
      const tasks = after.map((others, index) => {
        const count = each[index] ?? null;
        return {
          id: `t${index}`,
          use: `t.${tools[index] ?? 0}`,
          after: others.filter((other) => other < index).map((other) => `t${other}`),
          ...(count === null ? {} : { each: { in: Array.from({ length: count }, (_, at) => at) } }),
        };
      });
      const { events } = Engine.run({
        plan: { mesh: 1, tasks },
        tools: { "t.0": { takesMs: 0 }, "t.1": { takesMs: 3 }, "t.2": { takesMs: 8 }, "t.3": { run: fails } },
        policy: { concurrency: { run: concurrency } },
      });
      expect(faultsOf(chromeOf(events))).toEqual([]);
      expect(faultsOf(chromeOf(events.slice(0, 1 + (cut % events.length))))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

const recorded = join(import.meta.dirname, "../../../../tests/journals");
const versions = readdirSync(recorded, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const files = versions.flatMap(({ name }) => readdirSync(join(recorded, name)).map((file) => join(name, file)));

test.each(files)("the recorded journal %s becomes a trace that keeps the rules", (file) => {
  const { run, rows } = JSON.parse(readFileSync(join(recorded, file), "utf8")) as {
    readonly run: { readonly id: string };
    readonly rows: readonly StoredEvent[];
  };
  const events = rows.map((row) => decodeEvent(run.id, row));
  for (let count = 1; count <= events.length; count++) {
    const trace = traceRun(events.slice(0, count));
    expect(faultsOf(chromeTrace(trace))).toEqual([]);
    expect(spanTree(trace)).toHaveLength(trace.spans.length);
    const { criticalPath: steps, durationMs } = traceDocument(trace);
    expect(steps.reduce((sum, step) => sum + step.durationMs, 0)).toBe(durationMs);
    for (const { ownMs } of steps) expect(ownMs).toBeGreaterThanOrEqual(0);
  }
});
