/** A stored run shown again: `replay`, without servers, models or a configuration that works. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { bankFolder, type Folder, jsonLines, meshFolder, plan } from "./command.ts";

const LONG = "x".repeat(1_000);
const echoes = plan(
  [
    { id: "a", use: "test.echo", args: { text: LONG } },
    { id: "b", use: "test.echo", args: { text: "{{ a.text }}!" } },
    { id: "slow", use: "test.wait", args: { ms: 30 }, after: ["b"] },
  ],
  { output: { $from: "b.text" } },
);
const STORE = ".agentmesh/agentmesh.db";

interface Ran {
  readonly folder: Folder;
  readonly run: string;
  /** What `run --json` said, stored events and result. */
  readonly lines: readonly { readonly [key: string]: unknown }[];
}

async function ran(folder: Folder): Promise<Ran> {
  const { stdout, stderr } = await folder.run("run", "plan.json", "--json", "--store", STORE);
  const lines = jsonLines(stdout).filter((line) => "seq" in line || line["type"] === "run.result");
  const run = lines.at(-1)?.["run"];
  expect(run, stderr).toBeTypeOf("string");
  return { folder, run: String(run), lines };
}

const finished = async (): Promise<Ran> => await ran(await meshFolder({ "plan.json": echoes }));

describe.concurrent("replay", () => {
  test("says what the run said, though its servers are gone and the configuration is broken", async () => {
    const { folder, run, lines } = await finished();
    await folder.write("agentmesh.config.json", { mcpServers: { test: { command: "gone", args: ["${NOT_SET}"] } } });
    const json = await folder.run("replay", run, "--json", "--store", STORE);
    expect(json).toMatchObject({ exit: 0 });
    expect(jsonLines(json.stdout)).toEqual(lines);
    const { exit, stdout, stderr } = await folder.run("replay", run, "--store", STORE);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${LONG}!\n` });
    for (const said of ["plan v1 accepted", "task a succeeded", "task slow succeeded", "✓ succeeded"])
      expect(stderr).toContain(said);
  });

  test("up to an event shows no more than that", async () => {
    const { folder, run, lines } = await finished();
    const { stdout, stderr } = await folder.run("replay", run, "--json", "--to", "7", "--store", STORE);
    expect(jsonLines(stdout)).toEqual(lines.slice(0, 7));
    expect(stderr).toContain(`Replayed up to event 7 of ${lines.length - 1}; the run is succeeded.`);
  });

  test("waits as long as it was told to", async () => {
    const { folder, run } = await finished();
    const startedAt = performance.now();
    expect(await folder.run("replay", run, "--speed", "0.01", "--to", "2", "--store", STORE)).toMatchObject({
      exit: 0,
    });
    const shortMs = performance.now() - startedAt;
    const { stdout } = await folder.run("replay", run, "--speed", "0.05", "--json", "--store", STORE);
    const events = jsonLines(stdout).filter((line) => "seq" in line);
    const tookMs = Number(events.at(-1)?.["atMs"]) - Number(events[0]?.["atMs"]);
    expect(performance.now() - startedAt - shortMs).toBeGreaterThan(tookMs / 0.05);
  });

  test("step by step shows one event for each line that it reads", async () => {
    const { folder, run } = await finished();
    const stepped = await fed(folder, "\n\n\nq\n\n", ["replay", run, "--step", "--json", "--store", STORE]);
    expect(jsonLines(stepped).map((line) => line["seq"])).toEqual([1, 2, 3]);
  });

  test("of a suspended run ends with what it waits for", async () => {
    const { folder, run } = await ran(
      await bankFolder([{ id: "pay", use: "bank.pay", args: { to: "ann" }, approve: true }]),
    );
    const { exit, stderr } = await folder.run("replay", run, "--store", STORE);
    expect(exit).toBe(0);
    expect(stderr).toContain(`agentmesh approve ${run} pay`);
  });

  test("of a run whose values are gone names every one of them", async () => {
    const { folder, run, lines } = await finished();
    const database = new DatabaseSync(join(folder.path, STORE));
    database.exec("DELETE FROM blob");
    database.close();
    const { exit, stderr } = await folder.run("replay", run, "--store", STORE);
    expect({ exit }).toEqual({ exit: 1 });
    const json = await folder.run("replay", run, "--json", "--store", STORE);
    const { error } = JSON.parse(json.stdout) as { error: { code: string; facts: { lost: Lost[]; count: number } } };
    const expected = lines.flatMap(({ seq, type, ...fields }) =>
      Object.entries(fields).flatMap(([field, value]) => {
        const { hash, bytes } = (value ?? {}) as { hash?: string; bytes?: number };
        return hash !== undefined && (bytes ?? 0) > 256 ? [{ hash, seq, type, field }] : [];
      }),
    );
    expect(expected.length).toBeGreaterThan(3);
    expect(error).toMatchObject({ code: "AM_VALUES_LOST", facts: { lost: expected, count: expected.length } });
    for (const { seq, field, hash } of expected)
      expect(stderr).toMatch(new RegExp(`event ${String(seq)} .*: ${field} ${hash}`));
    const before = Number(expected[0]?.seq) - 1;
    expect(await folder.run("replay", run, "--to", String(before), "--store", STORE)).toMatchObject({ exit: 0 });
  });

  test.each([
    [["--to", "0"], "AM_USAGE"],
    [["--to", "99"], "AM_UNKNOWN_EVENT"],
    [["--speed", "fast"], "AM_USAGE"],
    [["--speed", "2", "--step"], "AM_USAGE"],
  ])("refuses %s", async (words, code) => {
    const { folder, run } = await finished();
    const { exit, stderr } = await folder.run("replay", run, ...words, "--store", STORE);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(code) });
  });

  test("refuses a run that is not there", async () => {
    const { folder } = await finished();
    expect(await folder.run("replay", "r_none")).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("AM_UNKNOWN_RUN"),
    });
    expect(await folder.run("replay")).toMatchObject({ exit: 2, stderr: expect.stringContaining("Which run?") });
  });
});

interface Lost {
  readonly hash: string;
  readonly seq: number;
  readonly field: string;
}

/** Standard output of a command with this on its standard input. */
async function fed({ path }: Folder, input: string, words: readonly string[]): Promise<string> {
  const launcher = join(import.meta.dirname, "../bin/agentmesh.mjs");
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: path,
    env: { PATH: process.env["PATH"], HOME: path, AGENTMESH_NO_MODEL: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.end(input);
  return await text(child.stdout);
}
