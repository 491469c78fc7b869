/** Where a run's time went, and what its plan looks like: `trace export`, `show --tree` and `graph`. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChromeTrace, PlanGraph, TraceDocument, TreeRow } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { bankFolder, type Folder, jsonLines, meshFolder, plan } from "./command.ts";

const pages = plan([
  { id: "a", use: "test.wait", args: { ms: 20 } },
  { id: "b", use: "test.wait", args: { ms: 400 } },
  {
    id: "each",
    use: "test.echo",
    each: { in: ["x", "y"] },
    args: { text: "{{ item }}" },
    after: ["a", "b"],
  },
]);

/** A folder and the name of its only run, which is over or waits. */
async function ran(folder: Folder): Promise<{ readonly folder: Folder; readonly run: string }> {
  const { stdout, stderr } = await folder.run("run", "plan.json", "--json");
  const run = jsonLines(stdout).at(-1)?.["run"];
  expect(run, stderr).toBeTypeOf("string");
  return { folder, run: String(run) };
}

const finished = async () => await ran(await meshFolder({ "plan.json": pages }));
const waiting = async () =>
  await ran(
    await bankFolder([
      { id: "look", use: "bank.look", args: { to: "ann" } },
      { id: "pay", use: "bank.pay", args: { to: "ann" }, approve: true, after: ["look"] },
    ]),
  );

describe.concurrent("trace export", () => {
  test("writes a Chrome trace to standard output, or to a file", async () => {
    const { folder, run } = await finished();
    const { exit, stdout, stderr } = await folder.run("trace", "export", run);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const { traceEvents, otherData } = JSON.parse(stdout) as ChromeTrace;
    expect(otherData).toMatchObject({ run, status: "succeeded", isComplete: true });
    const attempts = traceEvents.flatMap((event) => (event.ph === "X" && event.cat === "attempt" ? [event.name] : []));
    expect(attempts.toSorted()).toEqual(["a#1", "b#1", "each[0]#1", "each[1]#1"]);
    const written = await folder.run("trace", "export", run, "--format", "chrome", "-o", "trace.json");
    expect(written).toMatchObject({ exit: 0, stdout: "" });
    expect(written.stderr).toContain("Written: trace.json. Open it at https://ui.perfetto.dev");
    expect(await readFile(join(folder.path, "trace.json"), "utf8")).toBe(stdout);
  });

  test("with --json and a file tells what it wrote", async () => {
    const { folder, run } = await finished();
    const { exit, stdout, stderr } = await folder.run(
      "trace",
      "export",
      run,
      "-o",
      "t.json",
      "--format=json",
      "--json",
    );
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const told = JSON.parse(stdout) as { readonly seq: number };
    expect(told).toEqual({ run, file: "t.json", format: "json", seq: expect.any(Number), isComplete: true });
    const trace = JSON.parse(await readFile(join(folder.path, "t.json"), "utf8")) as TraceDocument;
    expect(trace).toMatchObject({ run, seq: told.seq });
    expect(trace.criticalPath.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(trace.durationMs);
    expect(trace.criticalPath.map(({ name }) => name)).toContain("b");
    expect(trace.criticalPath.map(({ name }) => name)).not.toContain("a");
  });

  test("of a suspended run says up to which event it goes, and marks what waits", async () => {
    const { folder, run } = await waiting();
    const { exit, stdout, stderr } = await folder.run("trace", "export", run, "--format", "json");
    expect(exit).toBe(0);
    const { seq, isComplete, status, spans, waits } = JSON.parse(stdout) as TraceDocument;
    expect({ isComplete, status }).toEqual({ isComplete: false, status: "suspended" });
    expect(stderr).toContain(`The run is suspended: this is its trace up to event ${seq}.`);
    expect(spans).toContainEqual(expect.objectContaining({ kind: "wait", name: "approval", status: "open" }));
    expect(waits.tasks["look"]?.approval).toBeUndefined();
  });

  test.each([
    [["trace"], /There is: export/],
    [["trace", "export"], /Which run is to be exported/],
    [["trace", "export", "RUN", "--format", "otlp"], /otlp is not written yet[\s\S]*--format chrome/],
    [["trace", "export", "RUN", "--format", "chrom"], /no format "chrom"[\s\S]*"chrome"/],
    [["trace", "export", "r_nothing"], /AM_UNKNOWN_RUN: .*r_nothing/],
    [["trace", "export", "RUN", "-o", "folder"], /folder cannot be written: it is a folder/],
    [["trace", "export", "RUN", "-o", "nowhere/t.json"], /its folder does not exist/],
    [["graph"], /Which plan file or run/],
    [["graph", "plan.json", "--format", "langgraph"], /langgraph is not written yet[\s\S]*--format json/],
    [["graph", "plan.json", "--format", "dot"], /no format "dot"/],
    [["graph", "nowhere.json"], /AM_PLAN_FILE: .*nowhere.json does not exist/],
    [["graph", "wrong.json"], /AM_PLAN_INVALID/],
    [["graph", "r_nothing"], /AM_UNKNOWN_RUN: .*r_nothing/],
  ])("and graph refuse with 2, a code and a hint: %j", async (words, message) => {
    const { folder, run } = words.includes("RUN")
      ? await ran(await meshFolder({ "plan.json": plan([{ id: "a", use: "test.echo", args: { text: "x" } }]) }))
      : { folder: await meshFolder({ "plan.json": pages, "wrong.json": { mesh: 2 } }), run: "" };
    await mkdir(join(folder.path, "folder"));
    const { exit, stdout, stderr } = await folder.run(...words.map((word) => (word === "RUN" ? run : word)));
    expect({ exit, stdout }, stderr).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/error AM_\w+: [\s\S]*hint: \S/);
  });
});

describe.concurrent("show --tree", () => {
  test("prints what led to what, with times and the critical path", async () => {
    const { folder, run } = await finished();
    const { exit, stdout, stderr } = await folder.run("show", run, "--tree");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/^✓ r_\w+ succeeded {2}test, \S+ m?s$/m);
    expect(stdout).toMatch(/^◆ {2}✓ {2}b {2,}test\.wait {2,}\+\S+ m?s {2,}\d\.\d s/m);
    expect(stdout).toMatch(/^ {3}✓ {2}a {2,}test\.wait/m);
    expect(stdout).toMatch(/^◆ {2}✓ {4}each {2,}test\.echo .*2 elements.*also after a$/m);
    expect(stdout).toMatch(/^. {2}✓ {6}each\[0\]/m);
    expect(stdout).toMatch(/^◆ critical path: .* of work/m);
  });

  test("with --json is a document of rows", async () => {
    const { folder, run } = await waiting();
    const { exit, stdout } = await folder.run("show", run, "--tree", "--json");
    expect(exit).toBe(0);
    const { tree, ...head } = JSON.parse(stdout) as { readonly tree: readonly TreeRow[] };
    expect(head).toMatchObject({ run, status: "suspended", isComplete: false });
    const depths = Object.fromEntries(tree.map(({ name, depth }) => [name, depth]));
    expect(depths).toMatchObject({ look: 1, "look#1": 2, pay: 2, approval: 3 });
    expect(tree.find(({ name }) => name === "pay")).toMatchObject({ status: "open", isCritical: true });
  });
});

describe.concurrent("graph", () => {
  test("draws a plan file as Mermaid, without a configuration", async () => {
    const folder = await meshFolder({ "plan.json": pages, "agentmesh.config.json": { no: "such thing" } });
    const { exit, stdout, stderr } = await folder.run("graph", "plan.json");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "flowchart TD",
        '  t0["a<br/>test.wait"]',
        '  t1["b<br/>test.wait"]',
        '  t2[["each<br/>test.echo<br/>each item in list"]]',
        "  t0 -.-> t2",
        "  t1 -.-> t2",
        "",
      ].join("\n"),
    );
  });

  test("of a run says how its tasks are", async () => {
    const { folder, run } = await waiting();
    const chart = await folder.run("graph", run);
    expect(chart.stdout).toMatch(/ {2}class t0 succeeded\n[\s\S]* {2}class t1 waiting\n/);
    const { exit, stdout } = await folder.run("graph", run, "--format", "json");
    expect(exit).toBe(0);
    const { nodes, edges, ...facts } = JSON.parse(stdout) as PlanGraph;
    expect(facts).toMatchObject({ run, status: "suspended" });
    expect(nodes).toEqual([
      { id: "look", use: "bank.look", tool: "bank.look", asks: false, status: "succeeded" },
      { id: "pay", use: "bank.pay", tool: "bank.pay", asks: true, status: "waiting" },
    ]);
    expect(edges).toEqual([{ from: "look", to: "pay", kind: "after" }]);
  });
});
