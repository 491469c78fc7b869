/** What needs no mesh: help, mistakes on the command line, completion, init. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../src/arguments/command-table.ts";
import { Folder } from "./command.ts";

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string };

describe.concurrent("agentmesh", () => {
  test("names every command in its help, on standard output", async () => {
    const folder = await Folder.create();
    const { exit, stdout, stderr } = await folder.run("--help");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name}\\b.*${summary}`, "m"));
  });

  test("alone shows its help on standard error, as a mistake", async () => {
    const { exit, stdout, stderr } = await (await Folder.create()).run();
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain("Usage: agentmesh COMMAND");
  });

  test("shows the options of a command", async () => {
    const { exit, stdout } = await (await Folder.create()).run("run", "--help");
    expect(exit).toBe(0);
    for (const option of ["--query TEXT", "--input NAME=VALUE...", "--config FILE", "--store PATH", "--json"])
      expect(stdout).toContain(option);
  });

  test("tells its version", async () => {
    const folder = await Folder.create();
    expect((await folder.run("--version")).stdout).toBe(`${manifest.version}\n`);
    expect(JSON.parse((await folder.run("--version", "--json")).stdout)).toEqual({ version: manifest.version });
  });

  test.each([
    ["frobnicate", "AM_USAGE", /no command "frobnicate"/],
    ["rum plan.json", "AM_USAGE", /Did you mean "run"/],
    ["run --quary x", "AM_USAGE", /no option --quary[\s\S]*Did you mean "--query"/],
    ["run --input", "AM_USAGE", /--input needs a value/],
    ["run", "AM_USAGE", /neither a goal nor a plan file/],
    ["run --query x plan.json", "AM_USAGE", /either --query or a plan file/],
    ["run goal --input x", "AM_USAGE", /--input x is not NAME=VALUE/],
    ["run goal --input x=@nowhere.txt", "AM_INPUT_FILE", /nowhere.txt does not exist/],
    ["run nowhere.json", "AM_PLAN_FILE", /nowhere.json does not exist/],
    ["run plan.mesh", "AM_PLAN_FILE", /mesh text form/],
    ["check", "AM_USAGE", /Which file/],
    ["show", "AM_USAGE", /Which run/],
    ["runs --limit many", "AM_USAGE", /--limit many is not a count/],
    ["runs --status suspnded", "AM_USAGE", /suspnded is no status[\s\S]*"suspended"/],
    ["resume", "AM_USAGE", /Which run/],
    ["resume r_1 --all", "AM_USAGE", /either a run or --all/],
    ["cancel", "AM_USAGE", /Which run/],
    ["approve r_1", "AM_USAGE", /Which task is approved/],
    ["approve r_1 a --all", "AM_USAGE", /either a task or --all/],
    ["approve r_1 --all --args {}", "AM_USAGE", /belongs to one task/],
    ["approve r_1 a --args {} --reject", "AM_USAGE", /either --args or --reject/],
    ["signal r_1", "AM_USAGE", /Which signal/],
    ["signal r_1 go [1,", "AM_USAGE", /not JSON: line 1, column 4/],
    ["resolve r_1", "AM_USAGE", /Which task is resolved/],
    ["resolve r_1 a", "AM_USAGE", /--done \[JSON\].*--retry.*--fail/],
    ["completion tcsh", "AM_USAGE", /bash, zsh, fish/],
  ])("refuses with 2, a code and a hint: %s", async (line, code, message) => {
    const folder = await Folder.create();
    const { exit, stdout, stderr } = await folder.run(...line.split(" "));
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`error ${code}: `);
    expect(stderr).toContain("hint: ");
  });

  test("refuses a reason that no run would store", async () => {
    const { exit, stderr } = await (await Folder.create()).run("cancel", "r_1", "--reason", "x".repeat(1_001));
    expect(exit).toBe(2);
    expect(stderr).toMatch(/error AM_USAGE: --reason is longer than 1000 characters[\s\S]*hint: \S/);
  });

  test("with --json tells a mistake as one document on standard output", async () => {
    const { exit, stdout, stderr } = await (await Folder.create()).run("--json", "run", "--quary", "x");
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: "" });
    const { error } = JSON.parse(stdout) as { error: object };
    expect(error).toEqual({
      code: "AM_USAGE",
      message: "There is no option --quary.",
      hint: expect.stringContaining("--query"),
      facts: {},
    });
  });
});

describe.concurrent("completion", () => {
  test.each(["bash", "zsh", "fish"])("for %s is a script that its shell can read", async (shell) => {
    const { exit, stdout } = await (await Folder.create()).run("completion", shell);
    expect(exit).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toContain(name);
    const { error, status, stderr } = spawnSync(shell, ["-n"], { input: stdout, encoding: "utf8" });
    if (error === undefined) expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    else expect(shell).not.toBe("bash"); // every machine that runs these tests has bash
  });

  test.each([
    ["agentmesh sh", ["show"]],
    ["agentmesh models pu", ["pull"]],
    ["agentmesh run --in", ["--input"]],
    ["agentmesh res", ["resume", "resolve"]],
    ["agentmesh approve r_1 pay --re", ["--reject"]],
  ])("in bash offers for %j: %j", async (line, offered) => {
    const { stdout } = await (await Folder.create()).run("completion", "bash");
    const words = line.split(" ");
    const script = `${stdout}\nCOMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _agentmesh; echo "\${COMPREPLY[@]}"`;
    const { stdout: reply } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(reply.trim().split(" ")).toEqual(offered);
  });
});

describe.concurrent("init", () => {
  test("writes a configuration and a plan that fit each other, and never overwrites", async () => {
    const folder = await Folder.create();
    const first = await folder.run("init", "--json");
    expect(JSON.parse(first.stdout)).toEqual({
      written: ["agentmesh.config.yaml", "example.plan.json"],
      kept: [],
      detected: [],
    });
    const settings = await folder.run("config", "--explain", "--json");
    expect(settings).toMatchObject({ exit: 0, stderr: "" });
    const { values } = JSON.parse(settings.stdout) as { values: { path: string; origin: { kind: string } }[] };
    expect(values.find(({ path }) => path === "mcpServers.files.command")?.origin.kind).toBe("file");
    expect(values.find(({ path }) => path === "policy.retryMax")?.origin.kind).toBe("default");
    await folder.write("example.plan.json", "mine");
    const second = await folder.run("init");
    expect(second.stderr).toContain("kept example.plan.json");
    expect(readFileSync(join(folder.path, "example.plan.json"), "utf8")).toBe("mine");
  });
});

describe.concurrent("models pull", () => {
  test("says size and terms, and fetches nothing that nobody has agreed to", async () => {
    const folder = await Folder.create();
    const { exit, stdout, stderr } = await folder.run("models", "pull");
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(/error AM_CONFIRMATION_NEEDED: .*\d+ MB.*Terms of Use[\s\S]*--yes/);
  });

  test("does not know every name", async () => {
    const { exit, stderr } = await (await Folder.create()).run("models", "pull", "no-such-model", "--yes");
    expect(exit).toBe(4);
    expect(stderr).toMatch(/error AM_MODEL_PULL_FAILED: .*no-such-model[\s\S]*agentmesh models/);
  });
});
