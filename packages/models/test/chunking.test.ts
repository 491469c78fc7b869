/** One stream, cut into pieces in any way the network may cut it, is one text. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { complete, createModel, ModelConfig } from "@agentmesh/models";
import { wallClock } from "./clocks.ts";
import { beginStream, chatStream, fakeModelServer } from "./fake-model-server.ts";

const DELTAS = ['{"mesh":1,', '"name":"Grüße"', ',"note":"世界 👩‍🚀\\n\\u00e9 ', "data: [DONE]\\n\\n", '"}', "\n\n"];

test("any chunking of one stream gives the same text, deltas in order", async () => {
  const bytes = Buffer.from(chatStream(DELTAS));
  let cuts: readonly number[] = [];
  await using server = await fakeModelServer(async (_request, response) => {
    beginStream(response);
    response.socket?.setNoDelay(true);
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (cut > from) response.write(bytes.subarray(from, cut));
      from = Math.max(from, cut);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const config = ModelConfig.parse({ provider: "openai-compatible", baseUrl: `${server.url}/v1`, model: "fake" });
  if (config.provider === "llama-cpp") throw new Error("not a remote model");
  const model = await createModel(config, { environment: {}, clock: wallClock, random: () => 0 });
  const anyCuts = fc
    .array(fc.nat(bytes.length), { maxLength: 40 })
    .map((places) => places.toSorted((left, right) => left - right));
  await fc.assert(
    fc.asyncProperty(anyCuts, async (places) => {
      cuts = places;
      const completion = await complete(
        model,
        { messages: [{ role: "user", text: "?" }] },
        new AbortController().signal,
      );
      expect(completion.text).toBe(DELTAS.join(""));
      expect(completion.usage).toEqual({ inputTokens: 11, outputTokens: 7, cachedInputTokens: 3, isExact: true });
    }),
    { numRuns: 50 },
  );
});
