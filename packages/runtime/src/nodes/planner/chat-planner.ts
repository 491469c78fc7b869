/**
 * The planner for chat models: shows the tools that fit the goal, asks for a plan in a schema built from them, and gives
 * findings back to the model, a few times at most. Asks for nothing that the tools at hand cannot do.
 */
import { catalogueOf, nearestNames, type PlannerOutcome, type ToolCatalogue } from "@agentmesh/core";
import { generateStructured, type OutputFinding } from "@agentmesh/models";
import type { Model, ModelRequest, NodeContext, Planner, PlannerRequest } from "@agentmesh/ports";
import { observedModel } from "../observed-model.ts";
import { GOAL_CHARACTERS_MAX, GoalTooLongError } from "./goal-too-long-error.ts";
import { judgeAnswer, type Judgement } from "./plan-judgement.ts";
import { finishedTasks } from "./plan-patch.ts";
import { planSchema } from "./plan-schema.ts";
import { plannerMessages } from "./planner-prompt.ts";
import { selectTools, TOOL_CHARACTERS_MAX, type ToolSelection } from "./tool-selection.ts";
import { quoted } from "./tool-signature.ts";

/** Answers asked for within one call of the planner; the core calls it again with the findings, `planAttemptsMax` times. */
export const PLANNER_ATTEMPTS_MAX = 2;
/** Tokens of one answer, reasoning included: some sixty tasks. */
const ANSWER_TOKENS_MAX = 16_000;
/** Characters of one finding that the model is told. */
const FINDING_CHARACTERS_MAX = 400;
/** Of a known context, the part that tools may fill, in characters: half of it, at three characters a token. */
const TOOL_CHARACTERS_A_TOKEN = 1.5;
/** The built-in tools are shown for every goal. */
const ALWAYS_SHOWN_SERVER = "mesh";

interface Planning {
  readonly request: PlannerRequest;
  readonly context: NodeContext;
  readonly model: Model;
  readonly catalogue: ToolCatalogue;
}

export class ChatPlanner implements Planner {
  /**
   * Throws NoModelError without a model for the role, ModelError as the model does (AM_MODEL_REQUEST_REFUSED when it
   * declined), ModelOutputError when no answer was a plan, GoalTooLongError.
   */
  async plan(request: PlannerRequest, context: NodeContext): Promise<PlannerOutcome> {
    if (request.goal.length > GOAL_CHARACTERS_MAX) throw new GoalTooLongError(request.goal.length);
    if (request.tools.length === 0) return { kind: "no-tool-fits", reason: "there are no tools" };
    const model = observedModel(await context.model("planner"), (part) => {
      if (part.type === "text" || part.type === "reasoning") context.report({ type: part.type, delta: part.delta });
    });
    const planning = { request, context, model, catalogue: catalogueOf(request.tools) };
    const first = await ask(planning, selectionFor(planning, new Set()), true);
    if (first.kind !== "more-tools") return first;
    const wanted = new Set(first.names.flatMap((name) => knownNames(name, planning.catalogue)));
    const second = await ask(planning, selectionFor(planning, wanted), false);
    return second.kind === "more-tools" ? { kind: "no-tool-fits", reason: "no plan came of the tools" } : second;
  }
}

/** What fits the goal; besides, what was asked for, what finished tasks used, and what is built in. */
function selectionFor({ request, model }: Planning, wanted: ReadonlySet<string>): ToolSelection {
  const { goal, tools, previous } = request;
  const used = [...finishedTasks(previous).values()].map(({ use }) => use);
  const builtIn = tools.filter(({ server }) => server === ALWAYS_SHOWN_SERVER).map(({ name }) => name);
  const { contextTokens = Number.POSITIVE_INFINITY } = model.capabilities;
  const charactersMax = Math.min(TOOL_CHARACTERS_MAX, contextTokens * TOOL_CHARACTERS_A_TOKEN);
  return selectTools({ goal, tools, always: new Set([...builtIn, ...wanted, ...used]), charactersMax });
}

async function ask(planning: Planning, selection: ToolSelection, mayAsk: boolean): Promise<Judgement> {
  const { request, context, model, catalogue } = planning;
  const canAskForTools = mayAsk && selection.others.length > 0;
  const { value } = await generateStructured<Judgement>({
    model,
    request: modelRequest(planning, selection, canAskForTools),
    signal: context.signal,
    attemptsMax: PLANNER_ATTEMPTS_MAX,
    tell,
    validate: (answer) =>
      judgeAnswer(answer, {
        request,
        catalogue,
        canAskForTools,
        onStripped: (keys) =>
          context.report({ type: "note", message: `The model may not set ${keys.join(", ")}: taken out of the plan.` }),
      }),
    onFindings: (findings) =>
      context.report({
        type: "note",
        message: `The plan was refused: ${[...new Set(findings.map(({ code }) => code))].join(", ")}`,
      }),
  });
  return value;
}

function modelRequest(planning: Planning, selection: ToolSelection, canAskForTools: boolean): ModelRequest {
  const { request, catalogue, model } = planning;
  const { output } = model.capabilities;
  const schema = planSchema({
    tools: selection.shown,
    tasksMax: request.tasksMax,
    hasOthers: canAskForTools,
    detail: output === "schema" || output === "grammar" ? "full" : "outline",
  });
  return {
    messages: plannerMessages({ request, selection, catalogue, canAskForTools }),
    output: { name: "plan", schema },
    sampling: { temperature: 0 },
    maxOutputTokens: ANSWER_TOKENS_MAX,
  };
}

/** A finding of a check that no tool output has entered: the sentence may say names of schemas and of the answer itself. */
function tell({ code, path, message }: OutputFinding): string {
  return `${code}${path === "" ? "" : ` at ${path}`}: ${quoted(message, FINDING_CHARACTERS_MAX)}`;
}

/** A name as it is, or the tools that it nearly names. */
function knownNames(name: string, catalogue: ToolCatalogue): readonly string[] {
  return catalogue.toolFor(name) === undefined ? nearestNames(name, catalogue.names) : [name];
}
