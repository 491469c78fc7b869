/** A tool that is not the one that was agreed on is not called: in the middle of a run, and by the lock file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tool } from "@modelcontextprotocol/server";
import { createMesh } from "@agentmesh/runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import { PinningTrial, type TrialOptions } from "./pinning-trial.ts";
import { mutableServer } from "./mutable-server.ts";
import { LAYOUTS, MUTATIONS } from "./tool-mutation.ts";

const FETCH: Tool = {
  name: "fetch",
  description: "Fetches a page.",
  inputSchema: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
  annotations: { readOnlyHint: true },
};
const TOOLS: readonly Tool[] = [FETCH, { name: "clock", inputSchema: { type: "object" } }];

async function trial(options?: TrialOptions): Promise<PinningTrial> {
  const opened = await PinningTrial.open(new Map([["web", TOOLS]]), options);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

function lockFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "agentmesh.lock.json");
}

describe("in the middle of a run a tool is stopped", () => {
  test.each(Object.entries(MUTATIONS))("that changes in its %s", async (name, change) => {
    const outcome = await (await trial()).runChangedMidway({ change });
    expect(outcome).toEqual({ tools: 2, calls: 0, stopped: 2, told: name === "name" ? 0 : 2, others: [] });
  });

  test.each(Object.entries(LAYOUTS))("but not for %s", async (name, change) => {
    const outcome = await (await trial()).runChangedMidway({ change, isSpaced: name === "white space" });
    expect(outcome).toEqual({ tools: 2, calls: 2, stopped: 0, told: 0, others: [] });
  });
});

describe("by the lock file a tool is stopped", () => {
  test.each(Object.entries(MUTATIONS))("that has changed in its %s", async (_name, change) => {
    const outcome = await (await trial({ lockFile: lockFile() })).runChanged({ change });
    expect(outcome).toEqual({ tools: 2, calls: 0, stopped: 2, told: 2, others: [] });
  });

  test.each(Object.entries(LAYOUTS))("but not for %s", async (name, change) => {
    const outcome = await (
      await trial({ lockFile: lockFile() })
    ).runChanged({ change, isSpaced: name === "white space" });
    expect(outcome).toEqual({ tools: 2, calls: 2, stopped: 0, told: 0, others: [] });
  });
});

test("the error says which field was what, and how to go on", async () => {
  await using server = await mutableServer([FETCH]);
  const settings = { mcpServers: { web: { url: server.url } }, pinning: { lockFile: lockFile() }, store: ":memory:" };
  await using before = await createMesh(settings);
  expect(await before.lockTools()).toMatchObject({ isCurrent: false, tools: 1, changes: [{ kind: "added" }] });
  expect(await before.lockTools({ isDryRun: true })).toMatchObject({ isCurrent: true, changes: [] });
  server.serve([{ ...FETCH, description: "Fetches\u200b a page." }]);
  await using mesh = await createMesh(settings);
  const run = mesh.run({ mesh: 1, name: "one", tasks: [{ id: "page", use: "web.fetch", args: { url: "u" } }] });
  const { status } = await run.result;
  const changes = [{ path: "/description", was: '"Fetches a page."', is: '"Fetches\\u{200b} a page."' }];
  expect(status).toBe("failed");
  expect((await mesh.show(run.id)).tasks["page"]?.error).toMatchObject({
    code: "AM_TOOL_DRIFTED",
    message:
      '"web.fetch" was not called: it has changed since it was pinned in agentmesh.lock.json: /description was "Fetches a page.", is "Fetches\\u{200b} a page.".',
    hint: "Look at what has changed. If it is right, pin the tools as they are now with: agentmesh tools lock",
    facts: { tool: "web.fetch", since: "lock", changes },
  });
  expect(await mesh.lockTools({ isDryRun: true })).toMatchObject({
    isCurrent: false,
    changes: [{ tool: "web.fetch", kind: "changed", changes }],
  });
});

test("with pinning.drift: allow a changed tool is called as it is now", async () => {
  await using server = await mutableServer([FETCH]);
  const settings = { mcpServers: { web: { url: server.url } }, store: ":memory:" };
  const pinning = { lockFile: lockFile() };
  await using before = await createMesh({ ...settings, pinning });
  await before.lockTools();
  server.serve([{ ...FETCH, description: "Fetches another page." }]);
  await using mesh = await createMesh({ ...settings, pinning: { ...pinning, drift: "allow" } });
  const run = mesh.run({ mesh: 1, name: "one", tasks: [{ id: "page", use: "web.fetch", args: { url: "u" } }] });
  expect((await run.result).status).toBe("succeeded");
});

test("the file is the same text for the same tools, and a broken one opens no mesh", async () => {
  await using server = await mutableServer(TOOLS);
  const file = lockFile();
  const settings = { mcpServers: { web: { url: server.url } }, pinning: { lockFile: file }, store: ":memory:" };
  await using mesh = await createMesh(settings);
  await mesh.lockTools();
  const text = readFileSync(file, "utf8");
  server.serve(TOOLS.toReversed().map((tool) => LAYOUTS["another order of keys"]?.(tool) ?? tool));
  await using again = await createMesh(settings);
  await again.lockTools();
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(Object.keys(JSON.parse(text) as object)).toEqual(["lock", "tools"]);
  writeFileSync(file, text.replace('"lock": 1', '"lock": 9'));
  await expect(createMesh(settings)).rejects.toMatchObject({ code: "AM_LOCK_FILE", facts: { file } });
});
