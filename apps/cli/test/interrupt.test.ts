/** Ctrl-C, once and twice. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Folder, isRunning, jsonLines, plan, testServer } from "./command.ts";

async function waitingFolder(ms: number): Promise<Folder> {
  const folder = await Folder.create({
    "plan.json": plan([
      { id: "long", use: "test.wait", args: { ms } },
      { id: "next", use: "test.echo", args: { text: "{{ long.text }}" } },
    ]),
  });
  const server = testServer("tools", join(folder.path, "record.txt"));
  await folder.write("agentmesh.config.json", { mcpServers: { test: server } });
  return folder;
}

describe.concurrent("Ctrl-C", () => {
  test("cancels the run, tells the tool, says how to look at it, and ends with 130", async () => {
    const folder = await waitingFolder(60_000);
    const command = folder.start("run", "plan.json");
    await command.says("task long started");
    command.interrupt();
    const { exit, stdout, stderr } = await command.ended;
    expect({ exit, stdout }).toEqual({ exit: 130, stdout: "" });
    const [, run = ""] = /Cancelling (r_\w+);.*agentmesh show \1/.exec(stderr) ?? [];
    expect(JSON.parse((await folder.run("show", run, "--json")).stdout)).toMatchObject({
      status: "cancelled",
      tasks: { next: { status: "cancelled", attempt: 0 } },
    });
    expect(await readFile(join(folder.path, "record.txt"), "utf8")).toBe("wait began\nwait was told to stop\n");
  });

  test("with --json ends with the terminal event and the result", async () => {
    const folder = await waitingFolder(60_000);
    const command = folder.start("run", "plan.json", "--json");
    await command.says("task long started");
    command.interrupt();
    const { exit, stdout } = await command.ended;
    expect(exit).toBe(130);
    const lines = jsonLines(stdout);
    expect(lines.map((line) => line["type"])).toContain("run.cancel_requested");
    expect(lines.at(-2)).toMatchObject({ type: "run.cancelled" });
    expect(lines.at(-1)).toMatchObject({ type: "run.result", status: "cancelled" });
  });

  test("twice leaves at once with 130, and no server behind", async () => {
    const folder = await waitingFolder(60_000);
    const record = join(folder.path, "record.txt");
    await folder.write("agentmesh.config.json", { mcpServers: { test: testServer("deaf", record) } });
    const command = folder.start("run", "plan.json");
    await command.says("task long started");
    command.interrupt();
    await command.says("Cancelling");
    command.interrupt();
    const { exit, stderr } = await command.ended;
    expect(exit).toBe(130);
    // It did not wait for the grace period at whose end the run would be cancelled.
    const [, run = ""] = /agentmesh show (r_\w+)/.exec(stderr) ?? [];
    expect(JSON.parse((await folder.run("show", run, "--json")).stdout)).not.toMatchObject({ status: "cancelled" });
    const [pid = ""] = (await readFile(record, "utf8")).split("\n");
    // The global expect has no test of its own to poll in while several tests run at once.
    await vi.waitFor(() => expect(isRunning(Number(pid))).toBe(false), { timeout: 10_000 });
  });

  test("while servers still connect ends with 130 and leaves no run", async () => {
    const folder = await Folder.create({
      "agentmesh.config.json": { mcpServers: { test: testServer("hang") } },
      "plan.json": plan([{ id: "a", use: "test.echo", args: { text: "x" } }]),
    });
    const command = folder.start("run", "plan.json", "--verbose");
    await command.says("connecting to test");
    command.interrupt();
    const { exit, stderr } = await command.ended;
    expect(exit).toBe(130);
    expect(stderr).toContain("error AM_CANCELLED: Cancelled before the run had started.");
    expect(JSON.parse((await folder.run("runs", "--json")).stdout)).toEqual({ runs: [] });
  });
});
