import { describe, expect, test } from "vitest";
import { ModelError, type ModelRequest } from "@agentmesh/ports";
import { ModelOutputError } from "./model-output-error.ts";
import { validateBySchema } from "./schema-validation.ts";
import { type ScriptedAnswer, scriptedModel, ScriptedReply } from "./scripted-model.ts";
import { generateStructured, type StructuredGeneration } from "./structured-generation.ts";

const schema = {
  type: "object",
  properties: { city: { type: "string" }, zip: { type: "integer" } },
  required: ["city"],
};
const request: ModelRequest = { messages: [{ role: "user", text: "Where?" }], output: { name: "place", schema } };
const validate = validateBySchema(schema);
const signal = new AbortController().signal;

function generate(answers: readonly ScriptedAnswer[], more: Partial<StructuredGeneration<unknown>> = {}) {
  const model = scriptedModel(answers, { deltaCharacters: 1_000 });
  return { model, result: generateStructured({ model, request, validate, signal, ...more }) };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("generateStructured", () => {
  test("a valid first answer is the value", async () => {
    const { result } = generate([{ city: "Bern" }]);
    expect(await result).toMatchObject({ value: { city: "Bern" }, text: '{"city":"Bern"}', attempts: 1, repairs: [] });
  });

  test("findings go back as codes and paths, with the answer they are about", async () => {
    const told: unknown[] = [];
    const { model, result } = generate(['{"city": 5, "zip": "x"}', "Oh: {'city': 'Bern'}"], {
      onFindings: (findings, attempt) => told.push([attempt, findings.map(({ code, path }) => `${code} ${path}`)]),
    });
    expect(await result).toMatchObject({ value: { city: "Bern" }, attempts: 2, repairs: ["extracted", "repaired"] });
    expect(model.requests[1]?.messages).toEqual([
      { role: "user", text: "Where?" },
      { role: "assistant", text: '{"city": 5, "zip": "x"}' },
      {
        role: "user",
        text:
          "Your answer was not accepted:\n- AM_MODEL_OUTPUT_MISMATCH at /city\n- AM_MODEL_OUTPUT_MISMATCH at /zip\n" +
          "Correct this and answer again: the whole JSON value and nothing else.",
      },
    ]);
    expect(model.requests[1]?.output).toEqual(request.output);
    expect(told).toEqual([[1, ["AM_MODEL_OUTPUT_MISMATCH /city", "AM_MODEL_OUTPUT_MISMATCH /zip"]]]);
  });

  test("only the last answer is shown again", async () => {
    const { model, result } = generate(["first", "second", { city: "Bern" }]);
    await result;
    expect(model.requests[2]?.messages.map(({ text }) => text)).toEqual([
      "Where?",
      "second",
      expect.stringContaining("AM_MODEL_OUTPUT_NOT_JSON"),
    ]);
  });

  test("the caller may word the findings", async () => {
    const { model, result } = generate(["{}", { city: "Bern" }], {
      tell: ({ path }) => `look at ${path || "the whole"}`,
    });
    await result;
    expect(model.requests[1]?.messages.at(-1)?.text).toContain("- look at the whole\n");
  });

  test("a cut answer is asked for again, shorter", async () => {
    const { model, result } = generate([
      new ScriptedReply({ text: '{"city": "Ber', endReason: "length" }),
      { city: "Bern" },
    ]);
    await result;
    expect(model.requests[1]?.messages.at(-1)?.text).toBe(
      "Your answer was not accepted:\n- AM_MODEL_OUTPUT_TRUNCATED\nAnswer again, shorter, so that it is complete: the whole JSON value and nothing else.",
    );
  });

  test("usage is that of all attempts", async () => {
    const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 2, isExact: true };
    const { result } = generate([
      new ScriptedReply({ text: "no", usage }),
      new ScriptedReply({ text: '{"city":"x"}', usage }),
    ]);
    expect((await result).usage).toEqual({ inputTokens: 20, outputTokens: 10, cachedInputTokens: 4, isExact: true });
  });

  test("after the last attempt the failure carries findings, a preview and the cost", async () => {
    const { result, model } = generate(["no", "never", `{"city": ${"x".repeat(5_000)}`]);
    const error = await failureOf(result);
    expect(error).toBeInstanceOf(ModelOutputError);
    expect(error).toMatchObject({
      code: "AM_MODEL_OUTPUT_INVALID",
      message: "scripted:script gave no valid answer in 3 attempts: The answer stops before its JSON is complete.",
      hint: "Try a larger model for this role, raise its maxOutputTokens if the answer was cut, or state the goal more simply.",
      retryable: false,
      facts: { model: "scripted:script", attempts: 3, findings: [{ code: "AM_MODEL_OUTPUT_TRUNCATED", path: "" }] },
    });
    expect((error as ModelOutputError).usage.isExact).toBe(false);
    expect(JSON.stringify(error).length).toBeLessThan(1_500);
    expect(model.requests).toHaveLength(3);
  });

  test("the message names the place of the first finding", async () => {
    const error = await failureOf(generate([{ city: 5 }], { attemptsMax: 1 }).result);
    expect((error as Error).message).toMatch(/^scripted:script gave no valid answer in 1 attempt: .+ at \/city$/);
  });

  test("a refusal is no matter of attempts", async () => {
    const { result, model } = generate([
      new ScriptedReply({ text: "I must not.", endReason: "refused" }),
      { city: "Bern" },
    ]);
    const error = await failureOf(result);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      code: "AM_MODEL_REQUEST_REFUSED",
      message: 'scripted:script declined to answer: "I must not."',
      hint: "State the goal in other words, or give this role another model.",
      retryable: false,
    });
    expect(model.requests).toHaveLength(1);
  });

  test("what the model throws goes up", async () => {
    const gone = new ModelError({ code: "AM_MODEL_UNREACHABLE", message: "Gone.", hint: "Start it.", retryable: true });
    expect(await failureOf(generate(["no", gone]).result)).toBe(gone);
  });

  test("a huge answer is shown again only in part", async () => {
    const { model, result } = generate(["x".repeat(100_000), { city: "Bern" }]);
    await result;
    expect(model.requests[1]?.messages[1]?.text).toHaveLength(16_000);
  });
});
