/** Whole runs recorded and played back: `--record`, `--cassette`, and the file between them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bankFolder, callsOf, Folder, jsonLines, meshFolder, plan, testServer } from "./command.ts";

const CASSETTE = "run.cassette.json";
const tasks = [
  { id: "hello", use: "test.echo", args: { text: { $from: "inputs.who" } } },
  { id: "twice", use: "test.echo", each: { in: ["x", "x", "y"] }, args: { text: "{{ item }}" } },
  { id: "broken", use: "test.fail", onError: "null", retry: { max: 0 } },
  { id: "last", use: "test.echo", args: { text: "{{ hello.text }} {{ twice | length }} {{ broken }}" } },
];
const greeting = plan(tasks, {
  inputs: { who: { type: "string", default: "ann" } },
  output: { $from: "last.text" },
});

/** A folder with a recorded run, whose server is gone. */
async function recorded(document: object = greeting): Promise<Folder> {
  const folder = await meshFolder({ "plan.json": document });
  const { exit, stderr } = await folder.run("run", "plan.json", "--record", CASSETTE);
  expect(exit, stderr).toBe(0);
  await folder.write("agentmesh.config.json", { mcpServers: { test: { command: "gone" } } });
  return folder;
}

async function editCassette(folder: Folder, edit: (text: string) => string): Promise<void> {
  await folder.write(CASSETTE, edit(await readFile(join(folder.path, CASSETTE), "utf8")));
}

describe.concurrent("a cassette of a plan", () => {
  test("gives the same result without the server", async () => {
    const folder = await recorded();
    const { exit, stdout, stderr } = await folder.run("run", "plan.json", "--cassette", CASSETTE);
    expect({ exit, stdout }, stderr).toEqual({ exit: 0, stdout: "ann 3 \n" });
    expect(stderr).toContain("task broken failed");
    expect(await folder.run("run", "plan.json")).toMatchObject({ exit: 4 });
  });

  test("starts no process: a tool that writes down its calls is not called", async () => {
    const folder = await bankFolder([{ id: "pay", use: "bank.pay", args: { to: "ann" } }]);
    expect(await folder.run("run", "plan.json", "--record", CASSETTE)).toMatchObject({ exit: 0 });
    expect(await folder.run("run", "plan.json", "--cassette", CASSETTE)).toMatchObject({ exit: 0 });
    expect(callsOf(folder)).toEqual(["pay ann"]);
  });

  test("is the same file when the same is recorded again, and reads like one", async () => {
    const folder = await meshFolder({ "plan.json": greeting });
    await folder.run("run", "plan.json", "--record", "one.json");
    await folder.run("run", "plan.json", "--record", "two.json");
    const [one, two] = await Promise.all(
      ["one.json", "two.json"].map((name) => readFile(join(folder.path, name), "utf8")),
    );
    expect(one).toBe(two);
    expect(one).toContain('\n      "tool": "test.echo",\n      "args": { "text": "ann" },\n');
  });

  test("reports the first call that differs: which, how, and where the recorded one stands", async () => {
    const folder = await recorded();
    const { exit, stdout, stderr } = await folder.run(
      "run",
      "plan.json",
      "--cassette",
      CASSETTE,
      "--input",
      "who=bob",
      "--json",
    );
    expect(exit, stderr).toBe(1);
    const lines = jsonLines(stdout) as readonly { readonly error?: { code: string; message: string; facts: object } }[];
    const error = lines.at(-1)?.error;
    expect(error?.code).toBe("AM_CASSETTE_MISMATCH");
    expect(error?.message).toContain('The call test.echo {"text":"bob"} is not in the cassette');
    expect(error?.facts).toMatchObject({
      called: "test.echo",
      at: expect.stringMatching(/^\/calls\/\d+$/),
      differences: [{ path: "/text", recorded: expect.any(String), asked: "bob" }],
    });
  });

  test("reports calls that were recorded and never made", async () => {
    const folder = await recorded();
    await folder.write("less.json", plan(tasks.slice(0, 2), { inputs: { who: { type: "string", default: "ann" } } }));
    const { exit, stderr } = await folder.run("run", "less.json", "--cassette", CASSETTE);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining("AM_CASSETTE_UNUSED") });
    expect(stderr).toMatch(
      /2 of the recorded calls .* were not made:\n *\/calls\/\d+: test.echo .*\n *\/calls\/\d+: test.fail/,
    );
  });

  test("that does not fit the plan is refused before a run exists", async () => {
    const folder = await recorded();
    const strange = [
      { id: "a", use: "web.search", args: { q: "x" } },
      { id: "b", use: "test.paint" },
      { id: "c", use: "test.echo", args: { text: "zoe" } },
    ];
    await folder.write("other.json", plan([...strange, { id: "d", use: "test.nothing" }]));
    const { exit, stderr } = await folder.run("run", "other.json", "--cassette", CASSETTE);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining("AM_CASSETTE_MISFIT") });
    for (const said of [
      'a: web.search is a tool of "web", a server that was not recorded',
      "b: test.paint was not recorded with {}",
      'c: test.echo was not recorded with {"text":"zoe"}',
      "d: test.nothing was not recorded",
    ])
      expect(stderr).toContain(said);
    expect(JSON.parse((await folder.run("runs", "--json")).stdout)).toMatchObject({ runs: [{}] });
  });

  test("holds no secret", async () => {
    const config = { mcpServers: { test: testServer("tools", "${SECRET_NAME}") } };
    const folder = await Folder.create({ "agentmesh.config.json": config, "plan.json": greeting });
    await folder.write("run.sh", "");
    await folder.shell(
      `export SECRET_NAME=hunter22; agentmesh run plan.json --input who="hi hunter22" --record ${CASSETTE}`,
    );
    const text = await readFile(join(folder.path, CASSETTE), "utf8");
    expect(text).not.toContain("hunter22");
    expect(text).toContain('{ "text": "hi [secret]" }');
  });

  test.each([
    ["is not there", undefined, "it is not there"],
    ["is not JSON", () => "{", "is not JSON"],
    ["is something else", () => '{ "tools": [] }', "is no cassette"],
    ["is newer", (text: string) => text.replace('"cassette": 1', '"cassette": 2'), "newer version (format 2"],
    [
      "is broken inside",
      (text: string) => text.replace('"args": { "text": "ann" }', '"args": 5'),
      "is no cassette at /calls/",
    ],
  ])("that %s is refused", async (_, edit, said) => {
    const folder = await recorded();
    if (edit !== undefined) await editCassette(folder, edit);
    const file = edit === undefined ? "none.json" : CASSETTE;
    const { exit, stderr } = await folder.run("run", "plan.json", "--cassette", file);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining("AM_CASSETTE_FILE") });
    expect(stderr).toContain(said);
  });

  test("cannot be recorded into a folder that is not there: said before anything runs", async () => {
    const folder = await meshFolder({ "plan.json": greeting });
    expect(await folder.run("run", "plan.json", "--record", "no/where.json")).toMatchObject({
      exit: 2,
      stdout: "",
      stderr: expect.stringContaining("AM_CASSETTE_FILE"),
    });
    expect(await folder.run("run", "plan.json", "--record", "a", "--cassette", "b")).toMatchObject({ exit: 2 });
  });
});

describe.concurrent("a cassette of a goal", () => {
  const answers = [
    { json: plan([{ id: "hello", use: "test.echo", args: { text: "bees" } }]) },
    "Bees say hello [hello].",
  ];
  const models = { script: { provider: "scripted", answers } };

  test("gives the same answer where there is no model", async () => {
    const folder = await Folder.create({ "agentmesh.config.json": { mcpServers: { test: testServer() }, models } });
    const first = await folder.run("run", "Say bees", "--record", CASSETTE);
    expect(first.exit, first.stderr).toBe(0);
    await folder.write("agentmesh.config.json", {});
    const { exit, stdout } = await folder.run("run", "Say bees", "--cassette", CASSETTE);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: first.stdout });
    const other = await folder.run("run", "Say wasps", "--cassette", CASSETTE, "--json");
    const result = jsonLines(other.stdout).find(({ type }) => type === "run.result");
    expect(result).toMatchObject({ status: "failed", error: { code: "AM_CASSETTE_MISMATCH" } });
    expect(other).toMatchObject({ exit: 1 });
  });
});
