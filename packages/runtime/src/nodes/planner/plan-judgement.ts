/** Judges one answer of a model: the outcome it means, or what is wrong with it, with the same check that the core makes. */
import {
  checkPlan,
  type Finding,
  type Json,
  parsePlan,
  type Plan,
  type PlannerOutcome,
  type ToolCatalogue,
} from "@agentmesh/core";
import type { OutputFinding, Verdict } from "@agentmesh/models";
import type { PlannerRequest } from "@agentmesh/ports";
import { type PlanDraft, readPlanDraft } from "./plan-draft.ts";
import { finishedTasks, fitPatch } from "./plan-patch.ts";

export type Judgement = PlannerOutcome | Extract<PlanDraft, { readonly kind: "more-tools" }>;

export interface JudgementContext {
  readonly request: Pick<PlannerRequest, "inputs" | "tasksMax" | "previous">;
  readonly catalogue: ToolCatalogue;
  /** Whether the model may still ask for more tools. */
  readonly canAskForTools: boolean;
  /** Told what was taken out of a plan because a model may not decide it. */
  readonly onStripped: (keys: readonly string[]) => void;
}

/** Never throws. */
export function judgeAnswer(value: Json, context: JudgementContext): Verdict<Judgement> {
  const draft = readPlanDraft(value, context.request.inputs);
  if (draft === undefined) return refused([shapeFinding("", "it has neither tasks nor noToolFits nor missing")]);
  if (draft.kind === "more-tools" && !context.canAskForTools) {
    return refused([
      shapeFinding("/moreTools", "these are all the tools there are; plan with them, or say noToolFits"),
    ]);
  }
  if (draft.kind !== "plan") return { isValid: true, value: draft };
  const { plan, findings } = parsePlan(draft.document);
  if (plan === undefined) return refused(findings.map(outputFinding));
  const verdict = judgePlan(fitPatch(plan, context.request.previous), context);
  if (verdict.isValid && draft.stripped.length > 0) context.onStripped(draft.stripped);
  return verdict;
}

function judgePlan(plan: Plan, { request, catalogue }: JudgementContext): Verdict<Judgement> {
  const finished = finishedTasks(request.previous);
  if (plan.tasks.length === 0 && finished.size === 0) return refused([shapeFinding("/tasks", "it has no task")]);
  if (plan.tasks.length > request.tasksMax) {
    const message = `The plan has ${plan.tasks.length} tasks, and ${request.tasksMax} are allowed. Use each for many alike.`;
    return refused([{ code: "AM_TOO_MANY_TASKS", path: "/tasks", message }]);
  }
  // The new tasks come first, so that paths point into what the model wrote.
  const { findings } = checkPlan({ ...plan, tasks: [...plan.tasks, ...finished.values()] }, catalogue);
  const wrong = findings.filter((finding) => isWrong(finding) && !finished.has(finding.task ?? ""));
  return wrong.length === 0 ? { isValid: true, value: { kind: "plan", plan } } : refused(wrong.map(outputFinding));
}

/** A field that a schema does not name may be there by chance; from a model it is made up. */
function isWrong({ severity, code }: Finding): boolean {
  return severity === "error" || code === "AM_MISSING_PROPERTY";
}

function refused(findings: readonly OutputFinding[]): Verdict<Judgement> {
  return { isValid: false, findings };
}

function shapeFinding(path: string, why: string): OutputFinding {
  return { code: "AM_PLAN_INVALID", path, message: `This is no plan: ${why}.` };
}

function outputFinding({ code, path, message, hint }: Finding): OutputFinding {
  return { code, path, message: hint === undefined ? message : `${message} ${hint}` };
}
