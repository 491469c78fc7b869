/** What is kept, given again, looked at and thrown away, as a user does it. */
import { describe, expect, test } from "vitest";
import { Folder, jsonLines, plan, testServer } from "./command.ts";

const CACHE = { models: true, plans: true, tools: { ttlSeconds: 3_600 } };

function config(more: object = {}) {
  const answers = [
    { json: plan([{ id: "hello", use: "test.echo", args: { text: "bees" } }]) },
    "They say bees [hello].",
  ];
  const overrides = { echo: { effect: "read" } };
  const echo = { ...testServer(), tools: { overrides } };
  return { mcpServers: { test: echo }, models: { script: { provider: "scripted", answers } }, cache: CACHE, ...more };
}

function endOf(stdout: string) {
  return jsonLines(stdout).at(-1) ?? {};
}

describe.concurrent("a cache", () => {
  test("makes a goal that is asked again cost no call, and everything says so", async () => {
    const folder = await Folder.create({ "agentmesh.config.json": config() });
    const first = await folder.run("run", "--query", "Say bees", "--json");
    expect(endOf(first.stdout)).toMatchObject({ status: "succeeded", usage: { toolCalls: 1 } });
    const again = await folder.run("run", "--query", "Say  bees.", "--json");
    const lines = jsonLines(again.stdout);
    expect(lines.at(-1)).toMatchObject({ status: "succeeded", usage: { toolCalls: 0, cacheHits: 1 } });
    expect(lines.find(({ type }) => type === "plan.proposed")).toMatchObject({ by: "cache" });
    const { run } = endOf(again.stdout);
    expect(lines.filter(({ type, caller }) => type === "model.called" && caller === "planner#1")).toEqual([]);
    expect(lines.find(({ type }) => type === "task.succeeded")).toMatchObject({
      cache: { run: endOf(first.stdout)["run"] },
    });
    const tree = await folder.run("show", String(run), "--tree");
    expect(tree.stdout).toMatch(/planner#1 .*from the cache/);
    expect(tree.stdout).toMatch(/hello .*from the cache/);
    const trace = await folder.run("trace", "export", String(run));
    expect(trace.stdout).toContain('"cache":"hit"');
    expect((await folder.run("verify")).exit).toBe(0);
  });

  test("is left alone by run --no-cache, also where the plan asks for it", async () => {
    const cached = { ...plan([{ id: "a", use: "test.echo", args: { text: "bees" }, cache: true }]) };
    const folder = await Folder.create({ "agentmesh.config.json": config({ cache: {} }), "plan.json": cached });
    const hitsOf = async (...more: readonly string[]) => {
      const { stdout } = await folder.run("run", "plan.json", "--json", ...more);
      return endOf(stdout)["usage"];
    };
    expect(await hitsOf("--no-cache")).toMatchObject({ toolCalls: 1 });
    expect(await hitsOf()).toMatchObject({ toolCalls: 1 });
    expect(await hitsOf()).toMatchObject({ toolCalls: 0, cacheHits: 1 });
    expect(await hitsOf("--no-cache")).toMatchObject({ toolCalls: 1 });
    const told = await folder.run("run", "plan.json");
    expect(told.stderr).toMatch(/task a succeeded .*from the cache/);
    expect(told.stderr).toMatch(/0 tool calls, 1 result from the cache/);
  });

  test("is listed, counted and cleared", async () => {
    const folder = await Folder.create({ "agentmesh.config.json": config() });
    await folder.run("run", "--query", "Say bees");
    const listed = await folder.run("cache", "--json");
    const { entries } = JSON.parse(listed.stdout) as { entries: readonly Record<string, unknown>[] };
    expect(new Set(entries.map(({ kind, name, state }) => `${String(kind)} ${String(name)} ${String(state)}`))).toEqual(
      new Set(["tool test.echo fresh", "plan Say bees fresh", "model scripted:script fresh"]),
    );
    expect((await folder.run("cache", "stats")).stdout).toMatch(/^tool +1 entry/m);
    const kept = await folder.run("cache", "clear", "--older-than", "1h", "--json");
    expect(JSON.parse(kept.stdout)).toEqual({ removed: 0 });
    expect((await folder.run("cache", "clear", "--kind", "tool")).stdout).toBe("1 entry removed\n");
    expect((await folder.run("cache", "clear", "--stale")).stdout).toBe("0 entries removed\n");
    expect((await folder.run("cache", "clear")).stdout).toBe("2 entries removed\n");
    expect((await folder.run("cache")).stderr).toContain("Nothing is kept");
  });

  test.each([
    [["cache", "claer"], 'There is no "cache claer"'],
    [["cache", "clear", "--older-than", "soon"], "--older-than soon is no length of time"],
    [["cache", "--kind", "tools"], "--kind tools is nothing that is kept"],
    [["cache", "--stale"], '--stale is for "cache clear"'],
  ])("%s is refused", async (words, message) => {
    const folder = await Folder.create({});
    const { exit, stderr } = await folder.run(...words);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
  });
});
