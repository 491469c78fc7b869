/** A real model, if it was pulled: `npm run models:pull`. With AGENTMESH_LLAMA=all, as in CI, it must be there. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { validateJson } from "@agentmesh/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LlamaCppModel, loadLlamaCppModel, modelsFolder } from "../../src/index.ts";
import { ask, failureOf, hear } from "./tiny-model.ts";

const ALIAS = "gemma-3-270m";
const folder = join(modelsFolder(process.env), ALIAS);
const isHere = existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".gguf"));
const isRequired = process.env["AGENTMESH_LLAMA"] === "all";
if (!isHere)
  process.stderr.write(`${ALIAS} was not pulled: its tests are left out. Fetch it with: npm run models:pull\n`);

test.runIf(isRequired)("the real model is here", () => {
  expect(isHere).toBe(true);
});

describe.runIf(isHere)("the real model", { timeout: 180_000 }, () => {
  let model: LlamaCppModel;
  beforeAll(async () => {
    model = await loadLlamaCppModel({ model: ALIAS, contextTokens: 2_048 }, process.env);
  }, 180_000);
  afterAll(() => model.close());

  const FACTS = "The capital of France is Paris.\nThe capital of Italy is Rome.\nThe capital of Japan is";

  test("is a base model with the context that was asked for", () => {
    expect(model.id).toBe("llama-cpp:gemma-3-270m");
    expect(model.capabilities).toEqual({ output: "grammar", prompt: "completion", contextTokens: 2_048 });
  });

  test("goes on with a text, up to a stop sequence", async () => {
    const heard = await hear(model, ask(FACTS, { maxOutputTokens: 12, stopSequences: ["\n"] }));
    expect(heard.text.trim()).toBe("Tokyo.");
    expect(heard.reason).toBe("stop");
  });

  test("streams one piece per generated token, the first long before the last", async () => {
    const at: number[] = [];
    let outputTokens = 0;
    const request = ask("Once upon a time", { maxOutputTokens: 60, sampling: { temperature: 0.7, seed: 4 } });
    for await (const part of model.stream(request, AbortSignal.timeout(170_000))) {
      if (part.type === "text") at.push(performance.now());
      if (part.type === "end") outputTokens = part.usage.outputTokens;
    }
    expect(outputTokens).toBeGreaterThan(20);
    // Within the merging of bytes to characters.
    expect(at.length).toBeGreaterThanOrEqual(outputTokens - 3);
    expect(at.length).toBeLessThanOrEqual(outputTokens);
    const [first = 0, second = 0] = at;
    expect((at.at(-1) ?? 0) - first).toBeGreaterThan(5 * (second - first));
  });

  test("is held to a schema, with optional properties", async () => {
    const schema = {
      type: "object",
      properties: {
        city: { type: "string", maxLength: 30 },
        country: { type: "string", maxLength: 30 },
        population: { type: "integer", minimum: 1_000, maximum: 40_000_000 },
        coastal: { type: "boolean" },
      },
      required: ["city"],
      additionalProperties: false,
    };
    const examples = '{"city": "Oslo", "country": "Norway"}\n{"city": "Quito", "population": 2000000}\n';
    for (let seed = 1; seed <= 8; seed += 1) {
      const output = { name: "city", schema };
      const heard = await hear(
        model,
        ask(examples, { output, maxOutputTokens: 200, sampling: { temperature: 1, seed } }),
      );
      expect({ text: heard.text, reason: heard.reason }).toEqual({ text: heard.text, reason: "stop" });
      expect({ text: heard.text, violations: validateJson(schema, JSON.parse(heard.text)) }).toEqual({
        text: heard.text,
        violations: [],
      });
    }
  });

  test("reads a shared beginning once", async () => {
    const first = await hear(model, ask(FACTS.repeat(4), { maxOutputTokens: 1 }));
    const second = await hear(model, ask(`${FACTS.repeat(4)} not`, { maxOutputTokens: 1 }));
    expect(second.usage.cachedInputTokens).toBeGreaterThanOrEqual(first.usage.inputTokens - 2);
  });

  test("hears an abort while it reads a long prompt", async () => {
    const abort = new AbortController();
    const long = ask("The quick brown fox jumps over the lazy dog. ".repeat(150));
    const asked = failureOf(hear(model, long, abort.signal));
    setTimeout(() => abort.abort(), 300);
    expect((await asked).code).toBe("AM_MODEL_CANCELLED");
    expect((await hear(model, ask(FACTS, { maxOutputTokens: 1 }))).usage.outputTokens).toBe(1);
  });
});
