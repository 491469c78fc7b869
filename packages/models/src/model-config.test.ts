import { describe, expect, test } from "vitest";
import { ModelConfig } from "./model-config.ts";

function problemsOf(config: unknown): readonly string[] {
  const parsed = ModelConfig.safeParse(config);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("ModelConfig", () => {
  test.each([
    { provider: "openai", model: "gpt-5" },
    { provider: "openai", model: "gpt-5", api: "chat", baseUrl: "https://gateway.example.org/v1" },
    { provider: "anthropic", model: "claude-sonnet-4-5", apiKey: "key" },
    { provider: "google", model: "gemini-2.5-flash" },
    { provider: "gemini", model: "gemini-2.5-flash" },
    { provider: "groq", model: "openai/gpt-oss-20b", output: "json" },
    { provider: "mistral", model: "mistral-small-latest", sampling: { temperature: 0, topP: 1, topK: 40, seed: 7 } },
    { provider: "openai-compatible", model: "m", baseUrl: "http://127.0.0.1:9999/v1", contextTokens: 8192 },
    { provider: "llama-server" },
    {
      provider: "vllm",
      model: "m",
      timeouts: { firstPartMs: 1, betweenPartsMs: 2, totalMs: 3 },
      retries: { max: 0, baseMs: 10 },
    },
    { provider: "ollama", model: "qwen3:4b", maxOutputTokens: 100 },
    { provider: "llama-cpp", model: "gemma-3-270m", threads: 2, gpu: false, output: "grammar" },
    { provider: "scripted", answers: ["text", { json: { a: 1 } }, { text: "no", endReason: "refused" }] },
  ])("takes $provider", (config) => {
    expect(problemsOf(config)).toEqual([]);
  });

  test.each([
    [{ provider: "openia", model: "x" }, /^provider: Invalid/],
    [{ provider: "openai" }, /^model: /],
    [{ provider: "openai", model: "" }, /^model: /],
    [{ provider: "openai", model: "x", temprature: 0 }, /Unrecognized key: "temprature"/],
    [{ provider: "openai", model: "x", sampling: { temp: 0 } }, /^sampling: Unrecognized key: "temp"/],
    [{ provider: "openai", model: "x", timeouts: { totalMs: 0 } }, /^timeouts\.totalMs: /],
    [{ provider: "openai", model: "x", retries: { max: 1_000 } }, /^retries\.max: /],
    [{ provider: "openai-compatible", model: "x" }, /^baseUrl: /],
    [{ provider: "ollama", model: "x", baseUrl: "file:///etc/passwd" }, /^baseUrl: /],
    [{ provider: "ollama", model: "x", baseUrl: "localhost" }, /^baseUrl: /],
    [
      { provider: "ollama", model: "x", baseUrl: "http://me:secret@127.0.0.1/v1" },
      /^baseUrl: A user or key in the URL would be logged: put it into apiKey\.$/,
    ],
    [{ provider: "llama-cpp", model: "x", apiKey: "k" }, /Unrecognized key: "apiKey"/],
    [{ provider: "openai", model: "x", output: "grammar" }, /^output: /],
  ])("refuses %j", (config, problem) => {
    expect(problemsOf(config).join("\n")).toMatch(problem);
  });
});
