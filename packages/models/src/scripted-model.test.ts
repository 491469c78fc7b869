import { describe, expect, test } from "vitest";
import { ModelError, type ModelRequest } from "@agentmesh/ports";
import { complete } from "./completion.ts";
import { ScriptExhaustedError } from "./script-exhausted-error.ts";
import { scriptedModel, ScriptedReply } from "./scripted-model.ts";

const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }] };
const signal = new AbortController().signal;

describe("scriptedModel", () => {
  test("answers come in order, objects as JSON, functions with the request and the number of the call", async () => {
    const model = scriptedModel(["one", { two: 2 }, [3], (asked, call) => `${asked.messages[0]?.text} ${call}`]);
    const texts: string[] = [];
    for (let call = 0; call < 4; call += 1) texts.push((await complete(model, request, signal)).text);
    expect(texts).toEqual(["one", '{"two":2}', "[3]", "Hello 3"]);
    expect(model.requests).toEqual([request, request, request, request]);
  });

  test("text comes in pieces that never cut a character", async () => {
    const model = scriptedModel(["añ👩‍🚀z"], { deltaCharacters: 1 });
    const deltas: string[] = [];
    for await (const part of model.stream(request, signal)) if (part.type === "text") deltas.push(part.delta);
    expect(deltas).toEqual(Array.from("añ👩‍🚀z"));
  });

  test("a function may answer later, and may give any kind of answer", async () => {
    const model = scriptedModel([
      async () => await Promise.resolve(new ScriptedReply({ text: "no", endReason: "refused" })),
    ]);
    expect(await complete(model, request, signal)).toMatchObject({ text: "no", endReason: "refused" });
  });

  test("one function answers every call", async () => {
    const model = scriptedModel((_asked, call) => String(call));
    expect((await complete(model, request, signal)).text + (await complete(model, request, signal)).text).toBe("01");
  });

  test("an error is thrown as it is", async () => {
    const error = new ModelError({ code: "AM_MODEL_OVERLOADED", message: "Busy.", hint: "Wait.", retryable: true });
    await expect(complete(scriptedModel([error]), request, signal)).rejects.toBe(error);
  });

  test("any other error is the driver's fault", async () => {
    const failure = await complete(scriptedModel([new Error("oops")]), request, signal).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "AM_MODEL_CRASHED", message: "The driver of scripted:script failed: oops" });
  });

  test("a script without a further answer says which call it was", async () => {
    const model = scriptedModel(["only one"], { id: "scripted:planner" });
    await complete(model, request, signal);
    const failure = await complete(model, request, signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ScriptExhaustedError);
    expect(failure).toMatchObject({
      code: "AM_MODEL_SCRIPT_EXHAUSTED",
      message: "Call 2 of scripted:planner, but its script has 1 answer.",
      hint: "Add an answer to the script, or give a function, which answers every call.",
      retryable: false,
    });
  });

  test("an abort ends a function that never answers", async () => {
    const abort = new AbortController();
    const model = scriptedModel([() => new Promise<string>(() => undefined)]);
    const failure = complete(model, request, abort.signal).catch((error: unknown) => error);
    abort.abort();
    expect(await failure).toMatchObject({ code: "AM_MODEL_CANCELLED" });
  });
});
