/** The Chrome trace as Perfetto itself reads it: every slice, arrow and counter arrives, and nothing is complained about. */
import { beforeEach, expect, test } from "vitest";
import { type ChromeTrace, chromeTrace, type RunEvent, traceRun } from "../../src/index.ts";
import { Engine } from "../engine.ts";
import { answeredRun } from "../model-runs.ts";
import { TraceProcessor } from "./trace-processor.ts";

let perfetto: TraceProcessor;
beforeEach(async () => {
  perfetto = await TraceProcessor.load(process.env["TEST_PERFETTO_ENGINE"] ?? "");
});

const traceOf = (events: readonly RunEvent[]): ChromeTrace => chromeTrace(traceRun(events));
const read = (events: readonly RunEvent[]): ChromeTrace => {
  const trace = traceOf(events);
  perfetto.read(JSON.stringify(trace));
  return trace;
};
const column = (sql: string): readonly unknown[] => perfetto.query(sql).flatMap((row) => Object.values(row));

const diamond = {
  mesh: 1 as const,
  tasks: [
    { id: "a", use: "t.a" },
    { id: "b", use: "t.b", each: { in: [1, 2, 3] }, after: ["a"] },
    { id: "c", use: "t.b", after: ["a"] },
    { id: "d", use: "t.a", after: ["b", "c"] },
  ],
};
const run = () => Engine.run({ plan: diamond, tools: { "t.a": { takesMs: 10 }, "t.b": { takesMs: 30 } } });

test("nothing of it is an error, or lost", () => {
  const { traceEvents } = read(run().events);
  const problems = perfetto.query(
    "select name, value from stats where severity in ('error', 'data_loss') and value > 0",
  );
  expect(problems).toEqual([]);
  const count = (ph: string): number => traceEvents.filter((event) => event.ph === ph).length;
  // a moment is a slice without length
  expect(column("select count(*) from slice")).toEqual([count("X") + count("i")]);
  expect(column("select count(*) from flow")).toEqual([count("s")]);
  expect(column("select count(*) from counter")).toEqual([
    traceEvents.reduce((sum, event) => sum + (event.ph === "C" ? Object.keys(event.args).length : 0), 0),
  ]);
});

test("attempts are slices of their length, in named lanes, none within another", () => {
  read(run().events);
  expect(
    perfetto.query(
      "select name, ts / 1000000 as ms, dur / 1000000 as length from slice where category = 'attempt' order by ts, name",
    ),
  ).toEqual([
    { name: "a#1", ms: 0, length: 10 },
    { name: "b[0]#1", ms: 10, length: 30 },
    { name: "b[1]#1", ms: 10, length: 30 },
    { name: "b[2]#1", ms: 10, length: 30 },
    { name: "c#1", ms: 10, length: 30 },
    { name: "d#1", ms: 40, length: 10 },
  ]);
  expect(column("select max(depth) from slice where category in ('attempt', 'task', 'node')")).toEqual([0]);
  expect(
    column(
      "select distinct thread.name from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) where category = 'attempt' order by 1",
    ),
  ).toEqual(["slot 1", "slot 2", "slot 3", "slot 4"]);
  expect(column("select name from process where name is not null")).toEqual(["run-1 test"]);
  expect(
    column(
      "select string_value from slice join args using (arg_set_id) where slice.name = 'a#1' and args.key = 'args.tool'",
    ),
  ).toEqual(["t.a"]);
});

test("arrows go from the end of what was waited for to the start of what waited", () => {
  read(run().events);
  const arrows = perfetto.query(`select a.name as source, b.name as target, a.ts + a.dur <= b.ts as isInOrder
    from flow join slice a on flow.slice_out = a.id join slice b on flow.slice_in = b.id order by 1, 2`);
  expect(arrows).toEqual([
    { source: "a#1", target: "b", isInOrder: 1 },
    { source: "a#1", target: "c#1", isInOrder: 1 },
    { source: "b", target: "d#1", isInOrder: 1 },
    { source: "c#1", target: "d#1", isInOrder: 1 },
  ]);
});

test("counters rise and fall as calls begin and end", () => {
  read(run().events);
  const values = column(
    "select value from counter join counter_track on counter.track_id = counter_track.id where counter_track.name like 'calls under way%' order by ts",
  );
  expect(values).toEqual([1, 4, 1, 0]);
});

test("models that take over from each other are slices one after the other, with their tokens counted", () => {
  read(answeredRun().events);
  expect(column("select name from slice where category = 'model' order by ts, name")).toEqual([
    "big:model",
    "big:model",
    "small:model",
    "small:model",
  ]);
  expect(
    column(
      "select max(value) from counter join counter_track on counter.track_id = counter_track.id where counter_track.name like 'tokens%input'",
    ),
  ).toEqual([130]);
});

test("a run that goes on, cut after any event, is read without a fault", async () => {
  const { events } = run();
  for (let count = 1; count < events.length; count += 4) {
    const processor = await TraceProcessor.load(process.env["TEST_PERFETTO_ENGINE"] ?? "");
    processor.read(JSON.stringify(traceOf(events.slice(0, count))));
    expect(processor.query("select name from stats where severity = 'error' and value > 0")).toEqual([]);
  }
});
