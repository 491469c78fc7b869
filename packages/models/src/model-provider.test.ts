import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ModelConfig } from "./model-config.ts";
import { loadDriver, PROVIDERS } from "./model-provider.ts";

test("local servers have their usual addresses and need no key", () => {
  expect(PROVIDERS["llama-server"]).toMatchObject({ baseUrl: "http://127.0.0.1:8080/v1", keyVariables: [] });
  expect(PROVIDERS.vllm).toMatchObject({ baseUrl: "http://127.0.0.1:8000/v1", keyVariables: [] });
  expect(PROVIDERS.ollama).toMatchObject({ baseUrl: "http://127.0.0.1:11434/v1", keyVariables: [] });
});

test("OpenAI is spoken to in Responses at its own address, in chat completions elsewhere, and as told", async () => {
  const providerAt = async (baseUrl: string, api?: string): Promise<string> => {
    const config = ModelConfig.parse({ provider: "openai", model: "gpt-5", ...(api === undefined ? {} : { api }) });
    if (config.provider !== "openai") throw new Error("not OpenAI");
    return (await loadDriver(config, { baseUrl, apiKey: "key" })).driver.provider;
  };
  expect(await providerAt("https://api.openai.com/v1")).toBe("openai.responses");
  expect(await providerAt("https://gateway.example.org/v1")).toBe("openai.chat");
  expect(await providerAt("https://gateway.example.org/v1", "responses")).toBe("openai.responses");
  expect(await providerAt("https://api.openai.com/v1", "chat")).toBe("openai.chat");
});

test("no provider's package is loaded before a model of it is made", () => {
  const folder = new URL("./", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  expect(sources).toContain("model-provider.ts");
  for (const name of sources) {
    const source = readFileSync(new URL(name, folder), "utf8");
    expect(source, name).not.toMatch(/^import(?! type).*from "@ai-sdk\/(?!provider")/m);
  }
});
