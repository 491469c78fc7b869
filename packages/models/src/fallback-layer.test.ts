import { describe, expect, test } from "vitest";
import { ModelError, type ModelErrorCode, type ModelRequest } from "@agentmesh/ports";
import { complete } from "./completion.ts";
import { type ModelTakeover, withFallback } from "./fallback-layer.ts";
import { type ScriptedAnswer, type ScriptedModel, scriptedModel, ScriptedReply } from "./scripted-model.ts";

const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }] };
const signal = new AbortController().signal;

function failing(code: ModelErrorCode): ModelError {
  return new ModelError({ code, message: `It is ${code}.`, hint: "Do something." });
}

function named(id: string, ...answers: readonly ScriptedAnswer[]): ScriptedModel {
  return scriptedModel(answers, { id });
}

describe("withFallback", () => {
  test("the next model takes over without a trace for the reader", async () => {
    const takeovers: ModelTakeover[] = [];
    const wrongKey = failing("AM_MODEL_UNAUTHORISED");
    const model = withFallback([named("a:1", wrongKey), named("b:2", "from b")], {
      onTakeover: (each) => takeovers.push(each),
    });
    const kinds: string[] = [];
    for await (const part of model.stream(request, signal)) kinds.push(part.type === "text" ? part.delta : part.type);
    expect(kinds).toEqual(["start", "from b", "end"]);
    expect(takeovers).toEqual([{ from: "a:1", to: "b:2", error: wrongKey }]);
  });

  test("a model that broke after its start and before its words is replaced too", async () => {
    const silent = new ScriptedReply({ text: "", error: failing("AM_MODEL_STREAM_BROKEN") });
    const model = withFallback([named("a:1", silent), named("b:2", "from b")]);
    expect((await complete(model, request, signal)).text).toBe("from b");
  });

  test("after the first words the error goes up", async () => {
    const broken = failing("AM_MODEL_STREAM_BROKEN");
    const second = named("b:2", "from b");
    const model = withFallback([named("a:1", new ScriptedReply({ text: "half of", error: broken })), second]);
    await expect(complete(model, request, signal)).rejects.toBe(broken);
    expect(second.requests).toEqual([]);
  });

  test("a call that was cancelled is not given to the next model", async () => {
    const second = named("b:2", "from b");
    const model = withFallback([named("a:1", "from a"), second]);
    await expect(complete(model, request, AbortSignal.abort())).rejects.toMatchObject({ code: "AM_MODEL_CANCELLED" });
    expect(second.requests).toEqual([]);
  });

  test("when none answers, the error tells about each", async () => {
    const model = withFallback([
      named("a:1", failing("AM_MODEL_UNAUTHORISED")),
      named("b:2", failing("AM_MODEL_UNREACHABLE")),
    ]);
    const failure = await complete(model, request, signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelError);
    expect(failure).toMatchObject({
      code: "AM_MODEL_UNREACHABLE",
      message: "None of 2 models answered. It is AM_MODEL_UNREACHABLE. Before it: a:1: It is AM_MODEL_UNAUTHORISED.",
      hint: "Do something.",
      facts: {
        failures: [
          { model: "a:1", code: "AM_MODEL_UNAUTHORISED" },
          { model: "b:2", code: "AM_MODEL_UNREACHABLE" },
        ],
      },
    });
  });

  test("a prompt has to fit into the smallest of them", () => {
    const wide = scriptedModel([], { capabilities: { output: "schema", contextTokens: 100_000 } });
    const narrow = scriptedModel([], { capabilities: { output: "text", contextTokens: 2_048 } });
    expect(withFallback([wide, narrow]).capabilities).toEqual({ output: "schema", contextTokens: 2_048 });
  });

  test("one model alone is itself", () => {
    const only = named("a:1");
    expect(withFallback([only])).toBe(only);
  });
});
