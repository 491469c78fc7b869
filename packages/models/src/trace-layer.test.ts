import { describe, expect, test } from "vitest";
import { ModelError, type ModelRequest } from "@agentmesh/ports";
import { manualClock } from "../test/clocks.ts";
import { complete } from "./completion.ts";
import { type ScriptedAnswer, scriptedModel, ScriptedReply } from "./scripted-model.ts";
import { type ModelCallTrace, TRACE_CHARACTERS_MAX, withTrace } from "./trace-layer.ts";

const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }] };
const signal = new AbortController().signal;

function traced(answer: ScriptedAnswer) {
  const clock = manualClock();
  const traces: ModelCallTrace[] = [];
  const model = withTrace(scriptedModel([answer]), { clock, observe: (trace) => traces.push(trace) });
  return { model, clock, traces };
}

describe("withTrace", () => {
  test("one record holds request, answer, usage, latencies and end", async () => {
    const usage = { inputTokens: 5, outputTokens: 2, isExact: true };
    const { model, clock, traces } = traced(
      new ScriptedReply({ text: "hello you", reasoning: "hm", usage, endReason: "length" }),
    );
    const startedAtMs = clock.nowMs();
    for await (const part of model.stream(request, signal)) if (part.type !== "end") await clock.advance(7);
    expect(traces).toEqual([
      {
        model: "scripted:script",
        request,
        text: "hello you",
        reasoning: "hm",
        warnings: [],
        usage,
        startedAtMs,
        firstDeltaMs: 7,
        durationMs: 28,
        outcome: { type: "ended", reason: "length" },
      },
    ]);
  });

  test("a failure is recorded with what came before it, its usage estimated", async () => {
    const error = new ModelError({ code: "AM_MODEL_STREAM_BROKEN", message: "Gone.", hint: "Wait." });
    const { model, traces } = traced(new ScriptedReply({ text: "four", error }));
    await expect(complete(model, request, signal)).rejects.toBe(error);
    expect(traces).toMatchObject([
      { text: "four", usage: { inputTokens: 6, outputTokens: 1, isExact: false }, outcome: { type: "failed", error } },
    ]);
  });

  test("a call that never began has no first delta", async () => {
    const { model, traces } = traced(
      new ModelError({ code: "AM_MODEL_UNREACHABLE", message: "No.", hint: "Start it." }),
    );
    await complete(model, request, signal).catch(() => undefined);
    expect(traces[0]).not.toHaveProperty("firstDeltaMs");
    expect(traces[0]).toMatchObject({ text: "", outcome: { type: "failed" } });
  });

  test("a reader that left is recorded as such", async () => {
    const { model, traces } = traced("a long enough answer");
    for await (const part of model.stream(request, signal)) if (part.type === "text") break;
    expect(traces).toMatchObject([{ text: "a long e", outcome: { type: "abandoned" } }]);
  });

  test("the record of an endless answer is cut, the answer is not", async () => {
    const long = "x".repeat(TRACE_CHARACTERS_MAX + 10);
    const clock = manualClock();
    const traces: ModelCallTrace[] = [];
    const script = scriptedModel([long], { deltaCharacters: 100_000 });
    const completion = await complete(
      withTrace(script, { clock, observe: (trace) => traces.push(trace) }),
      request,
      signal,
    );
    expect(completion.text).toHaveLength(TRACE_CHARACTERS_MAX + 10);
    expect(traces[0]?.text).toHaveLength(TRACE_CHARACTERS_MAX);
  });
});
