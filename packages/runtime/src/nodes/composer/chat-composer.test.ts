/** The composer with a scripted model: streams what it returns, and cites nothing that is not there. */
import { scriptedModel, ScriptedReply, type ScriptedAnswer } from "@agentmesh/models";
import { type ComposedAnswer, ModelError, type Model, type NodeContext, type NodeProgress } from "@agentmesh/ports";
import { expect, test } from "vitest";
import { ChatComposer } from "./chat-composer.ts";
import { DefaultComposer } from "./default-composer.ts";

const RESULTS = [
  { task: "tides", tool: "harbour.tides", value: { high: "6:00" } },
  { task: "wind", tool: "harbour.wind", value: { knots: 12 } },
];

function contextWith(model: Model, progress: NodeProgress[]): NodeContext {
  return {
    run: "run",
    tenant: "local",
    signal: new AbortController().signal,
    model: () => Promise.resolve(model),
    report: (each) => void progress.push(each),
  };
}

async function compose(answer: ScriptedAnswer, progress: NodeProgress[] = []): Promise<ComposedAnswer> {
  const model = scriptedModel([answer], { deltaCharacters: 3 });
  const context = contextWith(model, progress);
  return new ChatComposer().compose({ goal: "When?", results: RESULTS, output: undefined }, context);
}

test("an answer is streamed as it is returned, without citations of tasks that do not exist", async () => {
  const progress: NodeProgress[] = [];
  const answer = await compose(
    "High tide is at 6:00 [tides], the moon is full [moon], with 12 knots [wind, sun].",
    progress,
  );
  expect(answer).toEqual({
    text: "High tide is at 6:00 [tides], the moon is full, with 12 knots [wind].",
    citations: ["tides", "wind"],
    removedCitations: ["moon", "sun"],
  });
  const deltas = progress.flatMap((each) => (each.type === "text" ? [each.delta] : []));
  expect(deltas.join("")).toBe(answer.text);
  expect(deltas.length).toBeGreaterThan(10);
});

test("reasoning is shown and is no part of the answer", async () => {
  const progress: NodeProgress[] = [];
  const answer = await compose(new ScriptedReply({ text: "At 6:00 [tides].", reasoning: "Hm [moon]." }), progress);
  expect(answer.removedCitations).toEqual([]);
  expect(progress.filter(({ type }) => type === "reasoning").length).toBeGreaterThan(0);
});

test("a model that declines, breaks or says nothing is a typed error", async () => {
  await expect(compose(new ScriptedReply({ text: "No.", endReason: "refused" }))).rejects.toMatchObject({
    code: "AM_MODEL_REQUEST_REFUSED",
    hint: expect.stringContaining("composer"),
  });
  await expect(compose("  \n")).rejects.toMatchObject({ code: "AM_ANSWER_EMPTY" });
  const broken = new ModelError({ code: "AM_MODEL_STREAM_BROKEN", message: "Gone.", hint: "Again." });
  await expect(compose(new ScriptedReply({ text: "At", error: broken }))).rejects.toBe(broken);
});

test("a base model without a strategy for it is a typed error", async () => {
  const model = scriptedModel([], { capabilities: { output: "grammar", prompt: "completion" } });
  const composer = new DefaultComposer({ chat: () => new ChatComposer() });
  await expect(
    composer.compose({ goal: "When?", results: RESULTS, output: undefined }, contextWith(model, [])),
  ).rejects.toMatchObject({ code: "AM_STRATEGY_MISSING", facts: { role: "composer", prompt: "completion" } });
  expect(model.requests).toHaveLength(0);
});
