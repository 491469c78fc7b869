/** Removing runs that nobody needs any more, at the command line. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.ts";

const PLAN = { mesh: 1, tasks: [], output: { $literal: "x".repeat(200_000) } };
const STORE = ["--store", "runs.db"];

async function folderWithRuns(): Promise<Folder> {
  const folder = await Folder.create({ "plan.json": PLAN });
  for (let run = 0; run < 3; run++) await folder.run("run", "plan.json", ...STORE);
  return folder;
}

describe.concurrent("agentmesh runs prune", () => {
  test("says what would go, removes it, keeps the newest, and makes the file smaller when it is told to", async () => {
    const folder = await folderWithRuns();
    const prune = (...more: string[]) => folder.run("runs", "prune", "--keep", "1", "--json", ...STORE, ...more);
    const dry = JSON.parse((await prune("--dry-run")).stdout) as Record<string, unknown>;
    expect(dry).toMatchObject({ runs: 2, cacheRows: 0, isDryRun: true });
    const sizeBefore = statSync(join(folder.path, "runs.db")).size;
    expect(JSON.parse((await prune("--compact")).stdout)).toEqual({ ...dry, isDryRun: false });
    const listed = JSON.parse((await folder.run("runs", "--json", ...STORE)).stdout) as { runs: { run: string }[] };
    expect(listed.runs).toHaveLength(1);
    const shown = await folder.run("show", listed.runs[0]?.run ?? "", "--json", ...STORE);
    expect(shown.exit).toBe(0);
    expect((await folder.run("verify", ...STORE)).exit).toBe(0);
    expect(statSync(join(folder.path, "runs.db")).size).toBeLessThan(sizeBefore);
    expect(readFileSync(join(folder.path, "runs.db")).subarray(0, 6).toString()).toBe("SQLite");
  });

  test("removes no run that is not said to be old", async () => {
    const folder = await folderWithRuns();
    const none = await folder.run("runs", "prune", ...STORE);
    expect(none.stdout).toMatch(/^Removed 0 runs/);
    expect(none.stderr).toContain("--older-than 30d");
    expect((await folder.run("runs", "prune", "--older-than", "1h", ...STORE)).stdout).toMatch(/^Removed 0 runs/);
    expect((await folder.run("runs", "prune", "--older-than", "0s", ...STORE)).stdout).toMatch(/^Removed 3 runs/);
  });

  test.each([
    [["prune", "--older-than", "soon"], /--older-than soon is no length of time/],
    [["prune", "--keep", "-1"], /--keep -1 is not a count/],
    [["prone"], /There is no "runs prone"/],
  ])("refuses %j", async (words, message) => {
    const { exit, stderr } = await (await Folder.create()).run("runs", ...words, ...STORE);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringMatching(message) as unknown });
  });
});
