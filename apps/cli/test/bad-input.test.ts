/** Everything that a user can get wrong and the command can show: code, message, hint and exit code of each. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plainText } from "../src/terminal/plain-text.ts";
import { closedPort, type CommandEnd, fileServer, Folder, meshFolder, plan, testServer } from "./command.ts";

const port = await closedPort();

interface Complaint {
  readonly exit: number;
  readonly code: string;
  readonly message: RegExp;
}

/** Nothing on standard output; code, message and a hint on standard error. */
function expectComplaint(end: CommandEnd, { exit, code, message }: Complaint): void {
  expect({ exit: end.exit, stdout: end.stdout }, end.stderr).toEqual({ exit, stdout: "" });
  expect(end.stderr).toContain(`error ${code}: `);
  expect(end.stderr).toMatch(message);
  expect(end.stderr).toMatch(/hint: \S/);
  expect(end.stderr).not.toMatch(/^ +at /m);
}

describe.concurrent("a configuration", () => {
  test("that does not exist", async () => {
    const end = await (
      await Folder.create({ "agentmesh.config.json": {} })
    ).run("run", "x", "--config", "agentmesh.confg.json");
    expectComplaint(end, { exit: 2, code: "AM_CONFIG_NOT_FOUND", message: /agentmesh\.confg\.json/ });
  });

  test("that is broken YAML", async () => {
    const folder = await Folder.create({ "agentmesh.config.yaml": "mcpServers:\n  files: {command: [\n" });
    expectComplaint(await folder.run("runs"), {
      exit: 2,
      code: "AM_CONFIG_SYNTAX",
      message: /agentmesh\.config\.yaml:\d/,
    });
  });

  test("with an unknown key", async () => {
    const folder = await Folder.create({ "agentmesh.config.yaml": "mcpServer: {}\n" });
    const message = /line 1[\s\S]*mcpServer[\s\S]*Did you mean "mcpServers"/;
    expectComplaint(await folder.run("tools"), { exit: 2, code: "AM_CONFIG_INVALID", message });
  });

  test("whose store is another program's file", async () => {
    const folder = await meshFolder({
      "notes.txt": "These are my notes, and they are long enough to be a file.\n".repeat(20),
    });
    const end = await folder.run("runs", "--store", "notes.txt");
    expectComplaint(end, { exit: 2, code: "AM_STORE_NOT_OURS", message: /notes\.txt/ });
  });
});

describe.concurrent("a server", () => {
  const echo = plan([{ id: "a", use: "bad.echo", args: { text: "x" } }]);

  test.each([
    ["exits", testServer("exit"), "AM_SERVER_EXITED", /set API_TOKEN first/],
    [
      "prints garbage",
      { ...testServer("prose"), startTimeoutMs: 3_000 },
      "AM_SERVER_GARBAGE",
      /Welcome to the server!/,
    ],
    ["hangs", { ...testServer("hang"), startTimeoutMs: 1_500 }, "AM_SERVER_START_TIMEOUT", /1500 ms/],
    ["does not exist", { command: "no-such-program" }, "AM_SERVER_COMMAND_NOT_FOUND", /no-such-program/],
    ["is not reached", { url: `http://127.0.0.1:${port}/mcp` }, "AM_SERVER_UNREACHABLE", /127\.0\.0\.1:\d+/],
  ])("that %s fails the run that needs it, with 4, and says why", async (_, server, code, message) => {
    const folder = await Folder.create({ "agentmesh.config.json": { mcpServers: { bad: server } }, "plan.json": echo });
    const end = await folder.run("run", "plan.json");
    expectComplaint(end, { exit: 4, code: "AM_SERVER_UNAVAILABLE", message });
    expect(end.stderr).toMatch(new RegExp(`server bad failed ${code}`));
    expect(end.stderr).toMatch(/Look at it with: agentmesh show r_\w+/);
    expect(end.stderr).not.toContain("\u001b");
  });

  test("that cannot start does not stop the others", async () => {
    const mcpServers = { bad: testServer("exit"), test: testServer() };
    const folder = await Folder.create({
      "agentmesh.config.json": { mcpServers },
      "plan.json": plan([{ id: "a", use: "test.echo", args: { text: "x" } }], { output: { $from: "a.text" } }),
    });
    expect(await folder.run("run", "plan.json")).toMatchObject({ exit: 0, stdout: "x\n" });
    const { servers } = JSON.parse((await folder.run("tools", "--json")).stdout) as { servers: object[] };
    expect(servers).toEqual([
      expect.objectContaining({
        server: "bad",
        state: "failed",
        error: expect.objectContaining({ code: "AM_SERVER_EXITED" }),
      }),
      expect.objectContaining({ server: "test", state: "ready", tools: 4 }),
    ]);
    const doctor = await folder.run("doctor");
    expect(doctor.exit).toBe(4);
    expect(doctor.stdout).toMatch(/✗ server bad .*exited with code 3/);
    expect(doctor.stdout).toMatch(/✓ server test 4 tools/);
  });
});

describe.concurrent("a plan", () => {
  test("that is no JSON", async () => {
    const folder = await meshFolder({ "plan.json": '{ "mesh": 1,\n  "tasks": [,] }' });
    const message = /plan\.json is not JSON: line 2, column 13/;
    expectComplaint(await folder.run("run", "plan.json"), { exit: 2, code: "AM_PLAN_FILE", message });
    expectComplaint(await folder.run("check", "plan.json"), { exit: 2, code: "AM_PLAN_FILE", message });
  });

  test("with an unknown key", async () => {
    const folder = await meshFolder({ "plan.json": plan([], { outptu: 1 }) });
    const message = /outptu[\s\S]*Did you mean "output"/;
    expectComplaint(await folder.run("run", "plan.json"), { exit: 2, code: "AM_PLAN_INVALID", message });
  });

  test("with an unknown tool", async () => {
    const folder = await meshFolder({ "plan.json": plan([{ id: "a", use: "test.ecko", args: { text: "x" } }]) });
    const message = /No tool is named "test\.ecko"[\s\S]*Did you mean "test\.echo"/;
    expectComplaint(await folder.run("run", "plan.json"), { exit: 1, code: "AM_PLAN_REJECTED", message });
    expectComplaint(await folder.run("plan", "plan.json"), { exit: 1, code: "AM_PLAN_REJECTED", message });
  });

  test("without an input that it needs, or with one too many, or of another type", async () => {
    const task = { id: "a", use: "test.echo", args: { text: { $from: "inputs.topic" } } };
    const folder = await meshFolder({ "plan.json": plan([task], { inputs: { topic: { type: "string" } } }) });
    const code = "AM_PLAN_INVALID";
    expectComplaint(await folder.run("run", "plan.json"), { exit: 2, code, message: /"topic" is missing/ });
    const surplus = await folder.run("run", "plan.json", "--input", "topic=x", "--input", "topik=x");
    expectComplaint(surplus, { exit: 2, code, message: /no input "topik"[\s\S]*Did you mean "topic"/ });
  });

  test("whose tool fails", async () => {
    const folder = await meshFolder({ "plan.json": plan([{ id: "a", use: "test.fail" }]) });
    const end = await folder.run("run", "plan.json");
    expectComplaint(end, { exit: 1, code: "AM_TASK_FAILED", message: /The disk is on fire\. red back/ });
    expect(end.stderr).toBe(plainText(end.stderr));
    const [, run = ""] = /Look at it with: agentmesh show (r_\w+)/.exec(end.stderr) ?? [];
    const shown = await folder.run("show", run);
    expect(shown.stdout).toMatch(/✗ +a +failed +test\.fail .*AM_TOOL_FAILED: .*The disk is on fire/);
    expect(shown.stdout).toBe(plainText(shown.stdout));
  });

  test("whose file a tool cannot find", async () => {
    const folder = await Folder.create({
      "plan.json": plan([{ id: "a", use: "files.read_text_file", args: { path: "nowhere.txt" } }]),
    });
    await folder.write("agentmesh.config.json", { mcpServers: { files: fileServer(folder.path) } });
    const end = await folder.run("run", "plan.json");
    expectComplaint(end, { exit: 1, code: "AM_TASK_FAILED", message: /nowhere\.txt/ });
  });
});

describe.concurrent("a run", () => {
  test("that does not exist", async () => {
    const folder = await meshFolder();
    expectComplaint(await folder.run("show", "r_nope"), { exit: 2, code: "AM_UNKNOWN_RUN", message: /"r_nope"/ });
    const { exit, stdout } = await folder.run("show", "r_nope", "--json");
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "AM_UNKNOWN_RUN", facts: { run: "r_nope" } } });
  });

  test("of a goal without any model", async () => {
    const end = await (await meshFolder()).run("run", "What is the time?");
    expectComplaint(end, { exit: 4, code: "AM_NO_MODEL", message: /agentmesh models pull/ });
  });

  test("of a goal whose model is not reached, or wants a key", async () => {
    const unreached = {
      provider: "openai-compatible",
      model: "m",
      baseUrl: `http://127.0.0.1:${port}/v1`,
      retries: { max: 0 },
    };
    const folder = await Folder.create({
      "agentmesh.config.json": { mcpServers: { test: testServer() }, models: { m: unreached } },
      "keyless.json": { mcpServers: { test: testServer() }, models: { m: { provider: "openai", model: "m" } } },
    });
    expectComplaint(await folder.run("run", "Echo x"), {
      exit: 4,
      code: "AM_MODEL_UNREACHABLE",
      message: /127\.0\.0\.1:\d+/,
    });
    const keyless = await folder.run("run", "Echo x", "--config", "keyless.json");
    expectComplaint(keyless, { exit: 6, code: "AM_MODEL_UNAUTHORISED", message: /OPENAI_API_KEY/ });
    const doctor = await folder.run("doctor", "--json");
    expect(doctor.exit).toBe(4);
    const { isHealthy, checks } = JSON.parse(doctor.stdout) as { isHealthy: boolean; checks: object[] };
    expect(isHealthy).toBe(false);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: "model m", status: "failed", code: "AM_MODEL_UNREACHABLE" }),
    );
  });

  test("in a folder that cannot hold a store", async () => {
    const folder = await meshFolder({ blocked: "a file where a folder is needed" });
    const end = await folder.run("runs", "--store", join("blocked", "store.db"));
    expectComplaint(end, { exit: 2, code: "AM_STORE_UNAVAILABLE", message: /blocked/ });
  });
});
