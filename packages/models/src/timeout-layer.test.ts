import { describe, expect, test } from "vitest";
import { type Model, ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import { manualClock } from "../test/clocks.ts";
import { scriptedModel } from "./scripted-model.ts";
import { withTimeout } from "./timeout-layer.ts";

const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }] };
const timeouts = { firstPartMs: 100, betweenPartsMs: 10, totalMs: 1_000 };
const usage = { inputTokens: 1, outputTokens: 1, isExact: true };

/** A model that never looks at its signal, and gives each part when told. */
function deafModel() {
  const waiting: ((part: ModelStreamPart) => void)[] = [];
  const model: Model = {
    ...scriptedModel([]),
    id: "deaf:model",
    async *stream() {
      for (;;) {
        const part = await new Promise<ModelStreamPart>((resolve) => waiting.push(resolve));
        yield part;
        if (part.type === "end") return;
      }
    },
  };
  const give = async (part: ModelStreamPart): Promise<void> => {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.(part);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { model, give };
}

function read(model: Model, signal = new AbortController().signal) {
  const parts: string[] = [];
  const outcome = (async () => {
    try {
      for await (const part of model.stream(request, signal)) parts.push(part.type);
      return undefined;
    } catch (error) {
      return error;
    }
  })();
  return { parts, outcome };
}

describe("withTimeout", () => {
  test("a model that says nothing is given up, even when it does not listen", async () => {
    const clock = manualClock();
    const reading = read(withTimeout(deafModel().model, { timeouts, clock }));
    await clock.advance(99);
    await clock.advance(1);
    expect(await reading.outcome).toMatchObject({
      code: "AM_MODEL_TIMEOUT",
      message: "deaf:model did not begin to answer within 100 ms.",
      hint: "Raise timeouts.firstPartMs of this model if it is only slow, or look whether its server still works.",
      retryable: true,
    });
    expect(clock.armed).toBe(0);
  });

  test("a start is no answer yet", async () => {
    const clock = manualClock();
    const { model, give } = deafModel();
    const reading = read(withTimeout(model, { timeouts, clock }));
    await give({ type: "start", warnings: [] });
    await clock.advance(50);
    await clock.advance(50);
    expect(await reading.outcome).toMatchObject({ code: "AM_MODEL_TIMEOUT", facts: { limit: "firstPartMs" } });
    expect(reading.parts).toEqual(["start"]);
  });

  test("a stall between two parts is found", async () => {
    const clock = manualClock();
    const { model, give } = deafModel();
    const reading = read(withTimeout(model, { timeouts, clock }));
    await give({ type: "text", delta: "a" });
    await clock.advance(9);
    await give({ type: "reasoning", delta: "b" });
    await clock.advance(10);
    expect(await reading.outcome).toMatchObject({ facts: { limit: "betweenPartsMs" } });
    expect(reading.parts).toEqual(["text", "reasoning"]);
  });

  test("the time a reader takes is not the model's", async () => {
    const clock = manualClock();
    const model = withTimeout(
      scriptedModel(() => "two parts at least"),
      { timeouts, clock },
    );
    const seen: string[] = [];
    for await (const part of model.stream(request, new AbortController().signal)) {
      seen.push(part.type);
      await clock.advance(150);
    }
    expect(seen.at(-1)).toBe("end");
    expect(clock.armed).toBe(0);
  });

  test("the whole call has a limit", async () => {
    const clock = manualClock();
    const { model, give } = deafModel();
    const reading = read(withTimeout(model, { timeouts: { ...timeouts, betweenPartsMs: 10_000 }, clock }));
    await give({ type: "text", delta: "a" });
    await clock.advance(1_000);
    expect(await reading.outcome).toMatchObject({
      message: "deaf:model did not finish its answer within 1000 ms.",
      facts: { limit: "totalMs" },
    });
  });

  test("an answer in time leaves no timer behind", async () => {
    const clock = manualClock();
    const { model, give } = deafModel();
    const reading = read(withTimeout(model, { timeouts, clock }));
    await give({ type: "text", delta: "a" });
    await give({ type: "end", reason: "stop", usage });
    expect(await reading.outcome).toBeUndefined();
    expect(clock.armed).toBe(0);
  });

  test("a model that does not listen can be cancelled", async () => {
    const clock = manualClock();
    const abort = new AbortController();
    const reading = read(withTimeout(deafModel().model, { timeouts, clock }), abort.signal);
    abort.abort("enough");
    const error = await reading.outcome;
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code: "AM_MODEL_CANCELLED" });
    expect(clock.armed).toBe(0);
  });
});
