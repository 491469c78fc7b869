/** What a cassette does with the same call made twice, with streams, counts and errors; without a file system between. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTool, LocalToolSource } from "@agentmesh/mcp";
import { complete, scriptedModel, ScriptedReply } from "@agentmesh/models";
import { type Model, ModelError, type ToolSource } from "@agentmesh/ports";
import { expect, test } from "vitest";
import { z } from "zod";
import { readCassette } from "../src/cassette/cassette-file.ts";
import { CassettePlayer } from "../src/cassette/cassette-player.ts";
import { CassetteRecorder } from "../src/cassette/cassette-recorder.ts";
import { SecretMask } from "../src/driver/secret-mask.ts";

const mask = new SecretMask([]);
const signal = AbortSignal.timeout(60_000);
const options = { signal, idempotencyKey: "k" };

function counter(): ToolSource {
  let count = 0;
  const tool = defineTool({
    name: "next",
    description: "Counts.",
    effect: "write",
    input: z.object({ odd: z.boolean().optional() }),
    output: z.object({ count: z.number() }),
    run: ({ odd }) => {
      if (odd === true) throw new Error("odd");
      return { count: ++count };
    },
  });
  return new LocalToolSource({ server: "t", tools: [tool] });
}

/** Records what `work` does with a source and a model; gives a player of it. */
async function recorded(
  work: (source: ToolSource, model: Model) => Promise<void>,
  model: Model,
): Promise<CassettePlayer> {
  const file = join(mkdtempSync(join(tmpdir(), "agentmesh-cassette-")), "a.cassette.json");
  const recorder = new CassetteRecorder(file, mask);
  const source = recorder.source(counter());
  await source.connect(signal);
  await work(source, recorder.model(model, { name: "m", caller: "planner#1" }));
  await source.close();
  recorder.save({ planner: "m" });
  return new CassettePlayer({ file, cassette: readCassette(file), mask, others: new Set() });
}

test("the same call gets the recorded answers in their order, errors too, and then no more", async () => {
  const player = await recorded(async (source) => {
    await source.call("next", {}, options);
    await source.call("next", { odd: true }, options).catch(() => undefined);
    await source.call("next", {}, options);
  }, scriptedModel([]));
  const [source] = player.sources();
  expect(await source?.call("next", {}, options)).toEqual({ value: { count: 1 }, isChecked: true });
  expect(() => player.assertPlayed(true)).toThrow(expect.objectContaining({ code: "AM_CASSETTE_UNUSED" }));
  expect(await source?.call("next", {}, options)).toEqual({ value: { count: 2 }, isChecked: true });
  await expect(source?.call("next", { odd: true }, options)).rejects.toMatchObject({
    code: "AM_TOOL_FAILED",
    outcome: "failed",
    retryable: true,
    message: expect.stringContaining("odd"),
  });
  player.assertPlayed(true);
  await expect(source?.call("next", {}, options)).rejects.toMatchObject({
    code: "AM_CASSETTE_MISMATCH",
    outcome: "refused",
  });
  expect(() => player.assertPlayed(true)).toThrow(expect.objectContaining({ code: "AM_CASSETTE_MISMATCH" }));
});

test("a model streams the same pieces, counts the same tokens, and breaks in the same place", async () => {
  const request = { messages: [{ role: "user" as const, text: "hello" }] };
  const broken = { messages: [{ role: "user" as const, text: "break" }] };
  const lost = new ModelError({
    code: "AM_MODEL_STREAM_BROKEN",
    message: "lost",
    hint: "",
    retryable: true,
    retryAfterMs: 5,
  });
  const script = scriptedModel([
    new ScriptedReply({ text: "a long answer", reasoning: "thinking", endReason: "length" }),
    new ScriptedReply({ text: "half", error: lost }),
  ]);
  const counting: Model = { ...script, countTokens: () => Promise.resolve({ tokens: 42, isExact: true }) };
  const heard: unknown[] = [];
  const player = await recorded(async (_, model) => {
    await model.countTokens(request);
    for await (const part of model.stream(request, signal)) heard.push(part);
    await complete(model, broken, signal).catch(() => undefined);
  }, counting);
  expect(player.roles).toEqual({ planner: "m" });
  const model = player.model("m");
  const played: unknown[] = [];
  for await (const part of model.stream(request, signal)) played.push(part);
  expect(played).toEqual(heard);
  expect(played.length).toBeGreaterThan(4);
  expect(await model.countTokens(request)).toEqual({ tokens: 42, isExact: true });
  await expect(complete(model, broken, signal)).rejects.toMatchObject({
    code: "AM_MODEL_STREAM_BROKEN",
    retryAfterMs: 5,
  });
  player.assertPlayed(true);
});
