import { describe, expect, test } from "vitest";
import { type Model, ModelError } from "@agentmesh/ports";
import { wallClock } from "../test/clocks.ts";
import { complete } from "./completion.ts";
import { createModel, type ModelContext } from "./create-model.ts";
import { ModelConfig } from "./model-config.ts";
import type { ModelCallTrace } from "./trace-layer.ts";

async function modelOf(
  config: object,
  environment: ModelContext["environment"] = {},
  more: Partial<ModelContext> = {},
): Promise<Model> {
  const parsed = ModelConfig.parse(config);
  if (parsed.provider === "llama-cpp") throw new Error("not made here");
  return await createModel(parsed, { environment, clock: wallClock, random: () => 0, ...more });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("createModel", () => {
  test("a missing key names every variable it may come from", async () => {
    const error = await failureOf(modelOf({ provider: "gemini", model: "gemini-2.5-flash" }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      code: "AM_MODEL_UNAUTHORISED",
      message: "No key for Google, which gemini:gemini-2.5-flash needs.",
      hint: "Set GEMINI_API_KEY or GOOGLE_GENERATIVE_AI_API_KEY or GOOGLE_API_KEY in the environment, or apiKey of this model in the configuration.",
      retryable: false,
    });
  });

  test("an empty variable is none", async () => {
    expect(await failureOf(modelOf({ provider: "openai", model: "gpt-5" }, { OPENAI_API_KEY: "" }))).toMatchObject({
      code: "AM_MODEL_UNAUTHORISED",
    });
  });

  test("a key in the environment or in the configuration will do", async () => {
    expect((await modelOf({ provider: "openai", model: "gpt-5" }, { OPENAI_API_KEY: "k" })).id).toBe("openai:gpt-5");
    expect((await modelOf({ provider: "anthropic", model: "claude-x", apiKey: "k" })).id).toBe("anthropic:claude-x");
  });

  test("a key keeps no line end of its file, and one that cannot be sent is never shown", async () => {
    expect((await modelOf({ provider: "openai", model: "gpt-5" }, { OPENAI_API_KEY: "k\n" })).id).toBe("openai:gpt-5");
    const error = await failureOf(
      modelOf({ provider: "openai", model: "gpt-5" }, { OPENAI_API_KEY: "sk-one\nsk-two" }),
    );
    expect(error).toMatchObject({
      code: "AM_MODEL_UNAUTHORISED",
      message: "The key for OpenAI holds white space or characters that no key has.",
      hint: "Copy it again, without line breaks and quotes.",
    });
    expect(String(error) + JSON.stringify(error)).not.toContain("sk-");
  });

  test("an address in the environment that is none is named", async () => {
    const environment = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "nonsense" };
    expect(await failureOf(modelOf({ provider: "openai", model: "gpt-5" }, environment))).toMatchObject({
      code: "AM_MODEL_UNREACHABLE",
      message: "The address of OpenAI, which openai:gpt-5 needs, is not a URL.",
      hint: "Set baseUrl of this model, or correct OPENAI_BASE_URL.",
    });
  });

  test("what a model can do follows from its provider, and the configuration may say otherwise", async () => {
    const key = { GROQ_API_KEY: "k" };
    const groq = { provider: "groq", model: "llama-3.3-70b-versatile" };
    expect((await modelOf(groq, key)).capabilities).toEqual({ output: "json" });
    expect((await modelOf({ ...groq, output: "schema", contextTokens: 100 }, key)).capabilities).toEqual({
      output: "schema",
      contextTokens: 100,
    });
  });

  test("a script in the configuration is a model with all layers", async () => {
    const traces: ModelCallTrace[] = [];
    const model = await modelOf(
      {
        provider: "scripted",
        answers: ["one", { json: { two: 2 } }, { text: "three", reasoning: "hm", endReason: "length" }],
      },
      {},
      { observe: (trace) => traces.push(trace) },
    );
    const request = { messages: [{ role: "user" as const, text: "?" }] };
    const signal = new AbortController().signal;
    expect((await complete(model, request, signal)).text).toBe("one");
    expect((await complete(model, request, signal)).text).toBe('{"two":2}');
    expect(await complete(model, request, signal)).toMatchObject({
      text: "three",
      reasoning: "hm",
      endReason: "length",
    });
    expect(await failureOf(complete(model, request, signal))).toMatchObject({ code: "AM_MODEL_SCRIPT_EXHAUSTED" });
    expect(traces.map(({ outcome }) => outcome.type)).toEqual(["ended", "ended", "ended", "failed"]);
  });
});
