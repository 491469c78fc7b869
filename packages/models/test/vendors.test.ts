/** Each vendor's own wire, once each way: what we send, what we make of the answer, one failure in its own words. */
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type Model, ModelError, type ModelRequest } from "@agentmesh/ports";
import { complete, createModel, generateStructured, ModelConfig } from "@agentmesh/models";
import { wallClock } from "./clocks.ts";
import {
  answerChat,
  answerJson,
  beginStream,
  chatChunk,
  DONE,
  event,
  type FakeServer,
  fakeModelServer,
} from "./fake-model-server.ts";

const SECRET = "key-that-nobody-may-see";
const signal = new AbortController().signal;

/** A union, an optional property, a free map, an open value: what the dialects differ in. */
const schema = {
  type: "object",
  properties: {
    kind: { const: "place" },
    note: { type: "string", maxLength: 5 },
    tags: { type: "object", additionalProperties: { type: "string" } },
    size: { oneOf: [{ type: "integer", minimum: 1 }, { type: "string" }] },
  },
  required: ["kind", "size"],
} as const;

const request: ModelRequest = {
  messages: [
    { role: "system", text: "You know places." },
    { role: "user", text: "Name one." },
  ],
  output: { name: "place", schema },
  maxOutputTokens: 500,
};

async function modelOf(provider: string, baseUrl: string, more: object = {}): Promise<Model> {
  const config = ModelConfig.parse({ provider, model: "fake-1", baseUrl, retries: { max: 0 }, ...more });
  if (config.provider === "llama-cpp") throw new Error("not a remote model");
  const environment = {
    OPENAI_API_KEY: SECRET,
    ANTHROPIC_API_KEY: SECRET,
    GEMINI_API_KEY: SECRET,
    GROQ_API_KEY: SECRET,
    MISTRAL_API_KEY: SECRET,
  };
  return await createModel(config, { environment, clock: wallClock, random: () => 0 });
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

function sent(server: FakeServer): Record<string, unknown> {
  return server.requests[0]?.body ?? {};
}

/** The schema as the strict vendors get it. */
const strictSchema = {
  type: "object",
  properties: {
    kind: { type: "string", enum: ["place"] },
    note: { description: "Must also hold: maxLength 5.", type: ["string", "null"] },
    tags: {
      anyOf: [
        {
          type: "object",
          properties: {
            mesh_entries: {
              type: "array",
              items: {
                type: "object",
                properties: { key: { type: "string" }, value: { type: "string" } },
                required: ["key", "value"],
                additionalProperties: false,
              },
            },
          },
          required: ["mesh_entries"],
          additionalProperties: false,
        },
        { type: "null" },
      ],
    },
    size: { anyOf: [{ type: "integer", minimum: 1 }, { type: "string" }] },
  },
  required: ["kind", "note", "tags", "size"],
  additionalProperties: false,
};

describe("OpenAI", () => {
  function answerResponses(response: ServerResponse, deltas: readonly string[]): void {
    beginStream(response);
    const item = { type: "message", id: "msg_1", status: "in_progress", role: "assistant", content: [] };
    const events = [
      { type: "response.created", response: { id: "resp_1", created_at: 1_700_000_000, model: "fake-1" } },
      { type: "response.output_item.added", output_index: 0, item },
      ...deltas.map((delta) => ({ type: "response.output_text.delta", item_id: "msg_1", output_index: 0, delta })),
      { type: "response.output_item.done", output_index: 0, item },
      {
        type: "response.completed",
        response: {
          usage: {
            input_tokens: 20,
            input_tokens_details: { cached_tokens: 4 },
            output_tokens: 9,
            output_tokens_details: { reasoning_tokens: 2 },
          },
        },
      },
    ];
    response.end(events.map((data) => event(data)).join(""));
  }

  test("speaks Responses when told so, strictly, and keeps nothing there", async () => {
    await using server = await fakeModelServer((_request, response) => answerResponses(response, ['{"kind"', ":1}"]));
    const model = await modelOf("openai", `${server.url}/v1`, { api: "responses" });
    const completion = await complete(model, request, signal);
    expect(completion).toMatchObject({
      text: '{"kind":1}',
      endReason: "stop",
      usage: { inputTokens: 20, outputTokens: 9, cachedInputTokens: 4, isExact: true },
    });
    expect(server.requests[0]).toMatchObject({ path: "/v1/responses", headers: { authorization: `Bearer ${SECRET}` } });
    expect(sent(server)).toMatchObject({
      model: "fake-1",
      store: false,
      max_output_tokens: 500,
      text: { format: { type: "json_schema", strict: true, name: "place", schema: strictSchema } },
    });
  });

  test("speaks chat completions at any other address, with the same schema", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    await complete(await modelOf("openai", `${server.url}/v1`), request, signal);
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
    expect(sent(server)["response_format"]).toMatchObject({ json_schema: { strict: true, schema: strictSchema } });
  });

  test("what its decoding had to encode comes back as the original schema means it", async () => {
    const encoded = { kind: "place", note: null, tags: { mesh_entries: [{ key: "a", value: "b" }] }, size: 3 };
    await using server = await fakeModelServer((_request, response) => answerChat(response, [JSON.stringify(encoded)]));
    const model = await modelOf("openai", `${server.url}/v1`);
    const result = await generateStructured({
      model,
      request,
      signal,
      validate: (value) => ({ isValid: true, value }),
    });
    expect(result.value).toEqual({ kind: "place", tags: { a: "b" }, size: 3 });
  });

  test("an error before the first words of a 200 stream keeps its meaning", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      const error = { type: "server_error", code: "rate_limit_exceeded", message: "Rate limit reached.", param: null };
      response.end(event({ type: "error", sequence_number: 1, error }));
    });
    const model = await modelOf("openai", `${server.url}/v1`, { api: "responses" });
    const error = await failureOf(complete(model, request, signal));
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: true });
    expect(error.message).toContain("OpenAI at 127.0.0.1");
    expect(error.message).toContain("Rate limit reached.");
  });

  test("a wrong key names the variable", async () => {
    await using server = await fakeModelServer((_request, response) =>
      answerJson(response, 401, {
        error: { message: `Incorrect API key provided: ${SECRET}`, code: "invalid_api_key" },
      }),
    );
    const error = await failureOf(complete(await modelOf("openai", `${server.url}/v1`), request, signal));
    expect(error.code).toBe("AM_MODEL_UNAUTHORISED");
    expect(error.hint).toBe("Set OPENAI_API_KEY, or apiKey of this model, to a key that may use fake-1.");
    expect(error.message + JSON.stringify(error)).not.toContain(SECRET);
  });
});

describe("Anthropic", () => {
  function answerMessages(response: ServerResponse, deltas: readonly string[], stopReason = "end_turn"): void {
    beginStream(response);
    const message = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "fake-1",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 30, output_tokens: 1, cache_read_input_tokens: 5, cache_creation_input_tokens: 0 },
    };
    const events = [
      { type: "message_start", message },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ...deltas.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 12 } },
      { type: "message_stop" },
    ];
    response.end(events.map((data) => event(data, data.type)).join(""));
  }

  test("gets system, turns and limits in its own form, and its counts are exact", async () => {
    await using server = await fakeModelServer((_request, response) => answerMessages(response, ["It is ", "Bern."]));
    const { output: _output, ...plain } = request;
    const completion = await complete(await modelOf("anthropic", `${server.url}/v1`), plain, signal);
    expect(completion).toMatchObject({
      text: "It is Bern.",
      endReason: "stop",
      usage: { outputTokens: 12, isExact: true },
    });
    expect(completion.usage.inputTokens).toBe(35);
    expect(server.requests[0]).toMatchObject({ path: "/v1/messages", headers: { "x-api-key": SECRET } });
    expect(sent(server)).toMatchObject({
      model: "fake-1",
      max_tokens: 500,
      stream: true,
      system: [{ type: "text", text: "You know places." }],
      messages: [{ role: "user", content: [{ type: "text", text: "Name one." }] }],
    });
  });

  test("a schema that its output format takes is sent as such", async () => {
    await using server = await fakeModelServer((_request, response) => answerMessages(response, ['{"size":1}']));
    const closed = {
      type: "object",
      properties: { size: { oneOf: [{ type: "integer" }, { type: "string" }] } },
      required: ["size"],
    };
    const model = await modelOf("anthropic", `${server.url}/v1`, { model: "claude-sonnet-4-5" });
    await complete(model, { ...request, output: { name: "place", schema: closed } }, signal);
    expect(sent(server)["output_config"]).toMatchObject({
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { size: { anyOf: [{ type: "integer" }, { type: "string" }] } },
          required: ["size"],
          additionalProperties: false,
        },
      },
    });
  });

  test("a refusal is no end of its own accord", async () => {
    await using server = await fakeModelServer((_request, response) =>
      answerMessages(response, ["I can not."], "refusal"),
    );
    const { output: _output, ...plain } = request;
    const completion = await complete(await modelOf("anthropic", `${server.url}/v1`), plain, signal);
    expect(completion.endReason).toBe("refused");
  });

  test("overload inside a stream is retryable", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      response.end(event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "error"));
    });
    const error = await failureOf(complete(await modelOf("anthropic", `${server.url}/v1`), request, signal));
    expect(error).toMatchObject({ code: "AM_MODEL_OVERLOADED", retryable: true });
    expect(error.message).toContain("Anthropic at 127.0.0.1");
  });
});

describe("Google", () => {
  function answerGemini(response: ServerResponse, deltas: readonly string[], finishReason = "STOP"): void {
    beginStream(response);
    const chunks = deltas.map((text) => ({
      candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0 }],
    }));
    const last = {
      candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason, index: 0 }],
      usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 6, totalTokenCount: 14 },
    };
    response.end([...chunks, last].map((data) => event(data)).join(""));
  }

  test("gets the schema as responseJsonSchema, under either name of the provider", async () => {
    for (const provider of ["google", "gemini"]) {
      await using server = await fakeModelServer((_request, response) =>
        answerGemini(response, ['{"kind":', '"place"}']),
      );
      const model = await modelOf(provider, `${server.url}/v1beta`, { model: "gemini-2.5-flash" });
      const completion = await complete(model, request, signal);
      expect(completion).toMatchObject({
        text: '{"kind":"place"}',
        endReason: "stop",
        usage: { inputTokens: 8, outputTokens: 6, isExact: true },
      });
      expect(server.requests[0]?.path).toBe("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
      expect(server.requests[0]?.headers["x-goog-api-key"]).toBe(SECRET);
      expect(sent(server)).toMatchObject({
        systemInstruction: { parts: [{ text: "You know places." }] },
        contents: [{ role: "user", parts: [{ text: "Name one." }] }],
        generationConfig: {
          maxOutputTokens: 500,
          responseMimeType: "application/json",
          responseJsonSchema: {
            type: "object",
            properties: {
              kind: { type: "string", enum: ["place"] },
              tags: { type: "object", additionalProperties: { type: "string" } },
              size: { anyOf: [{ type: "integer", minimum: 1 }, { type: "string" }] },
            },
            required: ["kind", "size"],
          },
        },
      });
    }
  });

  test("a wrong key is a 400 there, and still a wrong key here", async () => {
    await using server = await fakeModelServer((_request, response) =>
      answerJson(response, 400, {
        error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" },
      }),
    );
    const error = await failureOf(complete(await modelOf("gemini", `${server.url}/v1beta`), request, signal));
    expect(error.code).toBe("AM_MODEL_UNAUTHORISED");
    expect(error.hint).toContain("GEMINI_API_KEY");
  });

  test("its way to say when to come back is in the body", async () => {
    await using server = await fakeModelServer((_request, response) =>
      answerJson(response, 429, {
        error: {
          code: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "17s" }],
        },
      }),
    );
    const error = await failureOf(complete(await modelOf("gemini", `${server.url}/v1beta`), request, signal));
    expect(error).toMatchObject({ code: "AM_MODEL_RATE_LIMITED", retryable: true, retryAfterMs: 17_000 });
  });

  test("a blocked answer is a refusal", async () => {
    await using server = await fakeModelServer((_request, response) => answerGemini(response, ["..."], "SAFETY"));
    const completion = await complete(await modelOf("gemini", `${server.url}/v1beta`), request, signal);
    expect(completion.endReason).toBe("refused");
  });
});

describe("Groq", () => {
  test("gets a strict schema for the models that decode it", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    const model = await modelOf("groq", `${server.url}/openai/v1`, { model: "openai/gpt-oss-20b" });
    await complete(model, request, signal);
    const format = sent(server)["response_format"] as {
      json_schema: { strict: boolean; schema: { required: unknown } };
    };
    expect(format.json_schema.strict).toBe(true);
    expect(format.json_schema.schema.required).toEqual(["kind", "note", "tags", "size"]);
  });

  test("gets its JSON mode and the schema in words for the others", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["{}"]));
    const model = await modelOf("groq", `${server.url}/openai/v1`, { model: "llama-3.1-8b-instant" });
    await complete(model, request, signal);
    expect(sent(server)["response_format"]).toEqual({ type: "json_object" });
    expect(JSON.stringify(sent(server)["messages"])).toContain("conforms to this JSON Schema");
  });
});

describe("Mistral", () => {
  test("gets a strict schema, and its stream is read", async () => {
    await using server = await fakeModelServer((_request, response) => {
      beginStream(response);
      const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
      const last = {
        id: "1",
        created: 1,
        model: "fake-1",
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "stop" }],
        usage,
      };
      response.end(
        [chatChunk({ role: "assistant", content: "{" }), chatChunk({ content: "}" }), event(last), DONE].join(""),
      );
    });
    const completion = await complete(await modelOf("mistral", `${server.url}/v1`), request, signal);
    expect(completion).toMatchObject({
      text: "{}",
      endReason: "stop",
      usage: { inputTokens: 9, outputTokens: 2, isExact: true },
    });
    expect(sent(server)["response_format"]).toMatchObject({
      type: "json_schema",
      json_schema: { strict: true, name: "place" },
    });
  });
});

describe("local servers", () => {
  test.each(["llama-server", "vllm"])(
    "%s gets the sampling that OpenAI never defined, without a complaint about it",
    async (provider) => {
      await using server = await fakeModelServer((_request, response) => answerChat(response, ["x"]));
      const model = await modelOf(provider, `${server.url}/v1`, {
        sampling: { temperature: 0.5, topK: 40, minP: 0.1 },
      });
      const completion = await complete(model, { messages: request.messages, sampling: { minP: 0.2 } }, signal);
      expect(sent(server)).toMatchObject({ temperature: 0.5, top_k: 40, min_p: 0.2 });
      expect(completion.warnings).toEqual([]);
    },
  );

  test("other servers are not sent what they may refuse", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["x"]));
    const model = await modelOf("ollama", `${server.url}/v1`, { sampling: { topK: 40, minP: 0.1 } });
    const completion = await complete(model, { messages: request.messages }, signal);
    expect(Object.keys(sent(server)).filter((key) => /top_?k|min_?p/i.test(key))).toEqual([]);
    expect(completion.warnings).toEqual(["unsupported: topK"]);
  });

  test("an answer is limited even when nobody limits it", async () => {
    await using server = await fakeModelServer((_request, response) => answerChat(response, ["x"]));
    const { maxOutputTokens: _max, ...unlimited } = request;
    await complete(await modelOf("vllm", `${server.url}/v1`), unlimited, signal);
    expect(sent(server)["max_tokens"]).toBe(8_192);
  });
});
