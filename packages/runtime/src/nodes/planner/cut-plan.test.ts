/** A plan that a model wrote and that was cut, at every byte: what comes of it is a plan that passes the check, or a typed error. */
import { catalogueOf, checkPlan, hasErrors, type JsonObject, type Plan, parsePlan } from "@agentmesh/core";
import { ModelOutputError, type OutputFinding, scriptedModel, ScriptedReply } from "@agentmesh/models";
import type { ModelEndReason } from "@agentmesh/ports";
import { describe, expect, test } from "vitest";
import { ChatPlanner, PLANNER_ATTEMPTS_MAX } from "./chat-planner.ts";
import { EXAMPLE_TOOLS } from "./planner-examples.ts";

const PLAN = {
  reason: 'The look-ups come first; "Grüße" (世界 👩‍🚀) go with the letter \\ {all} of [them].',
  tasks: [
    { id: "leith", use: "harbour.tides", args: { port: "Leith", date: "2031-05-02" }, timeoutMs: 30_000 },
    { id: "otters", use: "zoo.find_animals", args: { kind: "otter 🦦" }, onError: "null" },
    {
      id: "diets",
      use: "zoo.diet",
      args: { animal_id: { $from: "otter.id" } },
      each: { in: { $from: "otters.animals" }, as: "otter", maxItems: 20 },
      when: "otters.animals | length > 0",
    },
    {
      id: "letter",
      use: "letters.send",
      args: { to: "mara@example.org", subject: "Grüße", body: "{{ leith.high[0].time }}\n{{ diets | tojson }}" },
      retry: { max: 1 },
      after: ["leith"],
    },
  ],
  output: { $from: "letter.sent" },
} satisfies JsonObject;
const TEXT = JSON.stringify(PLAN);
const IDS = PLAN.tasks.map(({ id }) => id);

type Outcome = { readonly plan: Plan } | { readonly findings: readonly OutputFinding[] };

/** What the planner makes of a model that gives this answer and no other. Anything that is not typed is thrown. */
async function outcomeOf(text: string, endReason: ModelEndReason): Promise<Outcome> {
  const model = scriptedModel(() => new ScriptedReply({ text, endReason }), { capabilities: { output: "json" } });
  const request = { goal: "Tides?", inputs: {}, tools: EXAMPLE_TOOLS, tasksMax: 8, attempt: 1 };
  try {
    const outcome = await new ChatPlanner().plan(request, {
      run: "run",
      tenant: "local",
      signal: new AbortController().signal,
      model: () => Promise.resolve(model),
      report: () => undefined,
    });
    const { plan } = parsePlan(outcome.kind === "plan" ? outcome.plan : undefined);
    if (plan === undefined) throw new Error(`neither a plan nor an error: ${JSON.stringify(outcome)}`);
    return { plan };
  } catch (error) {
    if (!(error instanceof ModelOutputError)) throw error;
    expect(model.requests).toHaveLength(PLANNER_ATTEMPTS_MAX);
    return { findings: error.findings };
  }
}

/** The answer as it was received up to each of its bytes; half a character decodes to U+FFFD. */
function cutsOf(answer: string): readonly string[] {
  const bytes = Buffer.from(answer);
  return Array.from(bytes, (_, length) => bytes.toString("utf8", 0, length));
}

function isTyped({ code, path }: OutputFinding): boolean {
  return /^AM_[A-Z_]+$/.test(code) && (path === "" || path.startsWith("/"));
}

describe.each([
  ["alone", TEXT],
  [
    "in a fence between sentences",
    `Here {it} is:\n\`\`\`json\n${JSON.stringify(PLAN, undefined, 2)}\n\`\`\`\nEnjoy [it]!`,
  ],
  ["behind reasoning", `<think>Perhaps {"tasks": []}? No.</think>${TEXT}`],
  [
    "not quite in JSON",
    TEXT.replaceAll('"id"', "id").replaceAll("}},{", "}},\n// next\n{").replaceAll('"Leith"', "'Leith'"),
  ],
])("a plan %s", (_, answer) => {
  test("is found whole", async () => {
    expect(await outcomeOf(answer, "stop")).toHaveProperty("plan.tasks.length", IDS.length);
  });

  test("that was cut by the limit, at any byte, is never completed by guessing", async () => {
    for (const cut of cutsOf(answer)) {
      const outcome = await outcomeOf(cut, "length");
      if ("plan" in outcome) expect(outcome.plan.tasks.map(({ id }) => id)).toEqual(IDS);
      else expect(outcome.findings.length > 0 && outcome.findings.every(isTyped)).toBe(true);
    }
  });

  test("that simply stops, at any byte, is a plan that passes the check or has typed findings", async () => {
    for (const cut of cutsOf(answer)) {
      const outcome = await outcomeOf(cut, "stop");
      if ("plan" in outcome) {
        expect(hasErrors(checkPlan(outcome.plan, catalogueOf(EXAMPLE_TOOLS)).findings)).toBe(false);
        expect(IDS).toEqual(expect.arrayContaining(outcome.plan.tasks.map(({ id }) => id)));
      } else expect(outcome.findings.length > 0 && outcome.findings.every(isTyped)).toBe(true);
    }
  });
});
