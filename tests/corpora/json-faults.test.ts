/**
 * JSONTestSuite at every border where text from outside becomes a value: a tool server's messages, a model's answer, a
 * plan file. What is no JSON gives a typed error, what is JSON gives its value or typed findings.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isJson, type Json, parsePlan, type Plan } from "@agentmesh/core";
import { McpServerConfig, McpToolSource } from "@agentmesh/mcp";
import { readStructured, type StructuredReading, type Verdict } from "@agentmesh/models";
import { ToolCallError } from "@agentmesh/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandOutput } from "./command-output.ts";
import { corpus } from "./corpora-folder.ts";

const folder = corpus("json-test-suite/test_parsing");
const files = readdirSync(folder).sort();
const valid = files.filter((file) => file.startsWith("y_"));
const invalid = files.filter((file) => file.startsWith("n_"));
/** A parser may take these or not. */
const either = files.filter((file) => file.startsWith("i_"));

function textOf(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

test("the suite is whole", () => {
  expect([valid.length, invalid.length, either.length]).toEqual([95, 188, 35]);
});

describe("in the messages of a tool server", () => {
  /** Answers come at once; only those that cannot be read end by this. */
  const TIMEOUT_MS = 3_000;
  const server = fileURLToPath(import.meta.resolve("./json-server.ts"));
  const config = McpServerConfig.parse({ command: process.execPath, args: [server, folder] });
  const source = new McpToolSource({ server: "json", config });

  beforeAll(() => source.connect(AbortSignal.timeout(60_000)));
  afterAll(() => source.close());

  /** The value of an answer, or the code of its error. Anything that is not typed is thrown. */
  async function call(file: string, place: "frame" | "value"): Promise<{ readonly value: Json } | string> {
    const { signal } = new AbortController();
    const options = { signal, idempotencyKey: `${file}/${place}`, timeoutMs: TIMEOUT_MS };
    try {
      return { value: (await source.call("send", { file, place }, options)).value };
    } catch (error) {
      if (!(error instanceof ToolCallError)) throw error;
      return error.code;
    }
  }

  test("they are lines that are passed over: the answers behind them arrive", async () => {
    const answers = await Promise.all(files.map((file) => call(file, "frame")));
    expect(answers).toEqual(files.map((file) => ({ value: { sent: file } })));
  });

  test("what is JSON inside an answer is its value", async () => {
    const answers = await Promise.all(valid.map((file) => call(file, "value")));
    expect(answers).toEqual(valid.map((file) => ({ value: { value: JSON.parse(textOf(file)) as Json } })));
  });

  test("what is not makes the answer one that never came", async () => {
    const answers = await Promise.all(invalid.map((file) => call(file, "value")));
    expect(new Set(answers)).toEqual(new Set(["AM_TOOL_TIMEOUT"]));
  });

  test("what parsers disagree about is a value or a typed error, and the connection goes on", async () => {
    for (const answer of await Promise.all(either.map((file) => call(file, "value")))) {
      if (typeof answer === "string") expect(answer).toMatch(/^AM_TOOL_(TIMEOUT|OUTPUT_INVALID|PROTOCOL)$/);
      else expect(isJson(answer.value)).toBe(true);
    }
    expect(await call("y_object.json", "value")).toHaveProperty("value");
  });
});

describe("in the answers of a model", () => {
  function readPlan(text: string): StructuredReading<Plan> {
    return readStructured({ text, validate: planVerdict });
  }

  function planVerdict(value: Json): Verdict<Plan> {
    const { plan, findings } = parsePlan(value);
    if (plan !== undefined) return { isValid: true, value: plan };
    return {
      isValid: false,
      findings: findings.map(({ path, message }) => ({ code: "AM_PLAN_INVALID", path, message })),
    };
  }

  /** The text as an argument of a plan. */
  function planWith(text: string): string {
    return `{"mesh":1,"tasks":[{"id":"a","use":"t.any","args":{"value":${text}}}]}`;
  }

  test("none is a plan, and each has typed findings", () => {
    for (const file of files) {
      const reading = readPlan(textOf(file));
      expect(reading.isValid ? file : reading.findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^AM_(MODEL_OUTPUT_(NOT_JSON|TRUNCATED)|PLAN_INVALID)$/)]),
      );
    }
  });

  test("what is JSON is an argument as it is", () => {
    for (const file of valid) {
      const reading = readPlan(planWith(textOf(file)));
      expect(reading, file).toMatchObject({ isValid: true });
      if (reading.isValid) expect(reading.value.tasks[0]?.args["value"]).toEqual(JSON.parse(textOf(file)));
    }
  });

  test("what is not is mended to a value or has typed findings", () => {
    for (const file of [...invalid, ...either]) {
      const reading = readPlan(planWith(textOf(file)));
      if (reading.isValid) expect(isJson(reading.value.tasks[0]?.args ?? {}), file).toBe(true);
      else expect(reading.findings.length, file).toBeGreaterThan(0);
    }
  });
});

describe("in plan files", () => {
  /** One of so many, since each is a process of 0.3 s; all of them where TEST_EVERY_FILE is set. */
  const STRIDE = process.env["TEST_EVERY_FILE"] === undefined ? 8 : 1;
  const TIMEOUT_MS = 180_000;
  const some = (all: readonly string[]): readonly string[] => all.filter((_, index) => index % STRIDE === 0);

  function check(file: string): Promise<{ readonly exit: number | null; readonly document: Json }> {
    return commandOutput(["check", join(folder, file), "--json"]);
  }

  test("what is not JSON is a usage error with its line and column", { timeout: TIMEOUT_MS }, async () => {
    for (const file of some(invalid)) {
      const error = { code: "AM_PLAN_FILE", facts: { line: expect.any(Number), column: expect.any(Number) } };
      expect(await check(file), file).toMatchObject({ exit: 2, document: { error } });
    }
  });

  test("what is JSON and no plan has findings, each with its place", { timeout: TIMEOUT_MS }, async () => {
    for (const file of some(valid)) {
      const finding = { code: expect.stringMatching(/^AM_/), line: expect.any(Number), column: expect.any(Number) };
      const findings = expect.arrayContaining([expect.objectContaining(finding)]);
      expect(await check(file), file).toMatchObject({ exit: 1, document: { findings } });
    }
  });
});
