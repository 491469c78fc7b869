/** What a run has left gets less from level to level, and nobody below uses up more than that. */
import type { JsonObject, PlanInput, RunPolicy } from "@agentmesh/core";
import { expect, test, vi } from "vitest";
import { asks, notes, ThreeLevels } from "./three-levels.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const TWO_NOTES: PlanInput = {
  mesh: 1,
  tasks: [
    { id: "first", use: "leaf.note", args: { text: "first" } },
    { id: "second", use: "leaf.note", args: { text: "second" }, after: ["first"] },
  ],
  output: { $from: "second.text" },
};
const DEEPER: PlanInput = { mesh: 1, tasks: [{ id: "deeper", use: "workflow:deeper" }], output: { $from: "deeper" } };

async function budgetOf(levels: ThreeLevels, level: "middle" | "inner"): Promise<RunPolicy["budget"]> {
  const [run = ""] = await levels.runsOf(level);
  const [created] = await levels.eventsOf(level, run);
  return created?.type === "run.created" ? created.policy.budget : undefined;
}

async function failureOf(levels: ThreeLevels, plan: PlanInput): Promise<string> {
  const mesh = await levels.openTop();
  const run = mesh.run(plan);
  expect((await run.result).status).toBe("failed");
  return JSON.stringify((await mesh.show(run.id)).tasks["ask"]?.error);
}

test("calls, tokens and time that are left travel down, and each level lowers them", async () => {
  const levels = await ThreeLevels.start({
    top: { budget: { calls: 10, tokens: 1_000, seconds: 100 } },
    middle: { budget: { tokens: 500, calls: 50 } },
    inner: { budget: { tokens: 300 } },
  });
  const mesh = await levels.openTop();
  expect((await mesh.run(asks("middle", asks("inner", notes("hello")))).result).status).toBe("succeeded");
  const middle = await budgetOf(levels, "middle");
  const inner = await budgetOf(levels, "inner");
  expect(middle).toMatchObject({ calls: 9, tokens: 500, onExceeded: "fail" });
  expect(inner).toMatchObject({ calls: 8, tokens: 300, onExceeded: "fail" });
  const [call] = levels.ledger();
  const meta: JsonObject = call?.kind === "call" ? call.meta : {};
  expect(meta["agentmesh/budget"]).toEqual({ calls: 7, tokens: 300 });
  const deadline = meta["agentmesh/deadline"] as { readonly remainingMs: number };
  const left = [100, middle?.seconds ?? 0, inner?.seconds ?? 0, deadline.remainingMs / 1_000];
  expect(left).toEqual(left.toSorted((one, other) => other - one));
  expect(new Set(left).size).toBe(4);
  expect(left.at(-1)).toBeGreaterThan(0);
});

test("a call more than the top one has left is refused at the lowest", async () => {
  const levels = await ThreeLevels.start({ top: { budget: { calls: 3 }, retryMax: 0 }, middle: { retryMax: 0 } });
  const error = await failureOf(levels, asks("middle", asks("inner", TWO_NOTES)));
  expect(error).toContain("AM_BUDGET_EXCEEDED");
  expect(levels.ledger().map(({ kind, text }) => `${kind} ${text}`)).toEqual(["call first", "effect first"]);
});

test("a fourth level is refused where it would begin, or where it arrives", async () => {
  const workflows = { deeper: notes("too deep") };
  const sending = await ThreeLevels.start({ workflows, inner: { maxDepth: 2 } });
  expect(await failureOf(sending, asks("middle", asks("inner", DEEPER)))).toContain("3 levels below the first one");
  const [run = ""] = await sending.runsOf("inner");
  const failed = (await sending.eventsOf("inner", run)).find(({ type }) => type === "task.failed");
  expect(failed).toMatchObject({ task: "deeper", error: { code: "AM_DEPTH_EXCEEDED" } });
  expect(sending.ledger()).toEqual([]);
  const receiving = await ThreeLevels.start({ inner: { maxDepth: 1 } });
  expect(await failureOf(receiving, asks("middle", asks("inner", notes("too deep"))))).toContain("AM_DEPTH_EXCEEDED");
  expect(receiving.ledger()).toEqual([]);
  expect(await receiving.runsOf("inner")).toEqual([]);
});
