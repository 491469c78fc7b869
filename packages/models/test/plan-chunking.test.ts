/** A streamed plan, cut into chunks in any way, characters included, is one plan. Chunks come as they are cut: no socket joins them. */
import { parsePlan, type Plan } from "@agentmesh/core";
import type { Model } from "@agentmesh/ports";
import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { createModel, generateStructured, ModelConfig, type Verdict } from "@agentmesh/models";
import { wallClock } from "./clocks.ts";
import { chatStream } from "./fake-model-server.ts";

const PLAN = {
  mesh: 1,
  name: "Grüße",
  note: '世界 👩‍🚀 \n data: [DONE]\n\n "{[',
  tasks: [
    { id: "hits", use: "web.search", args: { query: "é\u2028\u00a0ß 🦦" } },
    { id: "letter", use: "mail.send", args: { body: "{{ hits.text }}\r\n— Ωμέγα" }, after: ["hits"] },
  ],
  output: { $from: "letter.sent" },
};
/** 10,000 take some eight seconds: TEST_CHUNKINGS says how many, where there is time. */
const CHUNKINGS = Number(process.env["TEST_CHUNKINGS"] ?? 1_000);
/** Chunks of one stream; the one with a chunk a byte is a test of its own. */
const CUTS_MAX = 12;

/** Deltas of some characters, as servers that gather tokens stream them. */
const DELTAS = JSON.stringify(PLAN).match(/[^]{1,25}/gu) ?? [];
const BYTES = Buffer.from(`\uFEFF${chatStream(["Here it is:\n```json\n", ...DELTAS, "\n```"])}`);

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A model whose server answers with these chunks. */
async function modelOf(chunks: () => readonly Uint8Array[]): Promise<Model> {
  vi.stubGlobal("fetch", () => Promise.resolve(streamOf(chunks())));
  const config = ModelConfig.parse({ provider: "openai-compatible", baseUrl: "http://127.0.0.1:1/v1", model: "fake" });
  if (config.provider === "llama-cpp") throw new Error("not a remote model");
  return createModel(config, { environment: {}, clock: wallClock, random: () => 0 });
}

function streamOf(chunks: readonly Uint8Array[]): Response {
  const left = chunks.values();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = left.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function cutAt(places: readonly number[]): readonly Uint8Array[] {
  const starts = [0, ...places];
  return starts.map((start, index) => Uint8Array.from(BYTES.subarray(start, starts[index + 1])));
}

function asPlan(value: unknown): Verdict<Plan> {
  const { plan, findings } = parsePlan(value);
  if (plan !== undefined) return { isValid: true, value: plan };
  return {
    isValid: false,
    findings: findings.map(({ path, message }) => ({ code: "AM_PLAN_INVALID", path, message })),
  };
}

async function planFrom(model: Model): Promise<unknown> {
  const request = { messages: [{ role: "user", text: "?" } as const] };
  const { signal } = new AbortController();
  const { value, attempts, usage } = await generateStructured({ model, request, signal, validate: asPlan });
  return { value, attempts, usage };
}

const WHOLE = {
  value: parsePlan(PLAN).plan,
  attempts: 1,
  usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3, isExact: true },
};

test("a plan that comes byte by byte is the plan", async () => {
  const model = await modelOf(() => cutAt(Array.from({ length: BYTES.length - 1 }, (_, index) => index + 1)));
  expect(await planFrom(model)).toEqual(WHOLE);
});

test("a plan that comes in any chunks is the plan", { timeout: 60_000 }, async () => {
  let chunks: readonly Uint8Array[] = [];
  const model = await modelOf(() => chunks);
  const anyPlaces = fc.array(fc.nat(BYTES.length), { maxLength: CUTS_MAX });
  await fc.assert(
    fc.asyncProperty(anyPlaces, async (places) => {
      chunks = cutAt(places.toSorted((left, right) => left - right));
      expect(await planFrom(model)).toEqual(WHOLE);
    }),
    { numRuns: CHUNKINGS },
  );
});
