import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generate } from "./generate.ts";
import { composerMessages } from "./composer/composer-prompt.ts";
import { resultText } from "./composer/completion/result-text.ts";
import { withoutMedia } from "./media-text.ts";

const data = randomBytes(30_000).toString("base64");
const picture = { text: "A chart.", content: [{ type: "image", data, mimeType: "image/png" }] };

test("a picture is told of in a few words", () => {
  expect(withoutMedia(JSON.stringify(picture.content))).toBe(
    '[{"type":"image","data":"[30000 bytes of data, not shown]","mimeType":"image/png"}]',
  );
});

test.each([
  ["prose", "word ".repeat(1_000)],
  ["a sequence of DNA", "ACGT".repeat(1_000)],
  ["a line", "-".repeat(5_000)],
  ["a hash", "a1B2".repeat(32)],
])("%s is left as it is", (_what, text) => {
  expect(withoutMedia(text)).toBe(text);
});

describe("no picture reaches", () => {
  test("the prompt of a composer", () => {
    const results = [{ task: "shot", tool: "web.shot", value: picture }];
    const said = JSON.stringify(composerMessages({ goal: "What is shown?", results } as never, 60_000));
    expect(said).toContain("30000 bytes of data, not shown");
    expect(said).not.toContain(data.slice(0, 200));
  });

  test("the prompt of a small composer", () => {
    expect(resultText({ shot: picture.content })).not.toContain(data.slice(0, 200));
  });

  test("the prompt of mesh.generate", async () => {
    const prompts: string[] = [];
    const model = {
      id: "m",
      capabilities: {},
      async *stream(request: object) {
        prompts.push(JSON.stringify(request));
        yield { type: "start", warnings: [] };
        yield { type: "text", delta: "A chart." };
        yield { type: "end", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } };
      },
    };
    const context = {
      model: () => Promise.resolve(model),
      report: () => undefined,
      signal: AbortSignal.timeout(9_000),
    };
    await generate({ prompt: `Describe ${JSON.stringify(picture)}` }, context as never);
    expect(prompts[0]).toContain("not shown");
    expect(prompts[0]).not.toContain(data.slice(0, 200));
  });
});
