/** The tool `run`: a goal in plain words, or a plan of the caller's own. */
import { isJsonObject, type JsonObject, MeshError, parsePlan } from "@agentmesh/core";
import { PlanInvalidError } from "../mesh/plan-invalid-error.ts";
import type { ServedWork, Work } from "./served-work.ts";

export const RUN_TOOL_NAME = "run";

const GOAL_CHARS_MAX = 100_000;
const NAME_CHARS_MAX = 200;

const INPUT_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    goal: {
      type: "string",
      minLength: 1,
      maxLength: GOAL_CHARS_MAX,
      description: "What is to be reached, in plain words.",
    },
    plan: {
      type: "object",
      description: "A plan (plan.schema.json) in place of a goal: nothing is planned or composed then.",
    },
    inputs: { type: "object", description: "Values of the plan's inputs, by name." },
    name: { type: "string", maxLength: NAME_CHARS_MAX, description: "What the run is called in lists." },
  },
  additionalProperties: false,
};

/** A list of types, or none at all, is legal, and some hosts refuse it. */
const JSON_TYPES = ["object", "array", "string", "number", "boolean", "null"];

const OUTPUT_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    run: { type: "string", description: "The id of the run; agentmesh://runs/ID tells more of it." },
    status: { enum: ["succeeded", "failed", "cancelled", "suspended"] },
    output: {
      anyOf: JSON_TYPES.map((type) => ({ type })),
      description: "What the plan names as its output; null when it names none.",
    },
    answer: {
      anyOf: [{ type: "string" }, { type: "null" }],
      description: "The answer to a goal; [task] points at the call behind a claim.",
    },
    citations: { type: "array", items: { type: "string" }, description: "Ids of the tasks that the answer stands on." },
    usage: { type: "object", description: "Calls and tokens." },
    error: { type: "object", description: "Of a run that failed: code, message, hint, facts." },
    waits: { type: "array", items: { type: "object" }, description: "Of a suspended run: what it waits for." },
  },
  required: ["run", "status", "output", "answer", "citations", "usage"],
};

export const RUN_WORK: ServedWork = {
  tool: {
    name: RUN_TOOL_NAME,
    title: "Run a goal or a plan",
    description:
      "Reaches a goal: plans a graph of tool calls, checks it, runs it in parallel and answers with citations. Or runs a plan document as it is.",
    inputSchema: INPUT_SCHEMA,
    outputSchema: OUTPUT_SCHEMA,
    // What it does depends on the goal: nothing can be promised.
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  },
  shape: "run",
  workOf: (args) => workOf(args),
};

/** Throws PlanInvalidError, or GoalMissingError when there is neither a goal nor a plan, or both. */
function workOf({ goal, plan, inputs, name }: JsonObject): Work {
  if ((goal === undefined) === (plan === undefined)) throw new GoalMissingError();
  const given = isJsonObject(inputs) ? inputs : {};
  if (typeof goal === "string")
    return { work: goal, inputs: given, name: typeof name === "string" ? name : goal.slice(0, 100) };
  const parsed = parsePlan(plan);
  if (parsed.plan === undefined) throw new PlanInvalidError(parsed.findings);
  return { work: parsed.plan, inputs: given, name: typeof name === "string" ? name : parsed.plan.name };
}

class GoalMissingError extends MeshError {
  constructor() {
    super({
      code: "AM_ARGUMENT_INVALID",
      message: 'Give either "goal" or "plan".',
      hint: "A goal is planned; a plan is run as it is.",
      facts: { tool: RUN_TOOL_NAME },
    });
  }
}
