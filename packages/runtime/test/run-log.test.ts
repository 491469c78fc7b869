/** The debug log as a user reads it: through createMesh, in memory and as a file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scriptedModel } from "@agentmesh/models";
import { defineTool } from "@agentmesh/mcp";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMesh, type CreateMeshOptions, type LogRecord } from "../src/index.ts";
import { temporaryFolder } from "./test-mesh.ts";

const lookUp = defineTool({
  name: "look_up",
  description: "Looks a word up",
  input: z.strictObject({ word: z.string() }),
  output: z.strictObject({ meaning: z.string() }),
  effect: "read",
  run: ({ word }) => (word === "bad" ? Promise.reject(new Error("no such word")) : { meaning: `what ${word} means` }),
});

const plan = {
  mesh: 1 as const,
  tasks: [
    { id: "m", use: "local.look_up", args: { word: "mesh" } },
    { id: "g", use: "mesh.generate", args: { prompt: "Say it simply: {{ m.meaning }}" } },
  ],
  output: { $from: "g.text" },
};

async function logged(options: CreateMeshOptions, work: typeof plan = plan): Promise<readonly LogRecord[]> {
  await using mesh = await createMesh({
    store: ":memory:",
    tools: [lookUp],
    modelInstances: { m: scriptedModel(["a net"]) },
    ...options,
  });
  const run = mesh.run(work);
  await run.result;
  return mesh.logs(run.id);
}

const lines = (records: readonly LogRecord[]) => records.map(({ level, message }) => `${level} ${message}`);

describe("the debug log", () => {
  test("tells of each node and task before and after, with inputs, outputs and latency", async () => {
    const records = await logged({});
    expect(lines(records)).toEqual([
      "info run created: plan",
      "info run started",
      "info plan 1 proposed: 2 tasks",
      "info router#1 started",
      "info router#1 succeeded",
      "info plan 1 accepted",
      "info m started",
      "info m succeeded",
      "info g started",
      "info g succeeded",
      "info validator#1 started",
      "info validator#1 succeeded",
      "info run succeeded",
    ]);
    const [before, after] = records.filter((record) => record.call === "m#1");
    expect(before).toMatchObject({ tool: "local.look_up", input: { word: "mesh" } });
    expect(after).toMatchObject({ output: { meaning: "what mesh means" }, durationMs: expect.any(Number) as number });
  });

  test("at debug, holds prompts, responses and token counts of every model call", async () => {
    const [call] = (await logged({ log: { level: "debug" } })).filter((record) => record.type === "model.called");
    expect(call).toMatchObject({
      call: "g#1",
      level: "debug",
      response: "a net",
      usage: { isExact: expect.any(Boolean) as boolean },
    });
    expect(JSON.stringify(call?.prompt)).toContain("Say it simply: what mesh means");
    expect(call?.usage?.outputTokens).toBeGreaterThan(0);
  });

  test("at error, holds failures only, with code and hint", async () => {
    const failing = {
      ...plan,
      tasks: [{ id: "m", use: "local.look_up", args: { word: "bad" } }],
      output: { $from: "m.meaning" },
    };
    const records = await logged({ log: { level: "error" } }, failing);
    expect(records.map((record) => `${record.type} ${record.error?.code ?? ""}`)).toEqual([
      "task.failed AM_TOOL_FAILED",
      "run.failed AM_TASK_FAILED",
    ]);
    expect(records[0]?.message).toContain("no such word");
  });

  test("keeps the newest records only", async () => {
    const records = await logged({ log: { memoryMax: 3 } });
    expect(lines(records)).toEqual(["info validator#1 started", "info validator#1 succeeded", "info run succeeded"]);
  });

  test("is a file of JSON lines, without a secret in it", async () => {
    const file = join(temporaryFolder(), "logs/mesh.jsonl");
    const secret = "tok-0123456789abcdef";
    const named = {
      ...plan,
      tasks: [{ id: "m", use: "local.look_up", args: { word: secret } }],
      output: { $from: "m.meaning" },
    };
    await logged(
      {
        log: { file, level: "debug" },
        mcpServers: { web: { url: "http://127.0.0.1:9/mcp", auth: { bearer: secret } } },
      },
      named,
    );
    const text = readFileSync(file, "utf8");
    const records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as LogRecord);
    expect(records.at(-1)).toMatchObject({ type: "run.succeeded", tenant: "default" });
    expect(text).not.toContain(secret);
    expect(text).toContain("[secret]");
  });
});
