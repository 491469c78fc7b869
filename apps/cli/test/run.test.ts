/** Runs as they should be: what goes to which stream, and in which shape. */
import { RunEvent } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { plainText } from "../src/terminal/plain-text.ts";
import { Folder, jsonLines, meshFolder, plan, testServer } from "./command.ts";

const diamond = plan(
  [
    { id: "a", use: "test.echo", args: { text: { $from: "inputs.topic" } } },
    { id: "b", use: "test.echo", args: { text: "{{ a.text }}!" } },
    { id: "c", use: "test.wait", args: { ms: 20 }, after: ["a"] },
    { id: "d", use: "test.echo", args: { text: "{{ b.text }} {{ c.text }}" } },
  ],
  { inputs: { topic: { type: "string" } }, output: { said: { $from: "d.text" } } },
);

describe.concurrent("run", () => {
  test("writes the output to standard output and what happens to standard error", async () => {
    const folder = await meshFolder({ "plan.json": diamond });
    const { exit, stdout, stderr } = await folder.run("run", "plan.json", "--input", "topic=bees");
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ said: "bees! waited" });
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d server test ready, 4 tools/m);
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d task d succeeded \d/m);
    expect(stderr).toMatch(/succeeded r_\w+: 4 tool calls/);
    expect(stderr).not.toContain("\u001b");
  });

  test("with --json writes every stored event and last the result, and nothing else, to standard output", async () => {
    const folder = await meshFolder({ "plan.json": diamond });
    const { exit, stdout } = await folder.run("run", "plan.json", "--json", "--input", "topic=bees");
    expect(exit).toBe(0);
    const lines = jsonLines(stdout);
    const stored = lines.filter((line) => "seq" in line);
    expect(stored.map((event) => RunEvent.parse(event).seq)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.at(-1)).toMatchObject({ type: "run.succeeded" });
    const [{ run } = {}] = lines;
    expect(lines.at(-1)).toEqual({
      type: "run.result",
      run,
      status: "succeeded",
      output: { said: "bees! waited" },
      answer: null,
      citations: [],
      usage: { modelCalls: 0, toolCalls: 4, inputTokens: 0, outputTokens: 0, isExact: true, costMicroUsd: 0 },
    });
    expect(lines.filter((line) => line["type"] === "run.result")).toHaveLength(1);
    const events = await folder.run("show", String(run), "--events");
    expect(jsonLines(events.stdout)).toEqual(stored);
  });

  test("of a goal streams, answers and cites, and takes the escapes of a model out", async () => {
    const answers = [
      { json: plan([{ id: "hello", use: "test.echo", args: { text: "bees" } }]) },
      "\u001b[31mThey say bees [hello], \u202ethey say [nothing].",
    ];
    const config = { mcpServers: { test: testServer() }, models: { script: { provider: "scripted", answers } } };
    const folder = await Folder.create({ "agentmesh.config.json": config });
    const { exit, stdout, stderr } = await folder.run("run", "Say", "bees");
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "They say bees [hello], they say.\n" });
    expect(stderr).toContain("[hello] test.echo");
    expect(stderr).toContain("citations of unknown tasks were taken out: nothing");
    const json = await folder.run("run", "--query", "Say bees", "--json", "--name", "bees");
    const lines = jsonLines(json.stdout);
    expect(lines.find((line) => line["type"] === "run.created")).toMatchObject({ name: "bees", goal: "Say bees" });
    expect(lines.filter((line) => line["type"] === "answer.delta").length).toBeGreaterThan(1);
    expect(lines.at(-1)).toMatchObject({ status: "succeeded", citations: ["hello"] });
    expect(json.stdout).toBe(plainText(json.stdout));
  });

  test("reads inputs as JSON, as text, and from files", async () => {
    const inputs = {
      count: { type: "integer" },
      list: { type: "array" },
      text: { type: "string" },
      file: { type: "string" },
    };
    const document = plan([], { inputs, output: { $from: "inputs" } });
    const folder = await meshFolder({ "plan.json": document, "note.txt": "a note\n" });
    const pairs = ["count=5", 'list=["a"]', "text=2026", "file=@note.txt"];
    const words = pairs.flatMap((pair) => ["--input", pair]);
    const { stdout, stderr } = await folder.run("run", "plan.json", ...words, "--quiet");
    expect(JSON.parse(stdout)).toEqual({ count: 5, list: ["a"], text: "2026", file: "a note\n" });
    expect(stderr).toBe("");
  });

  test("that fails says so in its events, its result and its exit code alike", async () => {
    const folder = await meshFolder({ "plan.json": plan([{ id: "a", use: "test.fail" }]) });
    const { exit, stdout } = await folder.run("run", "plan.json", "--json");
    expect(exit).toBe(1);
    const lines = jsonLines(stdout);
    expect(lines.at(-2)).toMatchObject({ type: "run.failed", error: { code: "AM_TASK_FAILED" } });
    expect(lines.at(-1)).toMatchObject({ type: "run.result", status: "failed", error: { code: "AM_TASK_FAILED" } });
  });

  test("goes on when nobody reads its output any more", async () => {
    const folder = await meshFolder({ "plan.json": diamond });
    const stdout = await folder.shell(
      'agentmesh run plan.json --json --input topic=x | head -n 1; echo "${PIPESTATUS[0]}"',
    );
    expect(stdout.trim().split("\n").at(-1)).toBe("0");
    expect(stdout).not.toMatch(/EPIPE|Error/);
  });
});

describe.concurrent("show --json", () => {
  test("holds the plan and every task with its value", async () => {
    const folder = await meshFolder({ "plan.json": diamond });
    await folder.run("run", "plan.json", "--input", "topic=bees");
    const { runs } = JSON.parse((await folder.run("runs", "--json")).stdout) as { runs: { run: string }[] };
    expect(runs).toEqual([
      { run: expect.stringMatching(/^r_/), status: "succeeded", name: "test", createdAtMs: expect.any(Number) },
    ]);
    const [{ run } = { run: "" }] = runs;
    const shown = JSON.parse((await folder.run("show", run, "--json")).stdout) as { tasks: object };
    expect(shown).toMatchObject({ run, status: "succeeded", plan: diamond, output: { said: "bees! waited" } });
    expect(shown).toHaveProperty("usage.toolCalls", 4);
    const task = {
      status: "succeeded",
      attempt: 1,
      startedAtMs: expect.any(Number),
      endedAtMs: expect.any(Number),
    };
    expect(shown.tasks).toMatchObject({
      a: { id: "a", use: "test.echo", output: { text: "bees" }, ...task },
      c: { id: "c", use: "test.wait", output: { text: "waited" }, ...task },
    });
  });

  test("marks a value that is very large, and gives it in full when asked", async () => {
    const big = "x".repeat(300_000);
    const folder = await meshFolder({ "plan.json": plan([{ id: "a", use: "test.echo", args: { text: big } }]) });
    const lines = jsonLines((await folder.run("run", "plan.json", "--json")).stdout);
    const run = String(lines[0]?.["run"]);
    const cut = JSON.parse((await folder.run("show", run, "--json")).stdout) as { tasks: { a: object } };
    expect(cut.tasks.a).toMatchObject({ output: { $cut: true, bytes: big.length + 11, hash: expect.any(String) } });
    const { stdout } = await folder.run("show", run, "--json", "--full");
    const full = JSON.parse(stdout) as { tasks: { a: object } };
    expect(full.tasks.a).toMatchObject({ output: { text: big } });
    // Whoever reads late loses nothing, also long after the command has done its work.
    expect(await folder.readLate(6_000, "show", run, "--json", "--full")).toBe(stdout);
  });
});

describe.concurrent("show", () => {
  test("tells what a patch has changed in the plan, and why", async () => {
    const echo = (id: string, text: string): object => ({ id, use: "test.echo", args: { text } });
    const broken = { id: "b", use: "test.fail", retry: { max: 0 } };
    const answers = [
      { json: plan([echo("a", "x"), broken, echo("d", "{{ b.text }}")]) },
      { json: plan([echo("a", "x"), echo("b2", "y")]) },
      "Done [b2].",
    ];
    const config = { mcpServers: { test: testServer() }, models: { script: { provider: "scripted", answers } } };
    const folder = await Folder.create({ "agentmesh.config.json": config });
    const { exit, stderr } = await folder.run("run", "Say it");
    expect(exit, stderr).toBe(0);
    const [, run = ""] = /run (r_\w+)/.exec(stderr) ?? [];
    const diff = "- d  x b (superseded)  because AM_TASK_FAILED at /tasks/1";
    expect(stderr).toContain(`plan v2: + b2  ${diff}`);
    expect((await folder.run("show", run)).stdout).toContain(`\nplan v2: + b2 (test.echo)  ${diff}\n`);
  });
});

describe.concurrent("plan, check and tools", () => {
  test("plan prints a plan that can be run, and calls no tool", async () => {
    const answers = [{ json: plan([{ id: "hello", use: "test.echo", args: { text: "bees" } }]) }];
    const config = { mcpServers: { test: testServer() }, models: { script: { provider: "scripted", answers } } };
    const folder = await Folder.create({ "agentmesh.config.json": config });
    const { exit, stdout } = await folder.run("plan", "Say bees");
    expect(exit).toBe(0);
    await folder.write("plan.json", stdout);
    expect((await folder.run("run", "plan.json")).stderr).toContain("task hello succeeded");
    const json = JSON.parse((await folder.run("plan", "Say bees", "--json")).stdout) as object;
    expect(json).toEqual({ plan: JSON.parse(stdout) as object, findings: expect.any(Array) });
  });

  test("check points at the place in the file", async () => {
    const text = '{ "mesh": 1,\n  "tasks": [\n    { "id": "a", "use": "test.ecko", "args": {} } ] }';
    const folder = await meshFolder({ "plan.json": text });
    const { exit, stdout } = await folder.run("check", "plan.json");
    expect(exit).toBe(1);
    expect(stdout).toContain("plan.json:3:25 /tasks/0/use");
    const lines = stdout.split("\n");
    const shown = lines.findIndex((line) => line.includes('"use": "test.ecko"'));
    expect(lines[shown + 1]?.indexOf("^")).toBe(lines[shown]?.indexOf('"test.ecko"'));
    const json = await folder.run("check", "plan.json", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      findings: [{ code: "AM_UNKNOWN_TOOL", severity: "error", path: "/tasks/0/use", line: 3, column: 25 }],
    });
    await folder.write("good.json", plan([{ id: "a", use: "test.echo", args: { text: "x" } }]));
    expect(await folder.run("check", "good.json")).toMatchObject({ exit: 0 });
  });

  test("tools --json has every tool with its schemas and effect", async () => {
    const { exit, stdout } = await (await meshFolder()).run("tools", "--json");
    expect(exit).toBe(0);
    const { servers, tools } = JSON.parse(stdout) as { servers: object[]; tools: { name: string }[] };
    expect(servers).toEqual([
      expect.objectContaining({
        server: "test",
        state: "ready",
        transport: "stdio",
        tools: 4,
        protocolVersion: expect.any(String),
      }),
    ]);
    const names = tools.map(({ name }) => name).filter((name) => name.startsWith("test."));
    expect(names).toEqual(["test.echo", "test.wait", "test.fail", "test.paint"]);
    expect(tools[0]).toMatchObject({
      inputSchema: { required: ["text"] },
      outputSchema: { type: "object" },
      effect: "read",
    });
  });

  test("models tells which model has which role", async () => {
    const models = { one: { provider: "scripted", answers: [] }, two: { provider: "scripted", answers: [] } };
    const folder = await Folder.create({ "agentmesh.config.json": { models, roles: { planner: "two" } } });
    const { models: listed } = JSON.parse((await folder.run("models", "--json")).stdout) as { models: object[] };
    expect(listed).toMatchObject([
      {
        name: "one",
        provider: "scripted",
        roles: ["composer", "router", "validator", "executor"],
        source: "configured",
      },
      { name: "two", roles: ["planner"] },
    ]);
  });
});

test("importing the package gives the library and starts nothing", async () => {
  const folder = await Folder.create();
  const { spawnSync } = await import("node:child_process");
  const program = `import("${new URL("../src/index.ts", import.meta.url).href}").then((face) => console.log(typeof face.createMesh))`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program, "run"], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: "function\n", stderr: "", status: 0 });
});
