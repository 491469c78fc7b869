/** A new run off a stored one: `fork` says beforehand what it takes over, runs and repeats; then it does just that. */
import { join } from "node:path";
import { verifyStore } from "@agentmesh/verify";
import { describe, expect, test } from "vitest";
import { bankFolder, callsOf, type Folder, jsonLines, plan } from "./command.ts";

const STORE = "runs.db";
const tasks = [
  { id: "ann", use: "bank.look", args: { to: "ann" } },
  { id: "pay", use: "bank.pay", args: { to: { $from: "inputs.who" } }, after: ["ann"] },
  { id: "after", use: "bank.look", args: { to: "{{ pay.paid }}s account" } },
  { id: "bob", use: "bank.look", args: { to: "bob" } },
];
const bank = { inputs: { who: { type: "string", default: "ann" } }, output: { $from: "after.text" } };

interface Ran {
  readonly folder: Folder;
  readonly run: string;
}

async function ran(): Promise<Ran> {
  const folder = await bankFolder(tasks, { store: STORE });
  await folder.write("plan.json", plan(tasks, bank));
  const { stdout, stderr } = await folder.run("run", "plan.json", "--json");
  const run = jsonLines(stdout).at(-1)?.["run"];
  expect(run, stderr).toBeTypeOf("string");
  return { folder, run: String(run) };
}

const newCalls = ({ folder }: Ran) => callsOf(folder).slice(tasks.length);

describe.concurrent("fork", () => {
  test("from a task runs it and what stands on it, and nothing else; verify agrees", async () => {
    const first = await ran();
    const { folder, run } = first;
    const { exit, stdout, stderr } = await folder.run("fork", run, "--from", "after");
    expect({ exit, stdout }, stderr).toEqual({ exit: 0, stdout: "looked at anns account\n" });
    expect(newCalls(first)).toEqual(["look anns account"]);
    for (const said of [
      "reused: ann, pay, bob",
      "after  bank.look  asked for",
      "no call that may have changed anything",
      "forked off",
    ])
      expect(stderr).toContain(said);
    expect(verifyStore(join(folder.path, STORE))).toMatchObject({ runs: 2, violations: [] });
    const runs = JSON.parse((await folder.run("runs", "--json")).stdout) as { runs: { run: string }[] };
    const shown = await folder.run("show", runs.runs[0]?.run ?? "");
    expect(shown.stdout).toMatch(new RegExp(`forked off ${run} at event \\d+, from after`));
    expect(shown.stdout).toMatch(new RegExp(`pay +succeeded +bank.pay +reused from ${run}`));
    const tree = await folder.run("show", runs.runs[0]?.run ?? "", "--tree");
    expect(tree.stdout).toMatch(new RegExp(`pay .*reused from ${run}`));
  });

  test("that repeats an effect names it, and does nothing before somebody has agreed", async () => {
    const first = await ran();
    const { folder, run } = first;
    const asked = await folder.run("fork", run, "--from", "pay");
    expect(asked).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("AM_CONFIRMATION_NEEDED") });
    expect(asked.stderr).toMatch(
      /1 call that may have changed something is made again, with a new idempotency key:\n *pay +bank\.pay +write +\{"to":"ann"\}/,
    );
    expect(newCalls(first)).toEqual([]);
    expect(JSON.parse((await folder.run("runs", "--json")).stdout)).toMatchObject({ runs: [{ run }] });
    expect(await folder.run("fork", run, "--from", "pay", "--yes")).toMatchObject({ exit: 0 });
    expect(newCalls(first)).toEqual(["pay ann", "look anns account"]);
  });

  test("with --dry-run only says it, as a document with --json", async () => {
    const first = await ran();
    const { folder, run } = first;
    const { exit, stdout } = await folder.run("fork", run, "--input", "who=bob", "--dry-run", "--json");
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "fork.preview",
      run,
      status: "succeeded",
      changedInputs: ["who"],
      reused: [{ task: "ann", as: "succeeded" }, { task: "bob" }],
      runs: [
        { task: "pay", tool: "bank.pay", reason: "input", because: "who" },
        { task: "after", reason: "downstream", because: "pay" },
      ],
      repeats: [{ task: "pay", tool: "bank.pay", effect: "write", calls: 1, args: { to: "ann" }, isInDoubt: false }],
      idempotencyKeys: "new",
    });
    expect(newCalls(first)).toEqual([]);
  });

  test("with --json begins with what it will do, and goes on like run", async () => {
    const { folder, run } = await ran();
    const { stdout } = await folder.run("fork", run, "--from", "bob", "--json");
    const lines = jsonLines(stdout);
    expect(lines[0]).toMatchObject({ type: "fork.preview", runs: [{ task: "bob", reason: "from" }] });
    expect(lines[1]).toMatchObject({ type: "run.created", seq: 1, fork: { run, from: ["bob"] } });
    expect(lines.at(-1)).toMatchObject({ type: "run.result", status: "succeeded" });
  });

  test("with an edited plan takes over what is the same", async () => {
    const first = await ran();
    const { folder, run } = first;
    const edited = tasks.map((task) => (task.id === "bob" ? { ...task, args: { to: "carl" } } : task));
    await folder.write("edited.json", plan(edited, bank));
    expect(await folder.run("fork", run, "--plan", "edited.json")).toMatchObject({ exit: 0 });
    expect(newCalls(first)).toEqual(["look carl"]);
    await folder.write("wrong.json", plan([...edited, { id: "x", use: "bank.nothing" }], bank));
    expect(await folder.run("fork", run, "--plan", "wrong.json")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('No tool is named "bank.nothing"'),
    });
  });

  test("keeps what it took over when the run that it comes from is removed", async () => {
    const { folder, run } = await ran();
    const long = "y".repeat(1_000);
    const wordy = [{ id: "long", use: "bank.look", args: { to: long } }, ...tasks];
    await folder.write("long.json", plan(wordy, bank));
    const first = jsonLines((await folder.run("fork", run, "--plan", "long.json", "--json")).stdout).at(-1);
    const second = jsonLines((await folder.run("fork", String(first?.["run"]), "--from", "bob", "--json")).stdout).at(
      -1,
    );
    const pruned = await folder.run("runs", "prune", "--keep", "1");
    expect(pruned.exit, pruned.stderr).toBe(0);
    expect(JSON.parse((await folder.run("runs", "--json")).stdout)).toMatchObject({ runs: [{ run: second?.["run"] }] });
    expect(verifyStore(join(folder.path, STORE))).toMatchObject({ runs: 1, violations: [] });
    expect(await folder.run("replay", String(second?.["run"]))).toMatchObject({ exit: 0 });
    const shown = await folder.run("show", String(second?.["run"]), "--json", "--full");
    expect(shown.stdout).toContain(`looked at ${long}`);
  });

  test("of a run that waits says what it takes over, and goes on from there", async () => {
    const folder = await bankFolder([tasks[0] ?? {}, { ...tasks[1], args: { to: "ann" }, approve: true }], {
      store: STORE,
    });
    const { stdout } = await folder.run("run", "plan.json", "--json");
    const run = String(jsonLines(stdout).at(-1)?.["run"]);
    const { exit, stderr } = await folder.run("fork", run);
    expect(exit).toBe(3);
    expect(stderr).toContain("pay  bank.pay  never finished");
    expect(callsOf(folder)).toEqual(["look ann"]);
  });

  test.each([
    [["--from", "pya"], "AM_UNKNOWN_TASK", 'Did you mean "pay"'],
    [["--input", "whom=x"], "AM_PLAN_INVALID", 'no input "whom"'],
    [["--input", "who"], "AM_USAGE", "is not NAME=VALUE"],
    [["--plan", "none.json"], "AM_PLAN_FILE", "none.json"],
  ])("refuses %s", async (words, code, said) => {
    const { folder, run } = await ran();
    const { exit, stderr } = await folder.run("fork", run, ...words);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(code) });
    expect(stderr).toContain(said);
  });

  test("refuses a task that never ran, and says from which one it could begin", async () => {
    const skipped = [tasks[0] ?? {}, { id: "never", use: "bank.look", args: { to: "x" }, when: "ann.text == 'no'" }];
    const folder = await bankFolder(skipped, { store: STORE });
    const run = String(jsonLines((await folder.run("run", "plan.json", "--json")).stdout).at(-1)?.["run"]);
    const { exit, stderr } = await folder.run("fork", run, "--from", "never");
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining("AM_FORK_TASK_NEVER_RAN") });
    expect(stderr).toContain("--from ann");
  });

  test("refuses the run of another tenant as if it were not there", async () => {
    const { folder, run } = await ran();
    await folder.write("other.json", { store: STORE, tenant: "other" });
    expect(await folder.run("fork", run, "--config", "other.json")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("AM_UNKNOWN_RUN"),
    });
  });
});
