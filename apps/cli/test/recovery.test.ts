/** Runs whose process dies, and runs that several processes have to do with. One after the other: each test is several processes already. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { bankFolder, callsOf, type Folder, jsonLines, onlyRun, type RunningCommand } from "./command.ts";

const look = (to: string, more: object = {}): object => ({
  id: "look",
  use: "bank.look",
  args: { to, hangs: true },
  ...more,
});
const pay = (to: string, more: object = {}): object => ({ id: to, use: "bank.pay", args: { to }, ...more });
const slowly = (to: string): object => ({ id: to, use: "bank.pay", args: { to, hangs: true } });

/** A run whose calls have reached the bank, which does not answer. */
async function hanging(folder: Folder, calls: readonly string[]): Promise<RunningCommand> {
  const command = folder.start("run", "plan.json");
  await vi.waitFor(() => expect(callsOf(folder)).toEqual(expect.arrayContaining([...calls])), { timeout: 30_000 });
  return command;
}

async function killed(folder: Folder, calls: readonly string[]): Promise<string> {
  const command = await hanging(folder, calls);
  command.kill();
  await command.ended;
  return (await onlyRun(folder)).run;
}

describe("a run whose process was killed", () => {
  test("repeats what only reads, and asks what became of what writes", async () => {
    const folder = await bankFolder([look("x"), slowly("ann"), pay("bob", { after: ["look"] })]);
    const run = await killed(folder, ["look x", "pay ann"]);
    const resumed = await folder.run("resume", run);
    expect(resumed).toMatchObject({ exit: 3, stdout: "" });
    expect(resumed.stderr).toContain(`run ${run} recovered: the process that drove it is gone`);
    expect(resumed.stderr).toContain("task look is called again: attempt 1 was cut off, and repeating it is safe");
    expect(resumed.stderr).toMatch(/ \? ann is in doubt, since [\d:]+\n {6}The process died while "ann" was under way/);
    expect(resumed.stderr).toContain(`      bank.pay {"to":"ann","hangs":true}\n`);
    expect(resumed.stderr.trimEnd()).toMatch(/Go on with: agentmesh resolve r_\w+ ann --done, --retry or --fail$/);
    const pasted = await folder.shell(resumed.stderr.slice(resumed.stderr.lastIndexOf("agentmesh resolve")));
    expect(pasted).toContain("error AM_USAGE: There is no option --done,.");
    expect(callsOf(folder).toSorted()).toEqual(["look x", "look x", "pay ann", "pay bob"]);
    expect((await onlyRun(folder)).waits).toMatchObject([
      { for: "resolution", name: "ann", tool: "bank.pay", args: { to: "ann", hangs: true } },
    ]);
    const wrong = await folder.run("resolve", run, "ann", "--done", '{"piad": "ann"}');
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining("error AM_RESULT_INVALID: ") });
    const done = await folder.run("resolve", run, "ann", "--done", '{"paid": "ann"}');
    expect(done, done.stderr).toMatchObject({ exit: 0 });
    expect(done.stderr).toContain("task ann resolved as done by person");
    const twice = await folder.run("resolve", run, "ann", "--done");
    expect(twice).toMatchObject({ exit: 2, stderr: expect.stringContaining("error AM_RUN_OVER: ") });
    expect(callsOf(folder)).toHaveLength(4);
  });

  test("calls again, or fails, what is in doubt when a person says so; and says what is not", async () => {
    const folder = await bankFolder([slowly("ann"), slowly("bob"), look("y", { args: { to: "y" }, after: ["ann"] })]);
    const run = await killed(folder, ["pay ann", "pay bob"]);
    const asked = await folder.run("resolve", run, "carol", "--retry");
    expect(asked).toMatchObject({ exit: 2, stdout: "" });
    expect(asked.stderr).toMatch(/error AM_UNKNOWN_TASK: [\s\S]*In doubt: ann, bob\./);
    const early = await folder.run("resolve", run, "look", "--fail");
    expect(early.stderr).toMatch(/error AM_NOT_IN_DOUBT: "look" is not in doubt: it is pending/);
    for (const words of [["ann"], ["ann", "--done", "--fail"], ["ann", "--retry", "1"]])
      expect(await folder.run("resolve", run, ...words)).toMatchObject({
        exit: 2,
        stderr: expect.stringMatching(/^error AM_USAGE/m),
      });
    const retried = await folder.run("resolve", run, "ann", "--retry");
    expect(retried.exit, retried.stderr).toBe(3);
    const twice = await folder.run("resolve", run, "ann", "--retry");
    expect(twice).toMatchObject({ exit: 2, stderr: expect.stringContaining('AM_NOT_IN_DOUBT: "ann" is not in doubt') });
    const failed = await folder.run("resolve", run, "bob", "--fail");
    expect(failed.exit).toBe(1);
    expect(callsOf(folder).toSorted()).toEqual(["look y", "pay ann", "pay ann", "pay bob"]);
  });

  test("keeps its questions: answering one leaves the other", async () => {
    const folder = await bankFolder([pay("ann", { approve: true }), pay("bob", { approve: true }), look("x")]);
    const run = await killed(folder, ["look x"]);
    expect(await onlyRun(folder)).toMatchObject({ status: "running", waits: [{ name: "ann" }, { name: "bob" }] });
    const first = await folder.run("approve", run, "bob", "--json");
    expect(first.exit, first.stderr).toBe(3);
    expect(jsonLines(first.stdout).at(-1)).toMatchObject({ status: "suspended", waits: [{ name: "ann" }] });
    expect(callsOf(folder).toSorted()).toEqual(["look x", "look x", "pay bob"]);
    expect(await folder.run("approve", run, "ann")).toMatchObject({ exit: 0 });
    expect(callsOf(folder).filter((line) => line.startsWith("pay"))).toEqual(["pay bob", "pay ann"]);
  });

  test("is left as it is by a command that it refuses", async () => {
    const nap = { id: "nap", use: "mesh.wait", args: { delayMs: 86_400_000 } };
    const folder = await bankFolder([nap, slowly("ann"), pay("bob", { approve: true })]);
    const run = await killed(folder, ["pay ann"]);
    const before = await onlyRun(folder);
    for (const [code, ...words] of [
      ["AM_NOT_WAITING", "approve", run, "nobody"],
      ["AM_ARGUMENT_INVALID", "approve", run, "bob", "--args", '{"to": 7}'],
      ["AM_RESULT_INVALID", "resolve", run, "ann", "--done", "7"],
      ["AM_NOT_IN_DOUBT", "resolve", run, "bob", "--retry"],
    ] as const) {
      const end = await folder.run(...words);
      expect(end, end.stderr).toMatchObject({ exit: 2, stderr: expect.stringContaining(`error ${code}: `) });
    }
    expect(await onlyRun(folder)).toEqual(before);
  });

  test("goes on with all others that were left behind", async () => {
    const folder = await bankFolder([look("x")]);
    const first = await killed(folder, ["look x"]);
    await folder.write("plan.json", { mesh: 1, name: "second", tasks: [slowly("ann")] });
    const command = folder.start("run", "plan.json");
    await vi.waitFor(() => expect(callsOf(folder)).toContain("pay ann"), { timeout: 30_000 });
    command.kill();
    await command.ended;
    const { exit, stderr } = await folder.run("resume", "--all");
    expect(exit).toBe(3);
    expect(stderr).toMatch(new RegExp(`${first} task look succeeded`));
    expect(stderr).toMatch(new RegExp(`succeeded ${first}: `));
    expect(stderr).toMatch(/suspended r_\w+: [\s\S]*ann is in doubt/);
    const again = await folder.run("resume", "--all", "--json");
    expect(again).toMatchObject({ exit: 0, stdout: "", stderr: expect.stringContaining("No run was left behind") });
  });
});

describe("a run that another process drives", () => {
  test("follows there what is said here, and is not driven twice", async () => {
    const folder = await bankFolder([pay("ann", { approve: true }), pay("bob", { approve: true }), look("x")]);
    const command = await hanging(folder, ["look x"]);
    const { run } = await onlyRun(folder);
    const approved = await folder.run("approve", run, "ann");
    expect(approved).toMatchObject({ exit: 0, stdout: "" });
    expect(approved.stderr).toContain(`approved; the process that drives ${run} goes on with it\n`);
    await command.says("ann approved");
    const rejected = await folder.run("approve", run, "bob", "--reject", "--json");
    expect(rejected.exit).toBe(0);
    expect(JSON.parse(rejected.stdout)).toEqual({ run, followed: true });
    const twice = await folder.run("approve", run, "ann");
    expect(twice).toMatchObject({ exit: 2, stderr: expect.stringContaining("error AM_ALREADY_DECIDED: ") });
    const second = await folder.run("resume", run);
    expect(second).toMatchObject({ exit: 2, stdout: "" });
    expect(second.stderr).toContain(`error AM_RUN_OWNED: Run ${run} is driven by process ${command.pid} on `);
    const cancelled = await folder.run("cancel", run);
    expect(cancelled).toMatchObject({ exit: 0, stderr: expect.stringContaining("cancelled; the process that drives") });
    const { exit, stderr } = await command.ended;
    expect(exit).toBe(1);
    expect(stderr).toMatch(/⊘ cancelled r_/);
    expect(callsOf(folder).toSorted()).toEqual(["look x", "pay ann"]);
  });

  test("is cancelled by Ctrl-C while it is resumed, like any run", async () => {
    const folder = await bankFolder([look("x"), { ...look("y"), id: "other", after: ["look"] }]);
    const run = await killed(folder, ["look x"]);
    const command = folder.start("resume", run);
    await vi.waitFor(() => expect(callsOf(folder)).toContain("look y"), { timeout: 30_000 });
    command.interrupt();
    const { exit, stderr } = await command.ended;
    expect(exit).toBe(130);
    expect(stderr).toContain(`Cancelling ${run}; press Ctrl-C again to leave at once.`);
    expect(await onlyRun(folder)).toMatchObject({ status: "cancelled" });
  });
});

describe("a command to a run", () => {
  test.each([
    [["resume", "r_nope"]],
    [["cancel", "r_nope"]],
    [["approve", "r_nope", "ann"]],
    [["approve", "r_nope", "--all"]],
    [["signal", "r_nope", "go"]],
    [["resolve", "r_nope", "ann", "--fail"]],
  ])("that does not exist is refused with 2: %j", async (words) => {
    const end = await (await bankFolder([])).run(...words);
    expect(end).toMatchObject({ exit: 2, stdout: "" });
    expect(end.stderr).toBe(
      'error AM_UNKNOWN_RUN: There is no run "r_nope" in this store.\n  hint: List the runs with: agentmesh runs\n',
    );
  });

  test("in a store of a newer version is refused, and the store untouched", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    await folder.run("run", "plan.json");
    const { run } = await onlyRun(folder);
    const path = join(folder.path, ".agentmesh/store.db");
    const store = new DatabaseSync(path);
    store.exec("PRAGMA user_version=99");
    store.close();
    for (const words of [
      ["resume", run],
      ["approve", run, "ann"],
      ["cancel", run],
    ]) {
      const end = await folder.run(...words);
      expect(end, words.join(" ")).toMatchObject({ exit: 2, stdout: "" });
      expect(end.stderr).toMatch(/error AM_STORE_NEWER: .*newer[\s\S]*hint: \S/);
    }
    expect(callsOf(folder)).toEqual([]);
  });
});
