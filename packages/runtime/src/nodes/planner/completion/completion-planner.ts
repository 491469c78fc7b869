/**
 * The planner for base models, which only continue a text: even a very small one plans valid calls, because a grammar
 * holds it to the tools and to the values that the goal names. Code splits the goal, looks up tools and types the values;
 * the model decides which call serves which part, with which of the values, and what is read from an earlier call.
 *
 * It copies and wires, it does not write: a goal that needs a text of its own, or a part that no tool can serve with what
 * the goal says, ends as "no tool fits", with the part and the reason. It cannot think about findings either: a plan that
 * was refused is sampled again without the refused choice, and a plan that failed at run time is left as it is.
 */
import { catalogueOf, type JsonObject, type PlannerOutcome, type ToolCatalogue } from "@agentmesh/core";
import { complete, type Completion, ModelOutputError, type OutputFinding, type Verdict } from "@agentmesh/models";
import type { Model, NodeContext, Planner, PlannerRequest } from "@agentmesh/ports";
import { observedModel } from "../../observed-model.ts";
import { GOAL_CHARACTERS_MAX, GoalTooLongError } from "../goal-too-long-error.ts";
import { judgeAnswer } from "../plan-judgement.ts";
import { completionPrompt } from "./completion-prompt.ts";
import { GOAL_PARTS_MAX, type GoalPart, goalParts, plainGoal } from "./goal-part.ts";
import { GrammarMissingError } from "./grammar-missing-error.ts";
import { noToolReason } from "./no-tool-reason.ts";
import { type PlanGrammar, planGrammar } from "./plan-grammar.ts";
import { type PlanLine, readPlanLines } from "./plan-line.ts";
import { planTools } from "./plan-tool.ts";
import { translatePlan } from "./plan-translation.ts";
import { refusedChoice } from "./refused-choice.ts";
import { RefusedChoices } from "./refused-choices.ts";
import { ToolCandidates } from "./tool-candidates.ts";
import { inputSource } from "./value-source.ts";

/** Plans sampled within one call of the planner. */
export const PLAN_SAMPLES_MAX = 6;
/** Between the seeds of two calls of the planner. */
const SEED_STEP = 1_000;
/** Enough to choose differently the second time, not enough to leave what is likely. */
const SAMPLING = { temperature: 0.4, topK: 40, minP: 0.05 };
/** Tokens of one plan: more than the lines that the grammar allows for as many parts. */
const PLAN_TOKENS_MAX = 2_048;
const TOKENS_A_PART = 192;

export interface CompletionPlannerOptions {
  /**
   * Makes plans repeatable: sample n takes seed + n. Absent: the first sample takes the seed of the model's own
   * configuration, if it has one, and later ones count from 0.
   */
  readonly seed?: number;
}

type PossibleGrammar = Extract<PlanGrammar, { readonly isPossible: true }>;

interface Planning {
  readonly request: PlannerRequest;
  readonly context: NodeContext;
  readonly model: Model;
  readonly parts: readonly GoalPart[];
  readonly candidates: ToolCandidates;
  readonly catalogue: ToolCatalogue;
  readonly refused: RefusedChoices;
}

interface Sample {
  readonly outcome?: PlannerOutcome;
  readonly findings: readonly OutputFinding[];
  readonly completion: Completion;
}

export class CompletionPlanner implements Planner {
  readonly #options: CompletionPlannerOptions;

  constructor(options: CompletionPlannerOptions = {}) {
    this.#options = options;
  }

  /**
   * Throws NoModelError without a model for the role, ModelError as the model does, GrammarMissingError,
   * GoalTooLongError, and ModelOutputError when PLAN_SAMPLES_MAX plans were refused.
   */
  async plan(request: PlannerRequest, context: NodeContext): Promise<PlannerOutcome> {
    const { goal, previous } = request;
    if (goal.length > GOAL_CHARACTERS_MAX) throw new GoalTooLongError(goal.length);
    if (previous?.plan !== undefined) {
      context.report({
        type: "note",
        message: "This model cannot plan around a failed task: the plan stays as it is.",
      });
      return { kind: "plan", plan: previous.plan };
    }
    const parts = goalParts(goal);
    const tools = planTools(request.tools);
    if (tools.length === 0) return { kind: "no-tool-fits", reason: "there are no tools" };
    if (parts.length === 0) return { kind: "no-tool-fits", reason: "the goal has no words" };
    const tooMany = tooManyParts(parts, request.tasksMax);
    if (tooMany !== undefined) return { kind: "no-tool-fits", reason: tooMany };
    return this.#search({
      request,
      context,
      model: await plannerModel(context),
      parts,
      candidates: new ToolCandidates(tools),
      catalogue: catalogueOf(request.tools),
      refused: new RefusedChoices(),
    });
  }

  async #search(planning: Planning): Promise<PlannerOutcome> {
    const { context, model } = planning;
    for (let attempt = 1; ; attempt += 1) {
      const grammar = planGrammar({
        ...planning,
        inputs: Object.entries(planning.request.inputs).map(([name, schema]) => inputSource(name, schema)),
        tasksMax: planning.request.tasksMax,
      });
      if (!grammar.isPossible) return { kind: "no-tool-fits", reason: noToolReason(grammar) };
      const { outcome, findings, completion } = await this.#sample(planning, grammar, attempt);
      if (outcome !== undefined) return outcome;
      context.report({ type: "note", message: `The plan was refused: ${codesOf(findings)}` });
      if (attempt === PLAN_SAMPLES_MAX) {
        const { text, usage } = completion;
        throw new ModelOutputError({ model: model.id, attempts: attempt, findings, text, usage });
      }
    }
  }

  async #sample(planning: Planning, grammar: PossibleGrammar, attempt: number): Promise<Sample> {
    const { request, context, model, parts } = planning;
    const seed = this.#seed(request.attempt, attempt);
    const completion = await complete(
      model,
      {
        messages: [{ role: "user", text: completionPrompt(plainGoal(request.goal), grammar.tools) }],
        output: { name: "plan", grammar: grammar.text },
        sampling: { ...SAMPLING, ...(seed === undefined ? {} : { seed }) },
        maxOutputTokens: Math.min(PLAN_TOKENS_MAX, TOKENS_A_PART * (parts.length + 1)),
      },
      context.signal,
    );
    const lines = readPlanLines(completion.text, grammar.tools);
    return lines === undefined
      ? { completion, findings: [unreadable(completion)] }
      : { completion, ...judged(lines, planning) };
  }

  #seed(plannerAttempt: number, attempt: number): number | undefined {
    const steps = (plannerAttempt - 1) * SEED_STEP + attempt - 1;
    if (this.#options.seed === undefined) return steps === 0 ? undefined : steps;
    return this.#options.seed + steps;
  }
}

async function plannerModel(context: NodeContext): Promise<Model> {
  const model = await context.model("planner");
  const { output } = model.capabilities;
  if (output !== "grammar") throw new GrammarMissingError(model.id, output);
  return observedModel(model, (part) => {
    if (part.type === "text") context.report({ type: "text", delta: part.delta });
  });
}

/** Every part that cannot join the one before takes a task of its own. */
function tooManyParts(parts: readonly GoalPart[], tasksMax: number): string | undefined {
  const tasks = parts.filter(({ mayJoin }) => !mayJoin).length;
  if (parts.length > GOAL_PARTS_MAX) {
    return `the goal has ${parts.length} parts, and this model plans ${GOAL_PARTS_MAX} at most`;
  }
  return tasks > tasksMax ? `the goal takes ${tasks} tasks, and ${tasksMax} are allowed` : undefined;
}

/** The core's own check; what it refuses again is left out of the next grammar. */
function judged(lines: readonly PlanLine[], planning: Planning): Pick<Sample, "outcome" | "findings"> {
  const { request, refused } = planning;
  const { document, misfits } = translatePlan(lines, request.inputs);
  const verdict =
    misfits.length > 0 ? { isValid: false as const, findings: misfits.map(misfit) } : judge(document, planning);
  if (verdict.isValid) return { outcome: verdict.value, findings: [] };
  refused.add(verdict.findings.flatMap(({ path }) => refusedChoice(path, lines) ?? []));
  return { findings: verdict.findings };
}

function judge(document: JsonObject, { request, catalogue }: Planning): Verdict<PlannerOutcome> {
  const verdict = judgeAnswer(document, { request, catalogue, canAskForTools: false, onStripped: () => undefined });
  if (!verdict.isValid) return verdict;
  const { value } = verdict;
  return value.kind === "more-tools" ? { isValid: false, findings: [] } : { isValid: true, value };
}

function misfit(path: string): OutputFinding {
  return { code: "AM_TYPE_MISMATCH", path, message: "Nothing of the value that is read fits this argument." };
}

function unreadable({ endReason }: Completion): OutputFinding {
  return endReason === "length"
    ? { code: "AM_MODEL_OUTPUT_TRUNCATED", path: "", message: "The plan was cut before its end." }
    : { code: "AM_PLAN_INVALID", path: "", message: "This is no plan: a line is no call, or the end is missing." };
}

function codesOf(findings: readonly OutputFinding[]): string {
  return [...new Set(findings.map(({ code }) => code))].join(", ");
}
