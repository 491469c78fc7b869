import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonObject, type Json } from "@agentmesh/core";
import { OUTPUT_CHARACTERS_MAX, readStructured, type StructuredText, type Verdict } from "./structured-output.ts";

/** Takes any object with a list of tasks, as a planner does; anything else is refused by path. */
function planVerdict(value: Json): Verdict<Json> {
  if (isJsonObject(value) && Array.isArray(value["tasks"])) return { isValid: true, value };
  return { isValid: false, findings: [{ code: "AM_PLAN_INVALID", path: "/tasks", message: "There are no tasks." }] };
}

function read(text: string, more: Partial<StructuredText<Json>> = {}) {
  return readStructured({ text, validate: planVerdict, ...more });
}

const PLAN = { mesh: 1, tasks: [{ id: "a", use: "web.search", args: { query: 'a "b" {c} [d] \\ é' } }] };
const TEXT = JSON.stringify(PLAN);

describe("an answer that is right", () => {
  test.each([
    ["JSON alone", TEXT, []],
    ["white space around it", `\n\n  ${TEXT}\n\t`, []],
    ["a byte order mark before it", `\uFEFF${TEXT}`, []],
    ["a code fence", `\`\`\`json\n${TEXT}\n\`\`\``, ["extracted"]],
    ["a code fence that never closes", `\`\`\`\n${TEXT}`, ["extracted"]],
    ["another code fence first", `Run this:\n\`\`\`sh\nls\n\`\`\`\nand\n\`\`\`json\n${TEXT}\n\`\`\``, ["extracted"]],
    ["prose around it", `Sure! Here is the plan for {topic} [1]:\n${TEXT}\nI hope it helps {you}.`, ["extracted"]],
    ["reasoning before it", `<think>Maybe {"tasks": []}? No.</think>\n${TEXT}`, ["extracted"]],
    ["reasoning whose tag the template opened", `Let me see {"tasks": []}...</think>${TEXT}`, ["extracted"]],
    [
      "reasoning twice, prose and a fence",
      `<think>a</think><thinking>b</thinking>Here:\n\`\`\`json\n${TEXT}\n\`\`\`\nDone.`,
      ["extracted"],
    ],
    ["reasoning after a greeting", `Hello! <think>{"tasks": []}</think> ${TEXT}`, ["extracted"]],
    ["an example of another shape first", `Not {"steps": []} but ${TEXT}`, ["extracted"]],
    ["trailing commas", TEXT.replace("}]}", "},],}"), ["repaired"]],
    ["comments", TEXT.replace("{", "{ // the plan\n"), ["repaired"]],
    ["single quotes", "{'mesh': 1, 'tasks': []}", ["repaired"]],
    ["keys without quotes, in prose", "It is {mesh: 1, tasks: []}.", ["extracted", "repaired"]],
    ["the words of Python", '{"mesh": 1, "tasks": [None, True]}', ["repaired"]],
    ["a closing brace too few", TEXT.slice(0, -1), ["repaired"]],
    ["two closing brackets too few", TEXT.slice(0, -2), ["repaired"]],
  ])("%s", (_name, text, repairs) => {
    const reading = read(text);
    expect(reading).toMatchObject({ isValid: true, repairs });
    if (text.includes("web.search")) expect(reading).toHaveProperty("value", PLAN);
  });

  test("text inside of strings is text, whatever it looks like", () => {
    const tricky = { tasks: ["<think>no</think>", "```json\n{}\n```", '"}]{', "\\"] };
    expect(read(JSON.stringify(tricky))).toEqual({ isValid: true, value: tricky, repairs: [] });
    expect(read(`So: ${JSON.stringify(tricky)} ok?`)).toEqual({ isValid: true, value: tricky, repairs: ["extracted"] });
  });

  test("an answer that was complete before it was cut is taken", () => {
    expect(read(`${TEXT}\n\n\n   `, { endReason: "length" })).toMatchObject({ isValid: true });
  });

  test("nulls that stand for absent properties are dropped by the schema", () => {
    const schema = {
      type: "object",
      properties: { tasks: { type: "array" }, name: { type: "string" } },
      required: ["tasks"],
    };
    expect(read('{"tasks":[],"name":null}', { schema })).toEqual({ isValid: true, value: { tasks: [] }, repairs: [] });
  });
});

describe("an answer that is wrong", () => {
  function codeOf(text: string, more: Partial<StructuredText<Json>> = {}): string {
    const reading = read(text, more);
    return reading.isValid ? "valid" : (reading.findings[0]?.code ?? "none");
  }

  test.each([
    ["nothing", ""],
    ["white space without an end", " ".repeat(200_000)],
    ["prose", "I am sorry, but I cannot plan this."],
    ["reasoning only", '<think>{"tasks": []}'],
    ["a tag that closes nothing but text", "no</think>nothing"],
    ["a quarter of a million brackets", "[".repeat(250_000) + "]".repeat(250_000)],
    ["a number that JSON cannot hold", '{"tasks":[1e999]}'],
  ])("%s is no JSON", (_name, text) => {
    expect(codeOf(text)).toBe("AM_MODEL_OUTPUT_NOT_JSON");
  });

  test("JSON of another shape gives the validator's findings", () => {
    expect(read('Here: {"steps": []} or {"a": 1}')).toEqual({
      isValid: false,
      findings: [{ code: "AM_PLAN_INVALID", path: "/tasks", message: "There are no tasks." }],
    });
  });

  test("a part of an answer never passes for the whole", () => {
    const nested = '{"plan": {"tasks": []}, "more": {"tasks": [';
    expect(codeOf(nested)).toBe("AM_MODEL_OUTPUT_TRUNCATED");
    expect(codeOf(`Here: ${nested}`)).toBe("AM_MODEL_OUTPUT_TRUNCATED");
    expect(codeOf(`\`\`\`json\n${nested}`)).toBe("AM_MODEL_OUTPUT_TRUNCATED");
  });

  test("an answer that was cut at its limit is told apart from one that is broken, and never completed", () => {
    const cut = '{"mesh":1,"tasks":[{"id":"a"},{"id":"b"}';
    expect(codeOf(cut, { endReason: "length" })).toBe("AM_MODEL_OUTPUT_TRUNCATED");
    expect(codeOf('{"mesh":1,"tasks":[{"id":"a', { endReason: "stop" })).toBe("AM_MODEL_OUTPUT_TRUNCATED");
    expect(codeOf(cut, { endReason: "stop" })).toBe("valid");
  });

  test("too much is not looked at", () => {
    const reading = read(" ".repeat(OUTPUT_CHARACTERS_MAX + 1));
    expect(reading).toEqual({
      isValid: false,
      findings: [
        {
          code: "AM_MODEL_OUTPUT_TOO_LARGE",
          path: "",
          message: "The answer has 1000001 characters, and 1000000 are allowed.",
        },
      ],
    });
  });

  test("keys named __proto__ are dropped, other odd names are kept", () => {
    const reading = read('{"tasks":[],"__proto__":{"polluted":true},"\\u005f_proto__":1,"constructor":2}');
    expect(reading.isValid && Object.keys(reading.value as object)).toEqual(["tasks", "constructor"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("stray quotes by the thousand take no time", () => {
    const startedAtMs = performance.now();
    read(`{"a":${'"x" '.repeat(200_000)}}`);
    read(`{'a': '${"x'".repeat(19_000)}}`);
    // Ten times what it takes: without a limit it takes minutes.
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });
});

describe("a plan that is cut", () => {
  const long = JSON.stringify({
    mesh: 1,
    name: "digest",
    tasks: [
      {
        id: "hits",
        use: "web.search",
        args: { query: { $from: "inputs.topic" }, note: 'é "q" \\ 👩‍🚀' },
        when: "a > -1.5e3",
      },
      { id: "pages", use: "web.fetch", each: { in: { $from: "hits.results" }, as: "hit", maxItems: 8 }, onError: null },
    ],
    output: { $from: "pages" },
  });

  test("at any byte gives findings or the plan, and throws nothing", () => {
    const bytes = Buffer.from(long);
    const decoder = new TextDecoder();
    for (const prefix of ["", "Sure:\n```json\n", "<think>hm</think>", "<think>hm"]) {
      for (let end = 0; end <= bytes.length; end += 1) {
        const text = prefix + decoder.decode(bytes.subarray(0, end));
        const whole = end === bytes.length && prefix !== "<think>hm";
        const reading = read(text, { endReason: "length" });
        expect(reading.isValid, `${prefix} cut at ${end}`).toBe(whole);
        expect(() => read(text)).not.toThrow();
      }
    }
  });

  test("any text at all gives findings or a value, and throws nothing", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      "'",
      ":",
      ",",
      "\\",
      "```",
      "```json\n",
      "<think>",
      "</think>",
      "a",
      "1",
      "null",
      " ",
      "\n",
      "/*",
      "//",
      "__proto__",
      "\u0000",
      "\uD83D",
      "👩‍🚀",
      "\u2028",
    );
    const noise = fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(noise, fc.constantFrom("stop", "length", undefined), (text, endReason) => {
        const reading = read(text, endReason === undefined ? {} : { endReason });
        expect(reading.isValid || reading.findings.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("valid JSON is read as JSON.parse reads it, whatever stands around it", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.constantFrom("", "Here you are:\n", "```json\n"),
        (value, before) => {
          const text = JSON.stringify({ tasks: [value] });
          fc.pre(!text.includes("__proto__"));
          expect(read(before + text)).toMatchObject({ isValid: true, value: JSON.parse(text) });
        },
      ),
      { numRuns: 500 },
    );
  });
});
