/** Pinning over LiveMCPBench: the 527 tools of 70 real servers, each changed in each way behind a mesh's back. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject } from "@agentmesh/core";
import type { Tool } from "@modelcontextprotocol/server";
import { toolAlias } from "@agentmesh/mcp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PinningTrial } from "../pinning/pinning-trial.ts";
import { LAYOUTS, MUTATIONS } from "../pinning/tool-mutation.ts";
import { corpus } from "./corpora-folder.ts";

interface CorpusServer {
  readonly tools: Readonly<Record<string, { readonly tools: readonly Record<string, unknown>[] }>>;
}

const TOOLS = 527;
const listed = (JSON.parse(readFileSync(corpus("livemcp/tools.json"), "utf8")) as readonly CorpusServer[]).flatMap(
  ({ tools }) => Object.values(tools).map((server) => server.tools.map(plainTool)),
);
/** The corpus has two servers of one name: here each has its own. */
const servers = new Map(listed.map((tools, index) => [`server${index}`, tools]));

/** The corpus says null for what is not there, and a server would leave it out. */
function plainTool({ annotations, ...tool }: Record<string, unknown>): Tool {
  const said = isJsonObject(annotations) ? { annotations: withoutNulls(annotations) } : {};
  return { ...withoutNulls(tool), ...said } as unknown as Tool;
}

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

test("the corpus is the one that was measured, and its aliases are all different", () => {
  const names = [...servers].flatMap(([server, tools]) => tools.map(({ name }) => `${server}.${name}`));
  expect(names).toHaveLength(TOOLS);
  expect(new Set(names.map(toolAlias)).size).toBe(TOOLS);
});

describe("of 527 tools", () => {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-pinning-"));
  let midway: PinningTrial;
  let locked: PinningTrial;
  beforeAll(async () => {
    midway = await PinningTrial.open(servers);
    locked = await PinningTrial.open(servers, { lockFile: join(folder, "agentmesh.lock.json") });
  });
  afterAll(async () => {
    await midway[Symbol.asyncDispose]();
    await locked[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test.each(Object.entries(MUTATIONS))("all are stopped in the middle of a run: %s", async (_name, change) => {
    expect(await midway.runChangedMidway({ change })).toMatchObject({
      tools: TOOLS,
      calls: 0,
      stopped: TOOLS,
      others: [],
    });
  });

  test.each(Object.entries(LAYOUTS))("none is stopped for %s", async (name, change) => {
    const outcome = await midway.runChangedMidway({ change, isSpaced: name === "white space" });
    expect(outcome).toMatchObject({ tools: TOOLS, calls: TOOLS, stopped: 0, told: 0, others: [] });
  });

  test.each(Object.entries(MUTATIONS))("all are stopped by the lock file: %s", async (_name, change) => {
    expect(await locked.runChanged({ change })).toMatchObject({ tools: TOOLS, calls: 0, stopped: TOOLS, others: [] });
  });

  test.each(Object.entries(LAYOUTS))("the lock file stops none for %s", async (name, change) => {
    const outcome = await locked.runChanged({ change, isSpaced: name === "white space" });
    expect(outcome).toMatchObject({ tools: TOOLS, calls: TOOLS, stopped: 0, told: 0, others: [] });
  });
});
