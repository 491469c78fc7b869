/** Forks over a real store and a real driver; what is taken over, and why, is tested with the core. */
import { expect, test } from "vitest";
import { MemoryStore } from "@agentmesh/store";
import { SqliteStore } from "@agentmesh/store/sqlite";
import { testMesh } from "./test-mesh.ts";

const LONG = "long ".repeat(200);
const plan = {
  mesh: 1 as const,
  inputs: { who: { type: "string" } },
  tasks: [
    { id: "page", use: "t.page", args: { who: { $from: "inputs.who" } } },
    { id: "words", use: "t.count", args: { text: { $from: "page.text" } } },
  ],
  output: { $from: "words.count" },
};

function counted() {
  const calls: string[] = [];
  const tools = {
    page: {
      run: ({ who }: { readonly who?: unknown }) => {
        calls.push(`page ${String(who)}`);
        return { text: `${String(who)} ${LONG}` };
      },
    },
    count: {
      run: ({ text }: { readonly text?: unknown }) => {
        calls.push("count");
        return { count: String(text).split(" ").length };
      },
    },
  };
  return { calls, tools };
}

test("a value that was taken over is read where it is stored, once", async () => {
  const { calls, tools } = counted();
  const store = new SqliteStore(":memory:");
  await using mesh = testMesh({ store, tools });
  const first = await mesh.run(plan, { inputs: { who: "ann" } }).result;
  const fork = await mesh.fork(first.run, { from: "words" });
  expect(fork.preview.repeats).toMatchObject([{ task: "words", tool: "t.count" }]);
  const second = await fork.start().result;
  expect(second).toMatchObject({ status: "succeeded", output: first.output });
  expect(calls).toEqual(["page ann", "count", "count"]);
  const view = await mesh.show(second.run);
  expect(view.tasks["page"]?.output).toEqual((await mesh.show(first.run)).tasks["page"]?.output);
});

test("a fork whose process dies before its plan is accepted goes on with what it took over", async () => {
  const { calls, tools } = counted();
  await using mesh = testMesh({ tools });
  const first = await mesh.run(plan, { inputs: { who: "ann" } }).result;
  const forked = await (await mesh.fork(first.run, { from: "words" })).start().result;
  const events = await mesh.events(forked.run);
  const begun = events.slice(0, 1 + events.findIndex(({ type }) => type === "node.started"));
  expect(begun.map(({ type }) => type)).toContain("task.reused");
  const text = JSON.stringify({ text: `ann ${LONG}` });
  const hash = events.flatMap((event) => (event.type === "task.reused" ? (event.output?.hash ?? []) : []))[0] ?? "";
  const store = new MemoryStore();
  await store.append(begun, [{ hash, text }]);
  await store.release(forked.run);
  calls.length = 0;
  await using other = testMesh({ store, tools });
  expect(await other.resume(forked.run).result).toMatchObject({ status: "succeeded", output: first.output });
  expect(calls).toEqual(["count"]);
});

test("a run whose inputs held a secret is forked when they are given again", async () => {
  const { calls, tools } = counted();
  await using mesh = testMesh({ tools, secrets: ["hunter22"] });
  const first = await mesh.run(plan, { inputs: { who: "hunter22" } }).result;
  await expect(mesh.fork(first.run, { from: "words" })).rejects.toMatchObject({ code: "AM_PLAN_REDACTED" });
  const fork = await mesh.fork(first.run, { inputs: { who: "hunter22" } });
  expect(fork.preview.runs).toMatchObject([{ task: "page", reason: "input" }, { task: "words" }]);
  expect(await fork.start().result).toMatchObject({ status: "succeeded", output: first.output });
  expect(calls).toEqual(["page hunter22", "count", "page hunter22", "count"]);
});
