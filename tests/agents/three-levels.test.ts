/** What travels through three meshes above one another, and what becomes of it when one of them is cancelled or killed. */
import type { RunEvent, RunParent } from "@agentmesh/core";
import { verifyStore } from "@agentmesh/verify";
import { expect, test, vi } from "vitest";
import { asks, notes, ThreeLevels } from "./three-levels.ts";

const patient = { timeout: 60_000 };
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Answer {
  readonly run: string;
  readonly status: string;
  readonly output: unknown;
}

function parentOf(events: readonly RunEvent[]): RunParent | undefined {
  const [first] = events;
  return first?.type === "run.created" ? first.parent : undefined;
}

test("an answer comes up through all levels, and each knows its place in one tree and one trace", async () => {
  const levels = await ThreeLevels.start();
  const mesh = await levels.openTop();
  const run = mesh.run(asks("middle", asks("inner", notes("hello"))));
  const { status, output } = await run.result;
  expect(status).toBe("succeeded");
  const middle = output as unknown as Answer;
  const inner = middle.output as Answer;
  expect(middle).toMatchObject({ status: "succeeded", output: { status: "succeeded", output: "noted hello" } });
  expect(await levels.runsOf("middle")).toEqual([middle.run]);
  expect(await levels.runsOf("inner")).toEqual([inner.run]);

  const above = parentOf(await levels.eventsOf("middle", middle.run));
  const below = parentOf(await levels.eventsOf("inner", inner.run));
  expect(above).toMatchObject({ run: run.id, task: "ask", depth: 1, root: run.id, isRemote: true });
  expect(below).toMatchObject({ run: middle.run, task: "ask", depth: 2, root: run.id, isRemote: true });
  const [call] = levels.ledger();
  const meta = call?.kind === "call" ? call.meta : {};
  expect(meta).toMatchObject({
    "agentmesh/depth": 3,
    "agentmesh/rootRun": run.id,
    "agentmesh/parent": { run: inner.run, task: "note" },
  });
  const told = [above?.traceparent, below?.traceparent, meta["traceparent"]];
  const parts = told.map((text) => (typeof text === "string" ? text : "").split("-"));
  expect(new Set(parts.map(([, trace]) => trace)).size).toBe(1);
  expect(new Set(parts.map(([, , span]) => span)).size).toBe(3);
  // What the lowest has used is counted at each level, and told to nobody twice.
  expect((await mesh.show(run.id)).usage.toolCalls).toBe(3);
  expect((await mesh.show(run.id)).tasks["ask"]?.child).toBe(middle.run);
  expectSound(levels);
});

test.each(["modern", "legacy"] as const)("cancelling the top one stops the lowest call: %s", async (protocol) => {
  const levels = await ThreeLevels.start({ protocol });
  const mesh = await levels.openTop();
  const run = mesh.run(asks("middle", asks("inner", notes("slow", levels.gate))));
  await vi.waitFor(() => expect(levels.ledger()).toHaveLength(1), patient);
  run.cancel();
  expect((await run.result).status).toBe("cancelled");
  const kinds = () => levels.ledger().map(({ kind }) => kind);
  // Since 2026 an agent is waited for; before that it is told, and nothing more is heard of it.
  if (protocol === "legacy") await vi.waitFor(() => expect(kinds()).toHaveLength(2), patient);
  expect(kinds()).toEqual(["call", "stopped"]);
  for (const level of ["middle", "inner"] as const) {
    const [id = ""] = await levels.runsOf(level);
    await vi.waitFor(
      async () => expect((await levels.eventsOf(level, id)).at(-1)?.type).toBe("run.cancelled"),
      patient,
    );
  }
});

test.each(["modern", "legacy"] as const)(
  "a middle one that is killed in mid-call and started again leaves one effect, and the top one succeeds: %s",
  async (protocol) => {
    const levels = await ThreeLevels.start({ protocol });
    const mesh = await levels.openTop();
    const run = mesh.run(asks("middle", asks("inner", notes("once", levels.gate))));
    await vi.waitFor(() => expect(levels.ledger()).toHaveLength(1), patient);
    await levels.killMiddle();
    await levels.serveMiddle();
    await levels.openGate();
    expect(await run.result).toMatchObject({ status: "succeeded", output: { output: { output: "noted once" } } });
    const lines = levels.ledger();
    expect(lines.filter(({ kind }) => kind === "effect")).toHaveLength(1);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(1);
    expect(await levels.runsOf("middle")).toHaveLength(1);
    expect(await levels.runsOf("inner")).toHaveLength(1);
    expectSound(levels);
  },
);

function expectSound(levels: ThreeLevels): void {
  for (const level of ["top", "middle", "inner"] as const)
    expect(verifyStore(levels.storeOf(level))).toMatchObject({ violations: [], warnings: [] });
}
