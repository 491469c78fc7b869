/** Runs that wait: what they say, and what ends their waiting. One after the other: each test is many processes already. */
import { describe, expect, test } from "vitest";
import { bankFolder, callsOf, type Folder, jsonLines, meshFolder, onlyRun, plan } from "./command.ts";

const pay = (id: string, more: object = {}): object => ({ id, use: "bank.pay", args: { to: id }, ...more });

/** The name of a run that was started and is suspended. */
async function suspended(folder: Folder): Promise<string> {
  const { exit, stdout, stderr } = await folder.run("run", "plan.json", "--json");
  expect(exit, stderr).toBe(3);
  return String(jsonLines(stdout).at(-1)?.["run"]);
}

describe("a run that asks", () => {
  test("ends with 3 and says what waits, with which arguments, and what to type", async () => {
    const folder = await bankFolder([pay("ann", { approve: { message: "Really?", expiresMs: 86_400_000 } })]);
    const { exit, stdout, stderr } = await folder.run("run", "plan.json");
    expect({ exit, stdout }).toEqual({ exit: 3, stdout: "" });
    const [, run = ""] = /run (r_\w+)/.exec(stderr) ?? [];
    expect(stderr).toMatch(/‖ suspended r_\w+/);
    expect(stderr).toMatch(/◔ ann waits for an approval, until 20\d\d-\d\d-\d\d [\d:]+, since \d\d:\d\d:\d\d\n/);
    expect(stderr).toContain(`      Really?\n      bank.pay {"to":"ann"}\n      agentmesh approve ${run} ann\n`);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(`Go on with: agentmesh approve ${run} ann`);
    expect(callsOf(folder)).toEqual([]);
    const shown = await folder.run("show", run);
    expect(shown.stdout).toContain(`      bank.pay {"to":"ann"}\n      agentmesh approve ${run} ann\n`);
    expect((await folder.run("runs", "--status", "suspended")).stdout).toMatch(/ann waits for an approval, until/);
    const approved = await folder.run("approve", run, "ann", "--note", "as agreed");
    expect(approved).toMatchObject({ exit: 0, stderr: expect.stringMatching(/ann approved: as agreed\n/) });
    expect(callsOf(folder)).toEqual(["pay ann"]);
  });

  test("with --json tells its waits in the result, and what is stored from then on when it goes on", async () => {
    const folder = await bankFolder([pay("ann", { approve: true }), pay("bob", { approve: true })]);
    const first = await folder.run("run", "plan.json", "--json");
    expect(first.exit).toBe(3);
    const before = jsonLines(first.stdout);
    const result = before.at(-1) ?? {};
    const wait = { for: "approval", name: "ann", tool: "bank.pay", args: { to: "ann" }, sinceMs: expect.any(Number) };
    expect(result).toMatchObject({ type: "run.result", status: "suspended", waits: [wait, { name: "bob" }] });
    const run = String(result["run"]);
    expect((await onlyRun(folder)).waits).toEqual(result["waits"]);
    const second = await folder.run("approve", run, "bob", "--json");
    expect(second.exit).toBe(3);
    const after = jsonLines(second.stdout);
    expect(after[0]).toMatchObject({ seq: before.length, type: "run.resumed" });
    expect(after.at(-1)).toMatchObject({ type: "run.result", status: "suspended", waits: [{ name: "ann" }] });
    const third = await folder.run("approve", run, "--all", "--json");
    expect(third.exit).toBe(0);
    expect(jsonLines(third.stdout).at(-1)).toMatchObject({ type: "run.result", status: "succeeded" });
    expect(jsonLines(third.stdout).at(-1)).not.toHaveProperty("waits");
    expect(callsOf(folder)).toEqual(["pay bob", "pay ann"]);
  });

  test("takes other arguments if they fit the tool, and else stays as it was", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    const run = await suspended(folder);
    const { seq } = await onlyRun(folder);
    const refused = await folder.run("approve", run, "ann", "--args", '{"to": 7}');
    expect(refused).toMatchObject({ exit: 2, stdout: "" });
    expect(refused.stderr).toMatch(/error AM_ARGUMENT_INVALID: .*to[\s\S]*hint: \S/);
    for (const args of ['{"to": ', "[1]", "@nowhere.json"]) {
      const end = await folder.run("approve", run, "ann", "--args", args);
      expect(end, args).toMatchObject({ exit: 2, stdout: "" });
      expect(end.stderr).toMatch(/error AM_(USAGE|INPUT_FILE): .*--args/);
    }
    expect(await onlyRun(folder)).toMatchObject({ status: "suspended", seq });
    await folder.write("args.json", { to: "eve" });
    const end = await folder.run("approve", run, "ann", "--args", "@args.json");
    expect(end, end.stderr).toMatchObject({ exit: 0 });
    expect(end.stderr).toContain("ann approved with other arguments");
    expect(callsOf(folder)).toEqual(["pay eve"]);
  });

  test("fails when it is refused, and calls nothing", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    const end = await folder.run("approve", await suspended(folder), "ann", "--reject", "--note", "too much");
    expect(end.exit).toBe(1);
    expect(end.stderr).toContain("ann rejected: too much");
    expect(end.stderr).toMatch(/error AM_TASK_FAILED: .*too much/);
    expect(callsOf(folder)).toEqual([]);
  });

  test("cannot be answered twice, nor late, nor when it does not ask", async () => {
    const folder = await bankFolder([
      pay("ann", { approve: true }),
      pay("bob", { approve: true }),
      pay("eve", { approve: { expiresMs: 0 } }),
    ]);
    const run = await suspended(folder);
    await folder.run("approve", run, "ann");
    for (const [task, code, message] of [
      ["ann", "AM_ALREADY_DECIDED", /"ann" was approved already/],
      ["eve", "AM_APPROVAL_EXPIRED", /The time to decide on "eve" is over/],
      ["nobody", "AM_NOT_WAITING", /"nobody" does not wait[\s\S]*Waiting for approval: bob/],
    ] as const) {
      const end = await folder.run("approve", run, task);
      expect(end, task).toMatchObject({ exit: 2, stdout: "" });
      expect(end.stderr).toContain(`error ${code}: `);
      expect(end.stderr).toMatch(message);
    }
    expect(callsOf(folder)).toEqual(["pay ann"]);
  });

  test("asks for what the configuration names: effects, the plan, more budget", async () => {
    const policy = { approve: ["write", "plan"], budget: { calls: 1, onExceeded: "ask" } };
    const folder = await bankFolder([pay("ann"), { id: "look", use: "bank.look", args: { to: "x" } }], { policy });
    const run = await suspended(folder);
    expect((await onlyRun(folder)).waits).toMatchObject([
      { name: "plan", message: expect.stringContaining("2 tasks") },
    ]);
    const planned = await folder.run("approve", run, "plan");
    expect(planned.exit).toBe(3);
    expect(planned.stderr).toMatch(/◔ ann waits for an approval/);
    const paid = await folder.run("approve", run, "ann");
    expect(paid.exit).toBe(3);
    expect(paid.stderr).toContain("budget of 1 call is used up: 1 call used, 1 call more needed by ann");
    expect(paid.stderr).toContain(`agentmesh approve ${run} budget`);
    const refused = await folder.run("approve", run, "budget", "--args", '{"limit": "many"}');
    expect(refused).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/AM_USAGE.*"limit": N[\s\S]*milliseconds/),
    });
    const raised = await folder.run("approve", run, "budget", "--args", '{"limit": 7}');
    expect(raised, raised.stderr).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("budget raised to 7 calls"),
    });
    expect((await folder.run("show", run)).stdout).toMatch(/budget +calls +2 calls used +of 7 calls\n/);
  });
});

describe("a budget", () => {
  test("that is used up ends the run with 5", async () => {
    const folder = await bankFolder([pay("ann"), pay("bob")], { policy: { budget: { calls: 1 } } });
    const { exit, stderr } = await folder.run("run", "plan.json");
    expect(exit).toBe(5);
    expect(stderr).toMatch(/error AM_BUDGET_EXCEEDED: [\s\S]*hint: Raise policy\.budget\.calls/);
    expect(callsOf(folder)).toHaveLength(1);
  });
});

describe("a run that waits for a signal", () => {
  const wait = { id: "wait", use: "mesh.wait", args: { signal: "go" } };
  const event = { id: "rates", use: "mesh.wait", args: { event: "rates changed" } };
  const output = { got: { $from: "wait" }, rates: { $from: "rates" } };

  test("goes on with its data; an event that nobody waits for is not kept", async () => {
    const folder = await meshFolder({ "plan.json": plan([wait, event], { output }) });
    const { exit, stderr } = await folder.run("run", "plan.json");
    expect(exit).toBe(3);
    const [, run = ""] = /run (r_\w+)/.exec(stderr) ?? [];
    expect(stderr).toContain(`agentmesh signal ${run} go '{...}'\n`);
    expect(stderr).toContain(`agentmesh signal --event ${run} 'rates changed' '{...}'\n`);
    expect(await folder.run("signal", run, "go", "yes")).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/error AM_USAGE: The data of the signal is not JSON: line 1, column 1 of yes/),
    });
    expect(await folder.run("signal", run, "go", '{"n": 1}')).toMatchObject({ exit: 3 });
    expect(await folder.run("signal", "--event", run, "go", "2")).toMatchObject({ exit: 3 });
    const end = await folder.run("signal", "--event", run, "rates changed", "3");
    expect(end, end.stderr).toMatchObject({ exit: 0 });
    expect(JSON.parse(end.stdout)).toEqual({ got: { n: 1 }, rates: 3 });
  });
});

describe("a suspended run", () => {
  test("is cancelled with 0, and over then for whoever comes later", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    const run = await suspended(folder);
    const end = await folder.run("cancel", run, "--reason", "wrong customer");
    expect(end.exit).toBe(0);
    expect(end.stderr).toContain("cancelling: wrong customer");
    expect(end.stderr).toMatch(/⊘ cancelled r_/);
    expect(await onlyRun(folder)).toMatchObject({ status: "cancelled", tasks: { ann: { status: "cancelled" } } });
    for (const words of [
      ["resume", run],
      ["cancel", run],
      ["approve", run, "ann"],
      ["signal", run, "go"],
      ["resolve", run, "ann", "--retry"],
    ]) {
      const late = await folder.run(...words);
      expect(late, words.join(" ")).toMatchObject({ exit: 2, stdout: "" });
      expect(late.stderr).toMatch(/error AM_RUN_OVER: The run r_\w+ is over: it has been cancelled\.\n {2}hint: \S/);
    }
    const all = await folder.run("approve", run, "--all");
    expect(all).toMatchObject({ exit: 2, stderr: expect.stringContaining("error AM_NOT_WAITING: Nothing of r_") });
    expect(callsOf(folder)).toEqual([]);
  });

  test("stays suspended when it is resumed and nothing has changed", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    const run = await suspended(folder);
    const { seq } = await onlyRun(folder);
    const end = await folder.run("resume", run);
    expect(end.exit).toBe(3);
    expect(end.stderr).toContain(`Go on with: agentmesh approve ${run} ann`);
    expect(await onlyRun(folder)).toMatchObject({ status: "suspended", seq });
  });

  test("that needs a server which is gone stays as it is, with 4", async () => {
    const folder = await bankFolder([pay("ann", { approve: true })]);
    const run = await suspended(folder);
    const { seq } = await onlyRun(folder);
    await folder.write("agentmesh.config.json", { mcpServers: { bank: { command: "no-such-program" } } });
    const end = await folder.run("approve", run, "ann");
    expect(end).toMatchObject({ exit: 4, stdout: "" });
    expect(end.stderr).toMatch(
      /error AM_SERVER_UNAVAILABLE: .*needs bank[\s\S]*Nothing was changed.*agentmesh resume r_/,
    );
    expect(await onlyRun(folder)).toMatchObject({ status: "suspended", seq });
  });
});
