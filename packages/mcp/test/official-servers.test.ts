/** The four official reference servers, as a user would configure them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isJsonObject } from "@agentmesh/core";
import type { McpServerConfigInput, McpToolSource } from "../src/index.ts";
import { runningChildren } from "./fixtures/processes.ts";
import { failureOf, LONG_MS, options, soon, testFile, testSource } from "./fixtures/sources.ts";

const { resolve } = createRequire(import.meta.url);

function program(server: string): string {
  return join(dirname(resolve(`@modelcontextprotocol/server-${server}/package.json`)), "dist", "index.js");
}

function official(server: string, args: readonly string[] = [], more: McpServerConfigInput = {}): McpServerConfigInput {
  return { command: process.execPath, args: [program(server), ...args], trust: { annotations: true }, ...more };
}

async function connected(config: McpServerConfigInput, server: string): Promise<McpToolSource> {
  const source = testSource(config, server);
  expect(await source.connect(soon())).toMatchObject({ state: "ready", protocolVersion: "2025-11-25" });
  return source;
}

function toolNames(source: McpToolSource): readonly string[] {
  return source.tools().map(({ name }) => name);
}

test("server-everything over stdio", async () => {
  const source = await connected(official("everything", ["stdio"]), "everything");
  expect(toolNames(source)).toEqual(expect.arrayContaining(["everything.echo", "everything.get-sum"]));
  expect(source.status().warnings).toEqual([
    'Left out "simulate-research-query": it only runs as a task, which is not spoken yet.',
  ]);
  await everythingWorks(source);
});

test("server-everything over streamable HTTP", async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [program("everything"), "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => end(child));
  const [line] = (await once(child.stderr, "data")) as [Buffer];
  expect(line.toString()).toContain("listening");
  const config = { url: `http://127.0.0.1:${port}/mcp`, trust: { annotations: true } };
  await everythingWorks(await connected(config, "everything"));
});

async function everythingWorks(source: McpToolSource): Promise<void> {
  const call = (tool: string, args: Parameters<McpToolSource["call"]>[1]) => source.call(tool, args, options());
  expect(await call("echo", { message: "hi" })).toMatchObject({ value: { text: "Echo: hi" }, isChecked: false });
  expect(await call("get-structured-content", { location: "New York" })).toEqual({
    value: { temperature: 33, conditions: "Cloudy", humidity: 82 },
    isChecked: true,
  });
  const image = await call("get-tiny-image", {});
  expect(JSON.stringify(image.value)).toContain('"type":"image"');
  const links = await call("get-resource-links", { count: 2 });
  expect(JSON.stringify(links.value)).toContain('"type":"resource_link"');
  const error = await failureOf(call("get-sum", { a: "one" }));
  expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed" });
  expect(error.message).toContain("expected number, received string");
  const onProgress = vi.fn();
  await source.call("trigger-long-running-operation", { duration: 1, steps: 4 }, options({ onProgress }));
  expect(onProgress).toHaveBeenCalledWith({ progress: 1, total: 4 });
}

test("server-filesystem", async () => {
  const folder = testFile("root");
  mkdirSync(folder);
  writeFileSync(join(folder, "note.txt"), "Deadline: Friday\n");
  const source = await connected(official("filesystem", [folder]), "files");
  expect(source.tools()).toHaveLength(14);
  expect(Object.fromEntries(source.tools().map(({ tool, effect }) => [tool, effect]))).toMatchObject({
    read_text_file: "read",
    write_file: "idempotent",
    move_file: "destructive",
  });
  const read = await source.call("read_text_file", { path: join(folder, "note.txt") }, options());
  expect(read).toEqual({ value: { content: "Deadline: Friday\n" }, isChecked: true });
  const error = await failureOf(source.call("read_text_file", { path: "/etc/hostname" }, options()));
  expect(error.code).toBe("AM_TOOL_FAILED");
  expect(error.message).toMatch(/^"files\.read_text_file" failed: Access denied/);
});

test("server-memory", async () => {
  const file = testFile("memory.jsonl");
  const source = await connected(official("memory", [], { env: { MEMORY_FILE_PATH: file } }), "memory");
  const entities = [{ name: "Ada", entityType: "person", observations: ["wrote the first program"] }];
  expect(await source.call("create_entities", { entities }, options())).toMatchObject({ isChecked: true });
  const { value } = await source.call("search_nodes", { query: "program" }, options());
  expect(value).toEqual({ entities, relations: [] });
});

test("server-sequential-thinking", async () => {
  const source = await connected(official("sequential-thinking"), "thinking");
  const thought = { thought: "Begin.", thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false };
  const { value } = await source.call("sequentialthinking", thought, options());
  expect(isJsonObject(value) && value["thoughtHistoryLength"]).toBe(1);
});

describe(
  "all of them at once",
  () => {
    test("start together and leave nothing behind", async () => {
      const sources = [
        testSource(official("everything", ["stdio"]), "everything"),
        testSource(official("filesystem", ["."]), "files"),
        testSource(official("memory", [], { env: { MEMORY_FILE_PATH: testFile("memory.jsonl") } }), "memory"),
        testSource(official("sequential-thinking"), "thinking"),
        testSource({ command: "no-such-program-here" }, "broken"),
      ];
      const states = await Promise.all(sources.map(async (source) => (await source.connect(soon())).state));
      expect(states).toEqual(["ready", "ready", "ready", "ready", "failed"]);
      await Promise.all(sources.map((source) => source.close()));
      expect(runningChildren()).toEqual([]);
    });
  },
  LONG_MS,
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  await new Promise<void>((closed) => void server.close(() => closed()));
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
