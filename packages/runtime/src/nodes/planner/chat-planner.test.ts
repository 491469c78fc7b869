/** The planner with a scripted model and the core's own check: good answers, bad ones, and those that never get better. */
import {
  catalogueOf,
  checkPlan,
  hasErrors,
  type JsonObject,
  parsePlan,
  type Plan,
  type PlannerOutcome,
  type ToolSpec,
} from "@agentmesh/core";
import { type ScriptedAnswer, type ScriptedModel, scriptedModel, ScriptedReply } from "@agentmesh/models";
import type { ModelCapabilities, NodeContext, NodeProgress, PlannerRequest } from "@agentmesh/ports";
import { describe, expect, test } from "vitest";
import { ChatPlanner, PLANNER_ATTEMPTS_MAX } from "./chat-planner.ts";
import { DefaultPlanner } from "./default-planner.ts";
import { EXAMPLE_TOOLS, EXAMPLES } from "./planner-examples.ts";

interface Asked {
  readonly outcome: PlannerOutcome;
  readonly model: ScriptedModel;
  readonly progress: readonly NodeProgress[];
}

const GOOD = EXAMPLES[0]?.answer as JsonObject;
const TIDES = { id: "leith", use: "harbour.tides", args: { port: "Leith", date: "2031-05-02" } };

async function ask(
  script: readonly ScriptedAnswer[],
  request: Partial<PlannerRequest> = {},
  capabilities: ModelCapabilities = { output: "schema" },
): Promise<Asked> {
  const model = scriptedModel(script, { capabilities });
  const progress: NodeProgress[] = [];
  const context: NodeContext = {
    run: "run",
    tenant: "local",
    signal: new AbortController().signal,
    model: () => Promise.resolve(model),
    report: (each) => void progress.push(each),
  };
  const whole = { goal: "Tides?", inputs: {}, tools: EXAMPLE_TOOLS, tasksMax: 8, attempt: 1, ...request };
  const outcome = await new DefaultPlanner({ chat: () => new ChatPlanner() }).plan(whole, context);
  return { outcome, model, progress };
}

function planOf({ outcome }: Asked): Plan {
  const parsed = outcome.kind === "plan" ? parsePlan(outcome.plan) : { plan: undefined };
  expect(parsed.plan).toBeDefined();
  return parsed.plan!;
}

/** What the last request said. */
function lastPrompt({ model }: Asked): string {
  return JSON.stringify(model.requests.at(-1)?.messages);
}

describe("an answer that is a plan", () => {
  test("becomes one that the core accepts, and is streamed while it is written", async () => {
    const asked = await ask([GOOD]);
    const plan = planOf(asked);
    expect(hasErrors(checkPlan(plan, catalogueOf(EXAMPLE_TOOLS)).findings)).toBe(false);
    expect(plan).toMatchObject({
      mesh: 1,
      note: GOOD["reason"],
      tasks: [{ id: "leith" }, { id: "oban" }, { id: "letter" }],
    });
    const text = asked.progress.flatMap((each) => (each.type === "text" ? [each.delta] : [])).join("");
    expect(JSON.parse(text)).toEqual(GOOD);
  });

  test.each([
    ["between sentences", `Here is the plan:\n\`\`\`json\n${JSON.stringify(GOOD)}\n\`\`\`\nHope it helps!`],
    ["behind reasoning", `<think>{"noToolFits": "perhaps"}</think>${JSON.stringify(GOOD)}`],
    ["with a comma too many", JSON.stringify(GOOD).replace(/\}\]/, "},]")],
    ["in a wrapper", JSON.stringify({ mesh_value: GOOD })],
    [
      "with nulls for what is left out",
      JSON.stringify({
        ...GOOD,
        output: null,
        tasks: [{ ...TIDES, each: null, when: null, after: null, onError: null }],
      }),
    ],
  ])("is found %s", async (_, text) => {
    expect(planOf(await ask([text])).tasks[0]?.id).toBe("leith");
  });

  test("never carries what a model may not decide", async () => {
    const task = { ...TIDES, effect: "read", cache: true, approve: false };
    const asked = await ask([{ reason: "r", tasks: [task] }]);
    expect(planOf(asked).tasks[0]).toEqual(TIDES);
    expect(asked.progress).toContainEqual({
      type: "note",
      message: "The model may not set effect, cache, approve: taken out of the plan.",
    });
  });

  test("carries the inputs of the run, so that it can refer to them", async () => {
    const args = { port: { $from: "inputs.port" }, date: "2031-05-02" };
    const plan = planOf(
      await ask([{ reason: "r", tasks: [{ ...TIDES, args }] }], { inputs: { port: { type: "string" } } }),
    );
    expect(plan.inputs).toEqual({ port: { type: "string" } });
  });
});

describe("an outcome that is no plan", () => {
  test("is passed on", async () => {
    expect((await ask([{ noToolFits: "None books flights." }])).outcome).toEqual({
      kind: "no-tool-fits",
      reason: "None books flights.",
    });
    expect((await ask([{ missing: ["the day"] }])).outcome).toEqual({ kind: "value-missing", missing: ["the day"] });
  });

  test("needs no model where there are no tools", async () => {
    const { outcome, model } = await ask([], { tools: [] });
    expect(outcome.kind).toBe("no-tool-fits");
    expect(model.requests).toHaveLength(0);
  });
});

describe("an answer that is wrong", () => {
  test.each([
    [
      "an invented tool",
      { reason: "r", tasks: [{ ...TIDES, use: "harbour.tide" }] },
      "AM_UNKNOWN_TOOL at /tasks/0/use",
    ],
    [
      "a missing argument",
      { reason: "r", tasks: [{ ...TIDES, args: { port: "Leith" } }] },
      "AM_ARGUMENT_INVALID at /tasks/0/args",
    ],
    [
      "a field that is not there",
      { reason: "r", tasks: [TIDES, { id: "d", use: "zoo.diet", args: { animal_id: { $from: "leith.low" } } }] },
      "AM_MISSING_PROPERTY at /tasks/1/args/animal_id",
    ],
    [
      "too many tasks",
      { reason: "r", tasks: Array.from({ length: 9 }, (_, index) => ({ ...TIDES, id: `t${index}` })) },
      "AM_TOO_MANY_TASKS at /tasks",
    ],
    ["no task at all", { reason: "r", tasks: [] }, "AM_PLAN_INVALID at /tasks"],
    ["a key of its own", { reason: "r", tasks: [{ ...TIDES, priority: 1 }] }, "AM_UNKNOWN_KEY at /tasks/0/priority"],
    ["another form", { steps: [] }, "AM_PLAN_INVALID"],
    ["half of one", JSON.stringify(GOOD).slice(0, 200), "AM_MODEL_OUTPUT_TRUNCATED"],
    ["prose", "I would first look up the tides.", "AM_MODEL_OUTPUT_NOT_JSON"],
  ] as const)("(%s) goes back with its finding, and the next one counts", async (_, wrong, finding) => {
    const asked = await ask([wrong, GOOD]);
    expect(planOf(asked).tasks).toHaveLength(3);
    expect(lastPrompt(asked)).toContain(finding);
  });

  test("for ever ends in a typed error after a bounded number of calls", async () => {
    let calls = 0;
    const endless = () => {
      calls += 1;
      return { reason: "r", tasks: [{ ...TIDES, use: "no.tool" }] };
    };
    const failure = ask([endless, endless, endless, endless]);
    await expect(failure).rejects.toMatchObject({
      code: "AM_MODEL_OUTPUT_INVALID",
      hint: expect.stringContaining("larger model"),
      facts: { attempts: PLANNER_ATTEMPTS_MAX, findings: [{ code: "AM_UNKNOWN_TOOL", path: "/tasks/0/use" }] },
    });
    expect(calls).toBe(PLANNER_ATTEMPTS_MAX);
  });

  test("because the model declines is a typed error at once", async () => {
    const refusal = new ScriptedReply({ text: "I cannot help with that.", endReason: "refused" });
    await expect(ask([refusal, GOOD])).rejects.toMatchObject({ code: "AM_MODEL_REQUEST_REFUSED" });
  });

  test("because it was cut by the limit is never completed by guessing", async () => {
    const cut = new ScriptedReply({
      text: JSON.stringify({ reason: "r", tasks: [TIDES] }).slice(0, -2),
      endReason: "length",
    });
    const asked = await ask([cut, GOOD]);
    expect(planOf(asked).tasks).toHaveLength(3);
  });
});

test("a goal of a whole book is refused before a model is asked", async () => {
  await expect(ask([GOOD], { goal: "a".repeat(20_001) })).rejects.toMatchObject({ code: "AM_GOAL_TOO_LONG" });
});

test("a base model without a strategy for it is a typed error", async () => {
  await expect(ask([GOOD], {}, { output: "grammar", prompt: "completion" })).rejects.toMatchObject({
    code: "AM_STRATEGY_MISSING",
    hint: expect.stringContaining("chat model"),
  });
});

describe("with hundreds of tools", () => {
  const many: readonly ToolSpec[] = [
    ...EXAMPLE_TOOLS,
    ...Array.from({ length: 300 }, (_, index) => ({
      ...EXAMPLE_TOOLS[0]!,
      name: `far.away_${index}`,
      server: "far",
      tool: `away_${index}`,
      description: "Elsewhere.",
    })),
  ];

  test("those that fit are shown, and the model can ask for one of the others, once", async () => {
    const plan = { reason: "r", tasks: [{ ...TIDES, use: "far.away_7" }] };
    const asked = await ask([{ moreTools: ["far.away_7"] }, plan], { tools: many });
    expect(planOf(asked).tasks[0]?.use).toBe("far.away_7");
    const [first, second] = asked.model.requests.map(({ messages }) => messages[1]?.text ?? "");
    expect(first).toContain("harbour.tides(");
    expect(first).toContain("away_299");
    expect(first).not.toContain("far.away_7(");
    expect(second).toContain("far.away_7(");
    expect(JSON.stringify(asked.model.requests[1]?.output)).not.toContain("moreTools");
  });

  test("a model that only ever asks for more gets a typed error", async () => {
    const more = { moreTools: ["far.away_7"] };
    await expect(ask([more, more, more, more], { tools: many })).rejects.toMatchObject({
      code: "AM_MODEL_OUTPUT_INVALID",
    });
  });

  test("the prompt keeps its size", async () => {
    const { model } = await ask([GOOD], { tools: many });
    expect(JSON.stringify(model.requests[0]?.messages).length).toBeLessThan(40_000);
  });
});

test("a backend that enforces no schema is not told every argument twice", async () => {
  const sizes = await Promise.all(
    (["schema", "text"] as const).map(async (output) => {
      const { model } = await ask([GOOD], {}, { output });
      return JSON.stringify(model.requests[0]?.output).length;
    }),
  );
  expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) / 2);
});

describe("a patch", () => {
  const letter = {
    id: "letter",
    use: "letters.send",
    args: { to: "m@example.org", subject: "s", body: "{{ leith.high[0].time }}" },
  };
  const { plan } = parsePlan({ mesh: 1, tasks: [TIDES, letter] });
  const previous = {
    findings: [{ code: "AM_TASK_FAILED", path: "/tasks/1", task: "letter" } as const],
    finished: ["leith"],
    ...(plan === undefined ? {} : { plan }),
  };

  test("may refer to what is done without planning it again", async () => {
    const next = { ...letter, id: "second_letter" };
    const patched = planOf(await ask([{ reason: "r", tasks: [next] }], { previous }));
    expect(patched.tasks).toEqual([next]);
  });

  test("leaves out what is done, and gives a used id a fresh name wherever it stands", async () => {
    const note = { ...letter, id: "note", after: ["letter"], args: { ...letter.args, body: "{{ letter.sent }}" } };
    const patched = planOf(
      await ask([{ reason: "r", tasks: [TIDES, letter, note], output: { $from: "letter.sent" } }], { previous }),
    );
    expect(patched.tasks).toEqual([
      { ...letter, id: "letter_2" },
      { ...note, after: ["letter_2"], args: { ...note.args, body: "{{ letter_2.sent }}" } },
    ]);
    expect(patched.output).toEqual({ $from: "letter_2.sent" });
  });

  test("that refers to what failed goes back with a finding", async () => {
    const note = { ...letter, id: "note", args: { ...letter.args, body: "{{ letter.sent }}" } };
    const asked = await ask(
      [
        { reason: "r", tasks: [note] },
        { reason: "r", tasks: [{ ...letter, id: "again" }] },
      ],
      { previous },
    );
    expect(lastPrompt(asked)).toContain("AM_UNKNOWN_REFERENCE at /tasks/0/args/body");
  });
});
