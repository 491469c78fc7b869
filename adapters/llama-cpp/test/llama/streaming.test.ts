import { describe, expect, test } from "vitest";
import { loadLlamaCppModel } from "../../src/index.ts";
import { writeTinyModel } from "../tiny-gguf.ts";
import { isRunning } from "./process-state.ts";
import { ask, hear, loadTiny, SMALL, testFolder } from "./tiny-model.ts";

describe.each([
  ["a chat model", true],
  ["a base model", false],
])("%s", (_, hasChatTemplate) => {
  test("streams one piece per generated token, the first long before the last", async () => {
    const model = await loadTiny({ hasChatTemplate });
    const request = ask("Say something long.\n", { maxOutputTokens: 200, sampling: { temperature: 1, seed: 3 } });
    const at: number[] = [];
    for await (const part of model.stream(request, AbortSignal.timeout(60_000))) {
      if (part.type === "text") at.push(performance.now());
      if (part.type === "end")
        expect(part).toMatchObject({ reason: "length", usage: { outputTokens: 200, isExact: true } });
    }
    // Bytes that make no character merge; this seed draws hardly any.
    expect(at.length).toBeGreaterThanOrEqual(195);
    expect(at.length).toBeLessThanOrEqual(200);
    // Not a burst at the end: when the first piece is read, most of the time is still to come.
    const first = at[0] ?? 0;
    const tenth = at[10] ?? 0;
    expect((at.at(-1) ?? 0) - first).toBeGreaterThan(2 * (tenth - first));
  });

  test("says a scripted text exactly, a piece per token, and ends by itself", async () => {
    const say = 'I search twice: {"steps":[{"id":"s1","tool":"search"}]} and I am done.';
    const model = await loadTiny({ say, hasChatTemplate });
    const heard = await hear(model, ask("Do it.\n"));
    expect(heard.text).toBe(say);
    expect(heard.deltas).toHaveLength(heard.usage.outputTokens);
    expect(heard.reason).toBe("stop");
  });

  test("keeps characters whole", async () => {
    const say = "Grüße, 世界! 😀👍 ещё раз";
    const model = await loadTiny({ say, hasChatTemplate });
    const heard = await hear(model, ask("Hi.\n"));
    expect(heard.text).toBe(say);
    for (const delta of heard.deltas) expect(delta).not.toContain("\uFFFD");
  });

  test("stops before a stop sequence and shows nothing of it", async () => {
    const model = await loadTiny({ say: "The answer is 42. END and more of it", hasChatTemplate });
    const heard = await hear(model, ask("Go.\n", { stopSequences: ["42. END and"] }));
    expect(heard.text).toBe("The answer is ");
    expect(heard.reason).toBe("stop");
  });

  test("reads a shared beginning once", async () => {
    const model = await loadTiny({ hasChatTemplate }, { sequences: 1 });
    const long = `${Array.from({ length: 40 }, (__, index) => `tool${index}(a, b)`).join("; ")}\n`;
    const limits = { maxOutputTokens: 4, sampling: { temperature: 1, seed: 1 } };
    const first = await hear(model, ask(`${long}First question?\n`, limits));
    const second = await hear(model, ask(`${long}Another one?\n`, limits));
    expect(first.usage.cachedInputTokens).toBeLessThan(20);
    expect(second.usage.cachedInputTokens).toBeGreaterThan(0.8 * second.usage.inputTokens);
  });

  test("counts the tokens of a prompt as generating does", async () => {
    const model = await loadTiny({ hasChatTemplate });
    const request = ask("How many tokens are these?\n", { maxOutputTokens: 1 });
    const { usage } = await hear(model, request);
    expect(await model.countTokens(request)).toEqual({ tokens: usage.inputTokens, isExact: true });
  });
});

test("two roles that take turns keep a sequence each", async () => {
  const model = await loadTiny({}, { sequences: 2 });
  const limits = { maxOutputTokens: 2, sampling: { temperature: 1, seed: 1 } };
  const planner = `planner ${"alpha beta ".repeat(20)}`;
  const composer = `composer ${"gamma delta ".repeat(20)}`;
  for (const text of [planner, composer]) await hear(model, ask(text, limits));
  for (const text of [planner, composer, planner]) {
    const { usage } = await hear(model, ask(text, limits));
    expect(usage.cachedInputTokens).toBeGreaterThan(0.9 * usage.inputTokens - 2);
  }
});

test("requests at once give the texts that they give alone", async () => {
  const model = await loadTiny({}, { sequences: 3 });
  const request = (seed: number) => ask("Go.", { maxOutputTokens: 40, sampling: { temperature: 1, seed } });
  const alone: string[] = [];
  for (const seed of [1, 2, 3, 4, 5]) alone.push((await hear(model, request(seed))).text);
  const together = await Promise.all([1, 2, 3, 4, 5].map((seed) => hear(model, request(seed))));
  expect(together.map(({ text }) => text)).toEqual(alone);
});

test("models of the same file share a process, and the last one to be closed ends it", async () => {
  const file = `${testFolder()}/tiny.gguf`;
  writeTinyModel(file, { say: "Shared by two of us." });
  const first = await loadLlamaCppModel({ model: file, ...SMALL }, process.env);
  const second = await loadLlamaCppModel({ model: file, ...SMALL, maxOutputTokens: 5 }, process.env);
  const pid = first.pid ?? 0;
  expect(second.pid).toBe(pid);
  await first.close();
  expect((await hear(second, ask("Go."))).usage.outputTokens).toBe(5);
  await second.close();
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
});
