/** Laws that hold for any plan: random graphs with random outcomes, driven to their end. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeEvent,
  encodeEvent,
  evolve,
  isTerminal,
  openEffects,
  type RunEvent,
  RunState,
  runView,
} from "../src/index.ts";
import { Engine, ToolFailure, type FakeTool } from "./engine.ts";

interface Sketch {
  /** For each task: which earlier ones it waits for, and what its tool does. */
  readonly tasks: readonly {
    readonly after: readonly number[];
    readonly tool: number;
    readonly when?: boolean;
    readonly onError?: "null";
    readonly join?: "any";
    readonly each?: number;
    readonly retry?: number;
  }[];
  readonly concurrency: number;
  readonly cancelAt?: number;
}

const TOOLS: readonly FakeTool[] = [
  { takesMs: 5 },
  { takesMs: 30, run: () => [1, 2, 3] },
  {
    run: () => {
      throw new ToolFailure("fails");
    },
  },
  {
    run: (_, { calls }) => {
      if (calls % 2 === 1) throw new ToolFailure("busy", "refused", true);
      return 1;
    },
  },
  {
    spec: { effect: "write" },
    run: () => {
      throw new ToolFailure("lost", "unknown", true);
    },
  },
  {
    spec: { effect: "read" },
    run: (_, { calls }) => {
      if (calls === 1) throw new ToolFailure("lost", "unknown", true);
      return 1;
    },
  },
];

const sketch: fc.Arbitrary<Sketch> = fc.record(
  {
    tasks: fc.array(
      fc.record(
        {
          after: fc.uniqueArray(fc.nat(30), { maxLength: 4 }),
          tool: fc.nat(TOOLS.length - 1),
          when: fc.boolean(),
          onError: fc.constant("null" as const),
          join: fc.constant("any" as const),
          each: fc.nat(4),
          retry: fc.nat(2),
        },
        { requiredKeys: ["after", "tool"] },
      ),
      { minLength: 1, maxLength: 24 },
    ),
    concurrency: fc.integer({ min: 1, max: 8 }),
    cancelAt: fc.nat(60),
  },
  { requiredKeys: ["tasks", "concurrency"] },
);

function run({ tasks, concurrency, cancelAt }: Sketch): Engine {
  const plan = {
    mesh: 1 as const,
    inputs: { yes: {}, no: {} },
    tasks: tasks.map((task, index) => ({
      id: `t${index}`,
      use: `t.${task.tool}`,
      after: task.after.filter((other) => other < index).map((other) => `t${other}`),
      ...(task.when === undefined ? {} : { when: task.when ? "inputs.yes" : "inputs.no" }),
      ...(task.onError === undefined ? {} : { onError: task.onError }),
      ...(task.join === undefined ? {} : { join: task.join }),
      ...(task.retry === undefined ? {} : { retry: { max: task.retry } }),
      ...(task.each === undefined
        ? {}
        : { each: { in: Array.from({ length: task.each }, (_, at) => at), as: "item" } }),
    })),
  };
  const tools = Object.fromEntries(TOOLS.map((tool, index) => [`t.${index}`, tool]));
  const onTurn = (self: Engine): void => {
    if (cancelAt !== undefined && self.nowMs - 1_000_000 >= cancelAt && self.state.status === "running")
      self.feed({ type: "cancel", reason: "x" });
  };
  const engine = Engine.run({
    plan,
    tools,
    inputs: { yes: true, no: false },
    policy: { concurrency: { run: concurrency } },
    onTurn,
  });
  for (let guard = 0; engine.view.status === "suspended" && guard < 100; guard++) {
    for (const task of Array.from(engine.state.inDoubt)) engine.feed({ type: "resolve", task: task.key, as: "done" });
    engine.drain();
  }
  return engine;
}

const started = (events: readonly RunEvent[]) => events.filter((event) => event.type === "task.started");

describe("for any plan and any outcomes", () => {
  const runs = { numRuns: 300 };

  test("the run ends, with one terminal event, the last", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const { events } = run(plan);
        expect(events.filter(isTerminal)).toEqual([events.at(-1)]);
      }),
      runs,
    );
  });

  test("sequence numbers are gapless and the journal folds to the same view", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const engine = run(plan);
        const again = new RunState();
        for (const event of engine.events) evolve(again, decodeEvent(event.run, encodeEvent(event)));
        expect(runView(again)).toEqual(engine.view);
      }),
      runs,
    );
  });

  test("no task starts before what it waits for is over, more often than it may, or after a cancel", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const { events, runningMax } = run(plan);
        expect(runningMax).toBeLessThanOrEqual(plan.concurrency);
        const over = new Set<string>();
        const succeeded = new Set<string>();
        let isCancelled = false;
        for (const event of events) {
          if (event.type === "run.cancel_requested") isCancelled = true;
          if (event.type === "task.started") {
            expect(isCancelled).toBe(false);
            expect(succeeded.has(event.task)).toBe(false);
            const [id = ""] = event.task.split("[");
            const after = plan.tasks[Number(id.slice(1))]?.after.filter((other) => other < Number(id.slice(1))) ?? [];
            expect(after.every((other) => over.has(`t${other}`))).toBe(true);
          }
          if (event.type === "task.succeeded") succeeded.add(event.task);
          if (
            ["task.succeeded", "task.failed", "task.skipped", "task.resolved"].includes(event.type) &&
            "task" in event
          )
            over.add(event.task);
        }
      }),
      runs,
    );
  });

  test("a write whose outcome is unknown is called once", () => {
    fc.assert(
      fc.property(sketch, (plan) => {
        const { events } = run(plan);
        const calls = new Map<string, number>();
        for (const { task } of started(events)) calls.set(task, (calls.get(task) ?? 0) + 1);
        const doubled = [...calls].filter(
          ([key, count]) => count > 1 && plan.tasks[Number(key.split("[")[0]?.slice(1))]?.tool === 4,
        );
        expect(doubled).toEqual([]);
      }),
      runs,
    );
  });

  test("cut anywhere, a journal says what was under way: the calls without an outcome and the open node", () => {
    fc.assert(
      fc.property(sketch, fc.nat(), (plan, cut) => {
        const { events } = run(plan);
        const prefix = events.slice(0, 1 + (cut % events.length));
        const state = new RunState();
        const open = new Set<string>();
        for (const event of prefix) {
          evolve(state, event);
          if (event.type === "task.started") open.add(`${event.task}#${event.attempt}`);
          else if ("task" in event && "attempt" in event) open.delete(`${event.task}#${event.attempt}`);
          if (event.type === "node.started") open.add(event.call);
          else if (event.type === "node.succeeded" || event.type === "node.failed") open.delete(event.call);
        }
        const effects = openEffects(state);
        const said = effects.map((effect) =>
          effect.type === "call-tool" ? `${effect.task}#${effect.attempt}` : "call" in effect ? effect.call : "",
        );
        expect(said.toSorted()).toEqual(prefix.some(isTerminal) ? [] : [...open].toSorted());
      }),
      runs,
    );
  });
});
