/** Laws of forks, for any plan, cut after any event, from any task: what was said beforehand is what happens. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEvent, encodeEvent, evolve, type Json, RunState, runView } from "../src/index.ts";
import { Engine, type FakeTool, ToolFailure } from "./engine.ts";

const TASKS_MAX = 14;

const sketch = fc.record({
  tasks: fc.array(
    fc.record({
      reads: fc.uniqueArray(fc.nat(TASKS_MAX), { maxLength: 3 }),
      isWrite: fc.boolean(),
      isBroken: fc.boolean(),
      each: fc.option(fc.nat(3), { freq: 3 }),
      when: fc.option(fc.boolean(), { freq: 4 }),
    }),
    { minLength: 1, maxLength: TASKS_MAX },
  ),
  concurrency: fc.integer({ min: 1, max: 5 }),
  cut: fc.nat(),
  from: fc.option(fc.nat()),
});

type Sketch = typeof sketch extends fc.Arbitrary<infer Value> ? Value : never;

function planOf({ tasks }: Sketch) {
  return {
    mesh: 1 as const,
    tasks: tasks.map(({ reads, isWrite, isBroken, each, when }, index) => ({
      id: `t${index}`,
      use: `t.${isWrite ? "write" : "read"}${isBroken ? "Broken" : ""}`,
      args: Object.fromEntries(
        reads.filter((other) => other < index).map((other) => [`a${other}`, { $from: `t${other}` }]),
      ),
      ...(each === null ? {} : { each: { in: Array.from({ length: each + 1 }, (_, at) => at) } }),
      ...(when === null ? {} : { when: String(when) }),
    })),
  };
}

/** What a tool gives follows from its arguments alone; while it is broken, every other call of it fails. */
function toolsOf(isFixed: boolean): Record<string, FakeTool> {
  const tool = (effect: "read" | "write", isBroken: boolean): FakeTool => {
    let calls = 0;
    const run = (args: Json): Json => {
      if (isBroken && !isFixed && calls++ % 2 === 0) throw new ToolFailure("broken");
      return { of: args };
    };
    return { spec: { effect }, run, takesMs: effect === "read" ? 5 : 9 };
  };
  return {
    "t.read": tool("read", false),
    "t.write": tool("write", false),
    "t.readBroken": tool("read", true),
    "t.writeBroken": tool("write", true),
  };
}

test("a fork runs what it said, repeats only what it named, and comes to what a new run comes to", () => {
  fc.assert(
    fc.property(sketch, (drawn) => {
      const plan = planOf(drawn);
      const policy = { concurrency: { run: drawn.concurrency }, retryMax: 0 };
      const source = Engine.run({ plan, tools: toolsOf(false), policy });
      const accepted = source.events.findIndex(({ type }) => type === "plan.accepted");
      source.events.splice(accepted + 1 + (drawn.cut % (source.events.length - accepted)));
      const before = new Set(source.events.flatMap((event) => (event.type === "task.started" ? [event.task] : [])));
      const ran = [...before];
      const from = drawn.from === null || ran.length === 0 ? [] : [ran[drawn.from % ran.length] ?? ""];

      const { preview, start } = Engine.fork(source, { from }, { tools: toolsOf(true) });
      const fork = start();
      const called = new Set(fork.calls.map(({ task }) => task));
      const running = new Set(preview.runs.map(({ task }) => task));
      const reused = new Set(preview.reused.map(({ task }) => task));
      expect([...called].filter((key) => reused.has(key))).toEqual([]);
      expect([...called].filter((key) => !running.has(key.split("[")[0] ?? ""))).toEqual([]);
      for (const key of from) expect(called).toContain(key);

      const writes = fork.calls.flatMap(({ task, use }) =>
        use.startsWith("t.write") && before.has(task) ? [task] : [],
      );
      const named = preview.repeats.map(({ task }) => task);
      expect(writes.filter((task) => !named.includes(task))).toEqual([]);
      expect(named.filter((task) => !before.has(task))).toEqual([]);

      const fresh = Engine.run({ plan, tools: toolsOf(true), policy });
      expect(fork.view.status).toBe(fresh.view.status);
      expect(fork.statuses).toEqual(fresh.statuses);
      for (const { id } of plan.tasks) expect(fork.value(id)).toEqual(fresh.value(id));

      const state = new RunState();
      for (const event of fork.events) evolve(state, decodeEvent(event.run, encodeEvent(event)));
      expect(runView(state)).toEqual(fork.view);
    }),
    { numRuns: 400 },
  );
});
