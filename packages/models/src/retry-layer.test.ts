import { describe, expect, test } from "vitest";
import { ModelError, type ModelErrorCode, type ModelRequest } from "@agentmesh/ports";
import { instantClock, manualClock } from "../test/clocks.ts";
import { complete } from "./completion.ts";
import { type ModelRetry, type RetryOptions, withRetry } from "./retry-layer.ts";
import { type ScriptedAnswer, scriptedModel, ScriptedReply } from "./scripted-model.ts";

const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }] };
const signal = new AbortController().signal;

function failure(code: ModelErrorCode, more: { retryable?: boolean; retryAfterMs?: number } = {}): ModelError {
  return new ModelError({ code, message: `It is ${code}.`, hint: "Wait.", retryable: true, ...more });
}

function retrying(answers: readonly ScriptedAnswer[], more: Partial<RetryOptions> = {}) {
  const clock = instantClock();
  const retries: ModelRetry[] = [];
  const script = scriptedModel(answers);
  const model = withRetry(script, {
    retries: { max: 3, baseMs: 1_000 },
    clock,
    random: () => 1,
    onRetry: (retry) => retries.push(retry),
    ...more,
  });
  return { model, script, clock, retries };
}

describe("withRetry", () => {
  test("waits twice as long each time, and tells about each retry", async () => {
    const overloaded = failure("AM_MODEL_OVERLOADED");
    const { model, clock, retries } = retrying([overloaded, overloaded, overloaded, "well"]);
    expect((await complete(model, request, signal)).text).toBe("well");
    expect(clock.waitedMs).toEqual([1_000, 2_000, 4_000]);
    expect(retries).toEqual(
      [1, 2, 3].map((retry) => ({ model: "scripted:script", retry, delayMs: 500 * 2 ** retry, error: overloaded })),
    );
  });

  test("half of a wait is random", async () => {
    const { model, clock } = retrying([failure("AM_MODEL_OVERLOADED"), "well"], { random: () => 0 });
    await complete(model, request, signal);
    expect(clock.waitedMs).toEqual([500]);
  });

  test("a wait never grows beyond half a minute", async () => {
    const answers = Array.from({ length: 10 }, () => failure("AM_MODEL_OVERLOADED"));
    const { model, clock } = retrying([...answers, "well"], { retries: { max: 10, baseMs: 1_000 } });
    await complete(model, request, signal);
    expect(Math.max(...clock.waitedMs)).toBe(30_000);
  });

  test("a server that names a time is not asked before it", async () => {
    const { model, clock } = retrying([failure("AM_MODEL_RATE_LIMITED", { retryAfterMs: 9_000 }), "well"], {
      random: () => 0,
    });
    await complete(model, request, signal);
    expect(clock.waitedMs).toEqual([9_000]);
  });

  test("a server that asks for more than the cap is not waited for", async () => {
    const late = failure("AM_MODEL_RATE_LIMITED", { retryAfterMs: 60_001 });
    const { model, clock, script } = retrying([late, "well"]);
    await expect(complete(model, request, signal)).rejects.toBe(late);
    expect(clock.waitedMs).toEqual([]);
    expect(script.requests).toHaveLength(1);
  });

  test("retries are bounded, and the last error goes up", async () => {
    const errors = [1, 2, 3, 4].map(() => failure("AM_MODEL_UNREACHABLE"));
    const { model, script } = retrying(errors);
    await expect(complete(model, request, signal)).rejects.toBe(errors[3]);
    expect(script.requests).toHaveLength(4);
  });

  test("an error that will not pass goes up at once", async () => {
    const wrongKey = failure("AM_MODEL_UNAUTHORISED", { retryable: false });
    const { model, script } = retrying([wrongKey, "well"]);
    await expect(complete(model, request, signal)).rejects.toBe(wrongKey);
    expect(script.requests).toHaveLength(1);
  });

  test("after the first words an error goes up", async () => {
    const broken = failure("AM_MODEL_STREAM_BROKEN");
    const { model, script } = retrying([new ScriptedReply({ text: "half of", error: broken }), "well"]);
    await expect(complete(model, request, signal)).rejects.toBe(broken);
    expect(script.requests).toHaveLength(1);
  });

  test("an attempt that broke after its start and before its words leaves no second start", async () => {
    const { model } = retrying([new ScriptedReply({ text: "", error: failure("AM_MODEL_STREAM_BROKEN") }), "well"]);
    const kinds: string[] = [];
    for await (const part of model.stream(request, signal)) kinds.push(part.type);
    expect(kinds).toEqual(["start", "text", "end"]);
  });

  test("an empty answer is an answer", async () => {
    const { model, script } = retrying(["", "more"]);
    expect((await complete(model, request, signal)).text).toBe("");
    expect(script.requests).toHaveLength(1);
  });

  test("an abort ends the wait", async () => {
    const clock = manualClock();
    const abort = new AbortController();
    const { model, script } = retrying([failure("AM_MODEL_OVERLOADED"), "well"], {
      clock,
      onRetry: () => abort.abort(),
    });
    await expect(complete(model, request, abort.signal)).rejects.toMatchObject({ code: "AM_MODEL_CANCELLED" });
    expect(script.requests).toHaveLength(1);
    expect(clock.armed).toBe(0);
  });
});
