import { describe, expect, test } from "vitest";
import { ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import { wallClock } from "../test/clocks.ts";
import { type AnswerStore, type ModelCacheOptions, withCache } from "./cache-layer.ts";
import type { CachedAnswer } from "./cached-answer.ts";
import { complete } from "./completion.ts";
import { withFallback } from "./fallback-layer.ts";
import { type ScriptedAnswer, type ScriptedFunction, scriptedModel, ScriptedReply } from "./scripted-model.ts";
import { SingleFlight } from "./single-flight.ts";
import type { ModelCallTrace } from "./trace-layer.ts";

const signal = new AbortController().signal;
const request: ModelRequest = { messages: [{ role: "user", text: "Hello" }], sampling: { temperature: 0 } };

function answerStore(secret = "never-in-a-text") {
  const bodies = new Map<string, string>();
  const store: AnswerStore = {
    mayKeep: (text) => !text.includes(secret),
    find: (key) => Promise.resolve(bodies.get(key)),
    keep: (key, body) => void bodies.set(key, body),
    flights: new SingleFlight<CachedAnswer>(),
  };
  return { bodies, store };
}

function caching(
  script: readonly ScriptedAnswer[] | ScriptedFunction,
  more: Partial<ModelCacheOptions> & { readonly secret?: string } = {},
) {
  const { secret, ...options } = more;
  const { bodies, store } = answerStore(secret);
  const model = scriptedModel(script);
  const hits: ModelCallTrace[] = [];
  const cached = withCache(model, {
    answers: store,
    clock: wallClock,
    isSampledKept: false,
    observe: (trace) => hits.push(trace),
    ...options,
  });
  return { model, cached, bodies, hits };
}

async function partsOf(stream: AsyncIterable<ModelStreamPart>): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** An answer that comes once it is let go. */
function held(text: string) {
  const gate = Promise.withResolvers<void>();
  return { answer: () => gate.promise.then(() => text), release: gate.resolve };
}

describe("an answer that is given again", () => {
  test("is the same stream, and costs nothing", async () => {
    const reply = new ScriptedReply({ text: "Good morning, everybody", reasoning: "They greet me." });
    const { cached, model, hits } = caching([reply]);
    const first = await partsOf(cached.stream(request, signal));
    const second = await partsOf(cached.stream(request, signal));
    expect(second.slice(0, -1)).toEqual(first.slice(0, -1));
    expect(second.length).toBeGreaterThan(4);
    expect(second.at(-1)).toMatchObject({ reason: "stop", usage: { inputTokens: 0, outputTokens: 0 } });
    expect(model.requests).toHaveLength(1);
    expect(hits).toMatchObject([{ cache: "hit", text: "Good morning, everybody", usage: { inputTokens: 0 } }]);
  });

  test("is given to whoever can say the same only", async () => {
    const variants: readonly ModelRequest[] = [
      request,
      { ...request, messages: [{ role: "user", text: "Hello!" }] },
      { ...request, messages: [{ role: "system", text: "Hello" }] },
      { ...request, maxOutputTokens: 5 },
      { ...request, stopSequences: ["."] },
      { ...request, sampling: { temperature: 0, seed: 1 } },
      { ...request, sampling: { temperature: 0, topP: 0.5 } },
      { ...request, output: { name: "o", schema: { type: "string" } } },
    ];
    const { cached, model } = caching(() => "x");
    for (const each of [...variants, ...variants]) await complete(cached, each, signal);
    expect(model.requests).toHaveLength(variants.length);
  });

  test("is not given to another model, nor the same one elsewhere", async () => {
    const { store } = answerStore();
    const models = [
      scriptedModel(() => "a", { id: "a:m" }),
      { ...scriptedModel(() => "b", { id: "a:m" }), identity: "https://elsewhere" },
      withFallback([scriptedModel(() => "c", { id: "a:m" }), scriptedModel([])]),
      scriptedModel(() => "d", { id: "b:m" }),
    ];
    const ask = (model: (typeof models)[number]) =>
      complete(withCache(model, { answers: store, clock: wallClock, isSampledKept: false }), request, signal);
    const texts = await Promise.all(models.map(async (model) => (await ask(model)).text));
    expect(texts).toEqual(["a", "b", "c", "d"]);
  });
});

describe("what is kept", () => {
  test.each<[string, ModelRequest["sampling"], number]>([
    ["temperature 0", { temperature: 0 }, 1],
    ["a seed", { temperature: 1, seed: 3 }, 1],
    ["a temperature", { temperature: 0.1 }, 2],
    ["nothing that is said", undefined, 2],
  ])("with %s", async (_what, sampling, calls) => {
    const { cached, model } = caching(() => "x");
    const asked: ModelRequest = { messages: request.messages, ...(sampling === undefined ? {} : { sampling }) };
    for (const _time of [1, 2]) await complete(cached, asked, signal);
    expect(model.requests).toHaveLength(calls);
  });

  test("the model's own settings count where a request says nothing", async () => {
    const { cached, model } = caching(() => "x", { sampling: { temperature: 0 } });
    for (const _time of [1, 2]) await complete(cached, { messages: request.messages }, signal);
    for (const _time of [1, 2]) await complete(cached, { ...request, sampling: { temperature: 1 } }, signal);
    expect(model.requests).toHaveLength(3);
  });

  test("every answer, when that is asked for", async () => {
    const { cached, model } = caching(() => "x", { isSampledKept: true });
    for (const _time of [1, 2]) await complete(cached, { messages: request.messages }, signal);
    expect(model.requests).toHaveLength(1);
  });

  test.each<[string, ScriptedAnswer]>([
    ["one that was cut", new ScriptedReply({ text: "half", endReason: "length" })],
    ["one that was refused", new ScriptedReply({ text: "no", endReason: "refused" })],
  ])("not %s", async (_what, answer) => {
    const { cached, bodies } = caching([answer, "whole"]);
    await complete(cached, request, signal);
    expect(bodies.size).toBe(0);
    expect((await complete(cached, request, signal)).text).toBe("whole");
  });

  test("not a failure, and not what came before it", async () => {
    const error = new ModelError({ code: "AM_MODEL_STREAM_BROKEN", message: "broken", hint: "" });
    const { cached, bodies } = caching([new ScriptedReply({ text: "hal", error }), "whole"]);
    await expect(complete(cached, request, signal)).rejects.toMatchObject({ code: "AM_MODEL_STREAM_BROKEN" });
    expect(bodies.size).toBe(0);
    expect((await complete(cached, request, signal)).text).toBe("whole");
  });

  test("not an answer that nobody has read to its end", async () => {
    const { cached, bodies } = caching(() => "a long answer of many pieces");
    for await (const part of cached.stream(request, signal)) if (part.type === "text") break;
    expect(bodies.size).toBe(0);
    expect((await complete(cached, request, signal)).text).toBe("a long answer of many pieces");
  });

  test("no secret, whether asked or said, also when it comes in pieces", async () => {
    const said = caching(() => "the password is tangerine", { secret: "tangerine" });
    await complete(said.cached, request, signal);
    const asked = caching(() => "fine", { secret: "tangerine" });
    await complete(asked.cached, { ...request, messages: [{ role: "user", text: "is it tangerine?" }] }, signal);
    expect([said.bodies.size, asked.bodies.size]).toEqual([0, 0]);
  });

  test.each([
    ["is cut off", (body: string) => body.slice(0, -5)],
    ["is of another version", (body: string) => body.replace('"v":1', '"v":2')],
    ["is something else", () => "[]"],
  ])("an entry that %s is asked for again", async (_what, damage) => {
    const { cached, bodies } = caching(["first", "second"]);
    await complete(cached, request, signal);
    for (const [key, body] of bodies) bodies.set(key, damage(body));
    expect((await complete(cached, request, signal)).text).toBe("second");
    expect((await complete(cached, request, signal)).text).toBe("second");
  });
});

describe("equal questions at the same time", () => {
  test("are asked once", async () => {
    const { answer, release } = held("x");
    const { cached, model, hits } = caching(answer);
    const texts = Promise.all([1, 2, 3].map(() => complete(cached, request, signal)));
    release();
    expect((await texts).map(({ text }) => text)).toEqual(["x", "x", "x"]);
    expect(model.requests).toHaveLength(1);
    expect(hits).toHaveLength(2);
  });

  test("when the one who asks gives up, the next one asks", async () => {
    const { answer, release } = held("x");
    const { cached, model } = caching(answer);
    const leaving = new AbortController();
    const first = complete(cached, request, leaving.signal);
    const others = [1, 2].map(() => complete(cached, request, signal));
    await expect.poll(() => model.requests.length).toBe(1);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: "AM_MODEL_CANCELLED" });
    release();
    expect((await Promise.all(others)).map(({ text }) => text)).toEqual(["x", "x"]);
    expect(model.requests).toHaveLength(2);
  });

  test("one who only waits can give up", async () => {
    const { answer, release } = held("x");
    const { cached, model } = caching(answer);
    const leaving = new AbortController();
    const first = complete(cached, request, signal);
    const second = complete(cached, request, leaving.signal);
    await expect.poll(() => model.requests.length).toBe(1);
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: "AM_MODEL_CANCELLED" });
    release();
    expect((await first).text).toBe("x");
  });

  test("a failure is not shared: a budget of one is not that of the other", async () => {
    const error = new ModelError({ code: "AM_BUDGET_EXCEEDED", message: "no", hint: "" });
    const { cached } = caching([error, "fine"]);
    const [first, second] = await Promise.allSettled([1, 2].map(() => complete(cached, request, signal)));
    expect(first).toMatchObject({ status: "rejected", reason: { code: "AM_BUDGET_EXCEEDED" } });
    expect(second).toMatchObject({ status: "fulfilled", value: { text: "fine" } });
  });
});
