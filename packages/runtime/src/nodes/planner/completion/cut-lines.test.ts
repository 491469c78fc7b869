/** A base model's plan that was cut, at every byte: never a shorter plan, always a typed error after a bounded number of samples. */
import { parsePlan } from "@agentmesh/core";
import { ModelOutputError, scriptedModel, ScriptedReply } from "@agentmesh/models";
import type { ModelEndReason } from "@agentmesh/ports";
import { expect, test } from "vitest";
import { nodeContext, plannerRequest } from "../../../../test/planner-tools.ts";
import { CompletionPlanner, PLAN_SAMPLES_MAX } from "./completion-planner.ts";

const GOAL = "Read Grüße.txt, then write the text to 世界.txt.";
const PLAN = [
  "# Read Grüße.txt",
  't1 = read_file(path: "Grüße.txt")',
  "# write the text to 世界.txt",
  't2 = write_file(path: "世界.txt", content: t1)',
  "done",
].join("\n");

/** How many tasks the plan has; or the codes of the findings, when there is none. */
async function outcomeOf(text: string, endReason: ModelEndReason): Promise<number | readonly string[]> {
  const capabilities = { output: "grammar", prompt: "completion" } as const;
  const model = scriptedModel(() => new ScriptedReply({ text, endReason }), { capabilities });
  try {
    const outcome = await new CompletionPlanner().plan(plannerRequest(GOAL), nodeContext(model));
    return parsePlan(outcome.kind === "plan" ? outcome.plan : outcome).plan?.tasks.length ?? [outcome.kind];
  } catch (error) {
    if (!(error instanceof ModelOutputError)) throw error;
    expect(model.requests).toHaveLength(PLAN_SAMPLES_MAX);
    return error.findings.map(({ code }) => code);
  }
}

test.each([
  ["by the limit", "length", "AM_MODEL_OUTPUT_TRUNCATED"],
  ["by nobody knows what", "stop", "AM_PLAN_INVALID"],
] as const)("lines that were cut %s, at any byte, are no plan", async (_, endReason, code) => {
  const bytes = Buffer.from(PLAN);
  expect(await outcomeOf(PLAN, endReason)).toBe(2);
  for (let length = 0; length < bytes.length; length += 1) {
    expect(await outcomeOf(bytes.toString("utf8", 0, length), endReason)).toEqual([code]);
  }
});
