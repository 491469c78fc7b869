import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { type Model, ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import { complete, createModel, ModelConfig, type ModelContext, type ModelRetry } from "@agentmesh/models";
import { wallClock } from "./clocks.ts";
import {
  answerChat,
  answerJson,
  beginStream,
  chatChunk,
  chatStream,
  DONE,
  event,
  type FakeAnswer,
  type FakeServer,
  fakeModelServer,
} from "./fake-model-server.ts";

const SECRET = "sk-very-secret-key-123";
const request: ModelRequest = { messages: [{ role: "user", text: "Say hello." }] };

function contextWith(more: Partial<ModelContext> = {}): ModelContext {
  return { environment: {}, clock: wallClock, random: () => 0, ...more };
}

async function modelAt(url: string, settings: object = {}, context: Partial<ModelContext> = {}): Promise<Model> {
  const config = ModelConfig.parse({
    provider: "openai-compatible",
    baseUrl: `${url}/v1`,
    model: "fake",
    apiKey: SECRET,
    retries: { max: 0 },
    ...settings,
  });
  if (config.provider === "llama-cpp") throw new Error("not a remote model");
  return await createModel(config, contextWith(context));
}

async function partsOf(model: Model, signal = new AbortController().signal): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(request, signal)) parts.push(part);
  return parts;
}

async function failureOf(work: Promise<unknown>): Promise<ModelError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

async function failureAgainst(answer: FakeAnswer, settings: object = {}): Promise<ModelError> {
  await using server = await fakeModelServer(answer);
  const model = await modelAt(server.url, settings);
  return await failureOf(complete(model, request, new AbortController().signal));
}

function port(server: FakeServer): string {
  return new URL(server.url).port;
}

describe("a stream that goes well", () => {
  test("deltas come as they were sent, with the usage of the server", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["Hel", "lo ", "wörld"]));
    const parts = await partsOf(await modelAt(server.url));
    expect(parts).toEqual([
      { type: "start", warnings: [] },
      { type: "text", delta: "Hel" },
      { type: "text", delta: "lo " },
      { type: "text", delta: "wörld" },
      { type: "end", reason: "stop", usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3, isExact: true } },
    ]);
  });

  test("a delta arrives before the next one is sent", async () => {
    let sendRest = (): void => undefined;
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.write(chatChunk({ content: "first" }));
      sendRest = () => response.end(chatStream(["second"]));
    });
    const model = await modelAt(server.url);
    const seen: string[] = [];
    for await (const part of model.stream(request, new AbortController().signal)) {
      if (part.type !== "text") continue;
      seen.push(part.delta);
      if (part.delta === "first") sendRest();
    }
    expect(seen).toEqual(["first", "second"]);
  });

  test("the request asks for usage and carries prompt, limits and key", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["ok"]));
    const model = await modelAt(server.url, { sampling: { temperature: 0, seed: 7 }, maxOutputTokens: 99 });
    const full: ModelRequest = {
      messages: [
        { role: "system", text: "Be brief." },
        { role: "user", text: "One" },
        { role: "user", text: "Two" },
        { role: "assistant", text: "Three" },
        { role: "system", text: "Be kind." },
        { role: "user", text: "Four" },
      ],
      sampling: { topP: 0.5 },
      stopSequences: ["END"],
    };
    await complete(model, full, new AbortController().signal);
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(server.requests[0]?.body).toMatchObject({
      model: "fake",
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      seed: 7,
      top_p: 0.5,
      max_tokens: 99,
      stop: ["END"],
      messages: [
        { role: "system", content: "Be brief.\n\nBe kind." },
        { role: "user", content: "One\n\nTwo" },
        { role: "assistant", content: "Three" },
        { role: "user", content: "Four" },
      ],
    });
  });

  test("reasoning is told apart from text", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end([chatChunk({ reasoning_content: "hm" }), chatStream(["yes"])].join(""));
    });
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion).toMatchObject({ reasoning: "hm", text: "yes", endReason: "stop" });
  });

  test("without counts of the server the usage is an estimate and says so", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end([chatChunk({ content: "four" }), chatChunk({}, "stop"), DONE].join(""));
    });
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion.usage).toEqual({ inputTokens: 7, outputTokens: 1, isExact: false });
  });

  test("an answer that hit the limit ends with length", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["cut o"], "length"));
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion.endReason).toBe("length");
  });

  test("a refusal ends with refused and keeps its words", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end([chatChunk({ refusal: "I will not do that." }), chatChunk({}, "stop"), DONE].join(""));
    });
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion).toMatchObject({ endReason: "refused", text: "I will not do that." });
  });

  test("bytes one by one, cut inside of characters, give the same text", async () => {
    const text = "Grüße, 世界 👩‍🚀!";
    await using server = await fakeModelServer(async (_request, response) => {
      beginStream(response);
      response.socket?.setNoDelay(true);
      for (const byte of Buffer.from(chatStream([text]))) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion.text).toBe(text);
  });
});

describe("a server that refuses", () => {
  test("429 with Retry-After in seconds is retryable after that time", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 429, { error: { message: "Slow down." } }, { "retry-after": "12" }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: true, retryAfterMs: 12_000 });
    expect(error.message).toMatch(/^The server at 127\.0\.0\.1:\d+ takes no more requests for now: Slow down\.$/);
    expect(error.hint).toBe(
      "Wait 12 s. Raise retries.max or retries.baseMs of this model, or lower the number of parallel calls.",
    );
  });

  test("429 with Retry-After as a date counts from the server's own clock", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(
        response,
        429,
        { error: { message: "Slow down." } },
        {
          date: "Wed, 21 Oct 2015 07:28:00 GMT",
          "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT",
        },
      ),
    );
    expect(error.retryAfterMs).toBe(30_000);
  });

  test("429 without Retry-After leaves the time open", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 429, { error: { message: "Slow down." } }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: true, retryAfterMs: undefined });
  });

  test("429 for an account without money is not worth a retry", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 429, { error: { message: "You exceeded your current quota.", code: "insufficient_quota" } }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: false });
    expect(error.hint).toBe("Check plan and billing of the account; waiting does not help.");
  });

  test.each([500, 502, 503, 529])("%i is a passing fault of the server", async (status) => {
    const error = await failureAgainst((_request, response) => {
      response.writeHead(status, { "content-type": "text/html" });
      response.end("<h1>Sorry</h1>");
    });
    expect(error).toMatchObject({ code: "AM_MODEL_OVERLOADED", retryable: true, facts: { status } });
    expect(error.message).toContain(`failed to answer (HTTP ${status})`);
    expect(error.hint).toContain("fault of the server");
  });

  test("401 names the setting, and never repeats the key", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 401, { error: { message: `Incorrect API key provided: ${SECRET}.` } }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_UNAUTHORISED", retryable: false });
    expect(error.message).toMatch(/refused the key: Incorrect API key provided: \*\*\*\.$/);
    expect(error.hint).toBe("Set apiKey of this model to a key that may use fake.");
    expectNoSecret(error);
  });

  test("404 says that the model or the address is unknown", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 404, { error: { message: "model 'fake' not found" } }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_UNKNOWN", retryable: false });
    expect(error.message).toContain(
      "does not know the model fake, or has nothing at this address: model 'fake' not found",
    );
    expect(error.hint).toMatch(/^Check the name of the model, and baseUrl \(now http:\/\/127\.0\.0\.1:\d+\/v1\)\.$/);
  });

  test("404 of Ollama tells how to fetch the model", async () => {
    const error = await failureAgainst(
      (_request, response) => answerJson(response, 404, { error: "model not found, try pulling it first" }),
      { provider: "ollama", model: "qwen3:4b" },
    );
    expect(error.message).toContain("Ollama at 127.0.0.1");
    expect(error.message).toContain("model not found, try pulling it first");
    expect(error.hint).toBe("Fetch it with: ollama pull qwen3:4b");
  });

  test("400 for a prompt that is too long is told apart", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 400, {
        error: { message: "This model's maximum context length is 4096 tokens.", code: "context_length_exceeded" },
      }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_CONTEXT_TOO_SMALL", retryable: false });
    expect(error.hint).toContain("larger context");
  });

  test("any other 400 is a refused request", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 400, { error: { message: "temperature must be at most 1" } }),
    );
    expect(error).toMatchObject({ code: "AM_MODEL_REQUEST_REFUSED", retryable: false });
    expect(error.message).toContain("refused the request: temperature must be at most 1");
  });

  test("a redirect is not followed, since the key would go along", async () => {
    await using other = await fakeModelServer((_request, response) => answerChat(response, ["stolen"]));
    const error = await failureAgainst((_request, response) => {
      response.writeHead(307, { location: `${other.url}/v1/chat/completions` });
      response.end();
    });
    expect(error).toMatchObject({ code: "AM_MODEL_UNREACHABLE", retryable: false });
    expect(error.message).toContain(`sends the request elsewhere to 127.0.0.1:${port(other)}`);
    expect(other.requests).toEqual([]);
  });

  test("a long message of the server is cut, and control characters are taken out", async () => {
    const error = await failureAgainst((_request, response) =>
      answerJson(response, 400, { error: { message: `bad\u001B[31m\n${"x".repeat(10_000)}` } }),
    );
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });
});

describe("a server that cannot be spoken to", () => {
  test("nobody listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const address = closed.address();
    const closedPort = typeof address === "object" && address !== null ? address.port : 0;
    closed.close();
    await once(closed, "close");
    const model = await modelAt(`http://127.0.0.1:${closedPort}`);
    const error = await failureOf(complete(model, request, new AbortController().signal));
    expect(error).toMatchObject({ code: "AM_MODEL_UNREACHABLE", retryable: true });
    expect(error.message).toBe(
      `The server at 127.0.0.1:${closedPort} cannot be reached: connect ECONNREFUSED 127.0.0.1:${closedPort}`,
    );
    expect(error.hint).toBe(
      `Start the server, or correct baseUrl of this model (now http://127.0.0.1:${closedPort}/v1).`,
    );
    expectNoSecret(error);
  });

  test("a host that does not exist", async () => {
    const model = await modelAt("http://model.invalid");
    const error = await failureOf(complete(model, request, new AbortController().signal));
    expect(error).toMatchObject({ code: "AM_MODEL_UNREACHABLE" });
    expect(error.message).toContain("The server at model.invalid cannot be reached");
  });

  test("the connection is closed before an answer", async () => {
    const error = await failureAgainst((_request, response) => {
      response.destroy();
    });
    expect(error).toMatchObject({ code: "AM_MODEL_UNREACHABLE", retryable: true });
  });

  test("it does not begin to answer", async () => {
    const error = await failureAgainst(() => undefined, { timeouts: { firstPartMs: 60 } });
    expect(error).toMatchObject({ code: "AM_MODEL_TIMEOUT", retryable: true });
    expect(error.message).toBe("openai-compatible:fake did not begin to answer within 60 ms.");
    expect(error.hint).toContain("timeouts.firstPartMs");
  });

  test("it sends headers and nothing else", async () => {
    const error = await failureAgainst((_request, response) => beginStream(response), {
      timeouts: { firstPartMs: 60 },
    });
    expect(error).toMatchObject({ code: "AM_MODEL_TIMEOUT", facts: { limit: "firstPartMs" } });
  });

  test("it stalls in mid-stream", async () => {
    const error = await failureAgainst(
      (_request, response) => {
        beginStream(response);
        response.write(chatChunk({ content: "once upon" }));
      },
      { timeouts: { betweenPartsMs: 60 } },
    );
    expect(error).toMatchObject({ code: "AM_MODEL_TIMEOUT", facts: { limit: "betweenPartsMs" } });
    expect(error.message).toBe(
      "openai-compatible:fake stopped in the middle of its answer: nothing more came for 60 ms.",
    );
  });

  test("it sends for ever, a little at a time", async () => {
    await using server = await fakeModelServer(async (_request, response) => {
      beginStream(response);
      while (!response.destroyed) {
        response.write(chatChunk({ content: "." }));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    const model = await modelAt(server.url, { timeouts: { totalMs: 100 } });
    const error = await failureOf(complete(model, request, new AbortController().signal));
    expect(error).toMatchObject({ code: "AM_MODEL_TIMEOUT", facts: { limit: "totalMs" } });
    await server.requests[0]?.left;
  });
});

describe("a stream that goes wrong", () => {
  test("an error object inside a 200 stream is thrown", async () => {
    const error = await failureAgainst((_request, response) => {
      beginStream(response);
      response.end(
        [chatChunk({ content: "well" }), event({ error: { message: "CUDA out of memory" } }), DONE].join(""),
      );
    });
    expect(error).toMatchObject({ code: "AM_MODEL_STREAM_BROKEN", retryable: true });
    expect(error.message).toContain("broke off its answer: CUDA out of memory");
  });

  test("an error inside a 200 stream keeps the meaning of its code", async () => {
    const error = await failureAgainst((_request, response) => {
      beginStream(response);
      response.end(event({ error: { message: "Too fast.", code: 429, type: "rate_limit_error" } }));
    });
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: true });
  });

  test("an error that is only a string is shown too", async () => {
    const error = await failureAgainst((_request, response) => {
      beginStream(response);
      response.end(event({ error: "llama runner process has terminated" }));
    });
    expect(error.code).toBe("AM_MODEL_STREAM_BROKEN");
    expect(error.message).toContain("llama runner process has terminated");
  });

  test("a part that is not JSON breaks the stream without being quoted", async () => {
    const error = await failureAgainst((_request, response) => {
      beginStream(response);
      response.end("data: {nonsense\n\n");
    });
    expect(error.code).toBe("AM_MODEL_STREAM_BROKEN");
    expect(error.message).toContain("something other than the expected JSON came");
  });

  test("a stream without an end is broken, even when it closes politely", async () => {
    const error = await failureAgainst((_request, response) => {
      beginStream(response);
      response.end(chatChunk({ content: "half an ans" }));
    });
    expect(error).toMatchObject({ code: "AM_MODEL_STREAM_BROKEN", retryable: true });
    expect(error.message).toContain("broke off its answer");
    expect(error.hint).toContain("Try again");
  });

  test("a stream that says why it ends needs no [DONE]", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end([chatChunk({ content: "whole" }), chatChunk({}, "stop")].join(""));
    });
    const completion = await complete(await modelAt(server.url), request, new AbortController().signal);
    expect(completion).toMatchObject({ text: "whole", endReason: "stop" });
  });

  test("a connection that goes in mid-stream is a broken stream", async () => {
    const error = await failureAgainst(async (_request, response) => {
      beginStream(response);
      response.write(chatChunk({ content: "half" }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.destroy();
    });
    expect(error).toMatchObject({ code: "AM_MODEL_STREAM_BROKEN", retryable: true });
  });

  test("an answer without an end is cut at the limit, and the server is told", async () => {
    const delta = " ".repeat(60_000);
    await using server = await fakeModelServer(async (_request, response) => {
      beginStream(response);
      while (!response.destroyed) {
        if (!response.write(chatChunk({ content: delta }))) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const error = await failureOf(complete(await modelAt(server.url), request, new AbortController().signal));
    expect(error).toMatchObject({ code: "AM_MODEL_OUTPUT_TOO_LARGE", retryable: false });
    expect(error.hint).toContain("maxOutputTokens");
    await server.requests[0]?.left;
  });
});

describe("leaving", () => {
  test("the server sees an abort in mid-stream", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.write(chatChunk({ content: "hello" }));
    });
    const model = await modelAt(server.url);
    const abort = new AbortController();
    const reading = (async () => {
      for await (const part of model.stream(request, abort.signal)) if (part.type === "text") abort.abort();
    })();
    const error = await failureOf(reading);
    expect(error).toMatchObject({ code: "AM_MODEL_CANCELLED", retryable: false });
    expect(error.message).toBe("The call of openai-compatible:fake was cancelled.");
    await server.requests[0]?.left;
  });

  test("the server sees an abort before it answered", async () => {
    await using server = await fakeModelServer(() => undefined);
    const model = await modelAt(server.url);
    const abort = new AbortController();
    const failure = failureOf(complete(model, request, abort.signal));
    await expect.poll(() => server.requests.length).toBe(1);
    abort.abort(new Error("changed my mind"));
    expect((await failure).code).toBe("AM_MODEL_CANCELLED");
    await server.requests[0]?.left;
  });

  test("the server sees a reader that stops reading", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.write(chatChunk({ content: "hello" }));
    });
    const model = await modelAt(server.url);
    const seen: string[] = [];
    for await (const part of model.stream(request, new AbortController().signal)) {
      seen.push(part.type);
      if (part.type === "text") break;
    }
    expect(seen).toEqual(["start", "text"]);
    await server.requests[0]?.left;
  });
});

describe("retries over the wire", () => {
  test("a server that is busy twice is asked three times, and the reader sees one start", async () => {
    const retries: ModelRetry[] = [];
    await using server = await fakeModelServer((_request, response, index) => {
      if (index === 0) answerJson(response, 503, { error: { message: "Loading model" } });
      else if (index === 1) {
        beginStream(response);
        response.end(event({ error: { message: "not yet" } }));
      } else answerChat(response, ["at last"]);
    });
    const model = await modelAt(
      server.url,
      { retries: { max: 2, baseMs: 1 } },
      { onRetry: (retry) => retries.push(retry) },
    );
    const parts = await partsOf(model);
    expect(parts.map((part) => part.type)).toEqual(["start", "text", "end"]);
    expect(retries.map(({ retry, error }) => [retry, error.code])).toEqual([
      [1, "AM_MODEL_OVERLOADED"],
      [2, "AM_MODEL_STREAM_BROKEN"],
    ]);
  });

  test("after the first words there is no retry", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end(chatChunk({ content: "half" }));
    });
    const model = await modelAt(server.url, { retries: { max: 2, baseMs: 1 } });
    await failureOf(complete(model, request, new AbortController().signal));
    expect(server.requests).toHaveLength(1);
  });
});

describe("an answer of a schema", () => {
  const schema = {
    type: "object",
    properties: {
      city: { type: "string", pattern: "^[A-Z]" },
      zip: { oneOf: [{ type: "string" }, { type: "integer" }] },
    },
    required: ["city"],
  };
  const wish: ModelRequest = { ...request, output: { name: "my place!", schema } };

  test("is asked for as json_schema in the generic dialect, with what is not enforced as a warning", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ['{"city":"Bern"}']));
    const completion = await complete(await modelAt(server.url), wish, new AbortController().signal);
    expect(server.requests[0]?.body["response_format"]).toEqual({
      type: "json_schema",
      json_schema: {
        name: "my_place_",
        strict: true,
        schema: {
          type: "object",
          properties: {
            city: { description: "Must also hold: pattern ^[A-Z].", type: "string" },
            zip: { anyOf: [{ type: "string" }, { type: "integer" }] },
          },
          required: ["city"],
          additionalProperties: false,
        },
      },
    });
    expect(completion.warnings).toEqual(["The backend does not enforce these parts of the schema: pattern at /city."]);
  });

  test("is asked for in words where the model has only a JSON mode", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    await complete(await modelAt(server.url, { output: "json" }), wish, new AbortController().signal);
    expect(server.requests[0]?.body["response_format"]).toEqual({ type: "json_object" });
    expect(JSON.stringify(server.requests[0]?.body["messages"])).toContain("conforms to this JSON Schema");
  });

  test("is asked for in words only where the model has not even that", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    await complete(await modelAt(server.url, { output: "text" }), wish, new AbortController().signal);
    expect(server.requests[0]?.body["response_format"]).toBeUndefined();
    expect(JSON.stringify(server.requests[0]?.body["messages"])).toContain("conforms to this JSON Schema");
  });

  test("is asked for in words when the server refuses the schema, once for all, with a warning", async () => {
    await using server = await fakeModelServer((asked, response) => {
      const format = asked.body["response_format"] as { type?: string } | undefined;
      if (format?.type === "json_schema")
        answerJson(response, 400, { error: { message: "'oneOf' is not permitted in json_schema" } });
      else answerChat(response, ['{"city":"Bern"}']);
    });
    const model = await modelAt(server.url);
    const first = await complete(model, wish, new AbortController().signal);
    expect(first.text).toBe('{"city":"Bern"}');
    expect(first.warnings[0]).toContain("does not take the output schema: 'oneOf' is not permitted in json_schema");
    expect(first.warnings[0]).toContain("Asked for in the prompt instead.");
    const second = await complete(model, wish, new AbortController().signal);
    expect(second.warnings[0]).toContain("refused this output schema before");
    expect(server.requests).toHaveLength(3);
  });

  test("that cannot be expressed is asked for in words, with a warning that says why", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    const outer: ModelRequest = {
      ...request,
      output: { name: "x", schema: { $ref: "https://example.org/schema.json" } },
    };
    const completion = await complete(await modelAt(server.url), outer, new AbortController().signal);
    expect(server.requests[0]?.body["response_format"]).toEqual({ type: "json_object" });
    expect(completion.warnings[0]).toBe(
      "The output schema cannot be enforced: the reference https://example.org/schema.json leaves the document. Asked for in the prompt instead.",
    );
  });

  test("a grammar is refused, not ignored", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["yes"]));
    const grammar: ModelRequest = { ...request, output: { name: "x", grammar: 'root ::= "yes"' } };
    const error = await failureOf(complete(await modelAt(server.url), grammar, new AbortController().signal));
    expect(error).toMatchObject({
      code: "AM_MODEL_SCHEMA_UNSUPPORTED",
      message: "openai-compatible:fake runs no grammars.",
    });
    expect(server.requests).toEqual([]);
  });
});

function expectNoSecret(error: ModelError): void {
  const shown = [error.message, error.hint, JSON.stringify(error), String(error.stack), String(error.cause)].join("\n");
  expect(shown).not.toContain(SECRET);
}
