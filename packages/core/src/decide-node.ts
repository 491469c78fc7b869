/** What the outcome of a node (planner, router, validator, composer) means: the pipeline of DESIGN 1, step by step. */
import { checkPlan } from "./check-plan.ts";
import { asksForPlans } from "./approval-policy.ts";
import { askForPlan } from "./decide-approval.ts";
import type { ErrorRecord } from "./error-record.ts";
import { type Finding, hasErrors } from "./finding.ts";
import type { NodeName } from "./node-name.ts";
import type { ComposerOutcome, PlannerOutcome, RouterOutcome, ValidatorOutcome } from "./node-outcome.ts";
import type { Payload } from "./payload.ts";
import { parsePlan } from "./parse-plan.ts";
import { changesOf, mergePatch } from "./patch-plan.ts";
import type { Plan } from "./plan.ts";
import { blockedTasks, endFailed, failureOf } from "./run-failure.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { NodeFailedInput, NodeSucceededInput } from "./run-input.ts";
import type { RunState } from "./run-state.ts";
import type { ToolBinding, ToolBindings } from "./tool-binding.ts";
import { catalogueOfRouting } from "./tool-catalogue.ts";
import type { ToolSpec } from "./tool-spec.ts";

type Draft = RunEventDraft;

export function decideNodeSucceeded(state: RunState, input: NodeSucceededInput): readonly Draft[] {
  if (state.openNode?.call !== input.call) return [];
  const succeeded: Draft = {
    type: "node.succeeded",
    node: input.node,
    call: input.call,
    input: input.input,
    output: input.output,
    durationMs: input.durationMs,
  };
  if (state.status !== "running") return [succeeded];
  return [succeeded, ...consequencesOf(state, input)];
}

export function decideNodeFailed(state: RunState, input: NodeFailedInput): readonly Draft[] {
  const open = state.openNode;
  if (open?.call !== input.call) return [];
  const request = input.input === undefined ? {} : { input: input.input };
  const failed: Draft = {
    type: "node.failed",
    node: open.node,
    call: open.call,
    ...request,
    error: input.error,
    durationMs: input.durationMs,
  };
  if (state.isNodeParked && input.error.code === "AM_BUDGET_EXCEEDED") return [];
  return state.status === "running" ? [failed, ...endFailed(state, input.error)] : [failed];
}

function consequencesOf(state: RunState, input: NodeSucceededInput): readonly Draft[] {
  switch (input.node) {
    case "planner":
      return afterPlanner(state, input.outcome);
    case "router":
      return afterRouter(state, input.outcome);
    case "validator":
      return afterValidator(state, input.outcome);
    case "composer":
      return afterComposer(input.outcome);
  }
}

function afterPlanner(state: RunState, outcome: PlannerOutcome): readonly Draft[] {
  if (outcome.kind === "no-tool-fits") return endFailed(state, noToolFits(outcome.reason));
  if (outcome.kind === "value-missing") return endFailed(state, valueMissing(outcome.missing));
  const revision = state.revision + 1;
  const parsed = parsePlan(outcome.plan);
  if (parsed.plan === undefined) return reject(state, revision, parsed.findings);
  const tooMany = tooManyTasks(state, parsed.plan);
  if (tooMany !== undefined) return reject(state, revision, [tooMany]);
  const merged = mergePatch(state, parsed.plan);
  if (hasErrors(merged.findings)) return reject(state, revision, merged.findings);
  return [
    { type: "plan.proposed", revision, by: outcome.isCached === true ? "cache" : "planner", plan: merged.plan },
    startNode(state, "router"),
  ];
}

function afterRouter(state: RunState, outcome: RouterOutcome): readonly Draft[] {
  const { proposal } = state;
  if (proposal === undefined) return [];
  const { findings } = checkPlan(proposal.plan, catalogueOfRouting(outcome));
  if (hasErrors(findings)) return reject(state, proposal.revision, findings);
  const accepted = {
    revision: proposal.revision,
    bindings: bindingsOf(proposal.plan, outcome),
    findings: findings.filter((finding) => finding.severity !== "error"),
  };
  const question = asksForPlans(state) ? [askForPlan(proposal.revision, proposal.plan.tasks.length)] : [];
  if (state.compiled === undefined) return [{ type: "plan.accepted", ...accepted }, ...question];
  const changes = changesOf(state, proposal.plan);
  return [{ type: "plan.patched", ...accepted, ...changes, reason: [...state.findings] }, ...question];
}

/**
 * Findings go back to the planner while it has attempts left. A caller's plan is refused at once, and so is the first plan of
 * a fork: what it takes over belongs to that plan.
 */
function reject(state: RunState, revision: number, findings: readonly Finding[]): readonly Draft[] {
  const rejected: Draft = { type: "plan.rejected", by: "check", revision, findings: [...findings] };
  const isForked = state.fork !== undefined && state.compiled === undefined;
  const isPlanned = state.goal !== undefined && !isForked;
  if (isPlanned && state.planAttempts < (state.policy?.planAttemptsMax ?? 1))
    return [rejected, startNode(state, "planner")];
  return [rejected, ...endFailed(state, planRejected(findings, isPlanned ? state.planAttempts : 0))];
}

function afterValidator(state: RunState, outcome: ValidatorOutcome): readonly Draft[] {
  const canPatch = state.goal !== undefined && state.patches < (state.policy?.patchesMax ?? 0);
  if (hasErrors(outcome.findings) && canPatch)
    return [
      { type: "plan.rejected", by: "validator", revision: state.revision, findings: [...outcome.findings] },
      startNode(state, "planner"),
    ];
  const error = failureOf(state) ?? outcome.outputError;
  if (error !== undefined) return endFailed(state, error);
  if (state.goal !== undefined) return [...blockedTasks(state), startNode(state, "composer")];
  return [...blockedTasks(state), { type: "run.succeeded", ...outputOf(outcome) }];
}

function afterComposer(outcome: ComposerOutcome): readonly Draft[] {
  const { answer, citations, removedCitations } = outcome;
  return [
    { type: "answer.composed", answer, citations: [...citations], removedCitations: [...removedCitations] },
    { type: "run.succeeded", ...outputOf(outcome) },
  ];
}

function outputOf({ output }: { readonly output?: Payload }): { output?: Payload } {
  return output === undefined ? {} : { output };
}

function startNode(state: RunState, node: NodeName): Draft {
  return { type: "node.started", node, call: `${node}#${(state.nodeCalls.get(node) ?? 0) + 1}` };
}

function bindingsOf(plan: Plan, outcome: RouterOutcome): ToolBindings {
  return Object.fromEntries(
    [...outcome.tools].map(([use, tool]) => {
      const others = outcome.alternatives?.get(use)?.filter((other) => fitsInstead(plan, outcome, [use, other])) ?? [];
      const alternatives = others.filter(({ name }) => name !== tool.name).map(boundTo);
      return [use, { ...boundTo(tool), ...(alternatives.length === 0 ? {} : { alternatives }) }];
    }),
  );
}

/** Whether the plan would pass with that tool too. */
function fitsInstead(plan: Plan, outcome: RouterOutcome, [use, tool]: readonly [use: string, tool: ToolSpec]): boolean {
  const tools = new Map(outcome.tools).set(use, tool);
  return !hasErrors(checkPlan(plan, catalogueOfRouting({ ...outcome, tools })).findings);
}

function boundTo({ name, server, effect, isDestructive, isOpenWorld, runs, fingerprint }: ToolSpec): ToolBinding {
  return {
    tool: name,
    server,
    effect,
    isOpenWorld,
    fingerprint,
    ...(isDestructive === true ? { isDestructive } : {}),
    ...(runs === undefined ? {} : { runs }),
  };
}

function tooManyTasks(state: RunState, plan: Plan): Finding | undefined {
  const limit = state.policy?.plannedTasksMax ?? 0;
  if (plan.tasks.length <= limit) return undefined;
  return {
    code: "AM_TOO_MANY_TASKS",
    severity: "error",
    path: "/tasks",
    message: `The plan has ${plan.tasks.length} tasks, more than the ${limit} allowed.`,
    hint: "Use `each`, or raise policy.plannedTasksMax.",
  };
}

function noToolFits(reason: string): ErrorRecord {
  return {
    code: "AM_NO_TOOL_FITS",
    message: `No tool fits this goal: ${reason}`,
    hint: "Add a server that can do it under mcpServers. The tools there are: agentmesh tools",
    facts: { reason },
  };
}

function valueMissing(missing: readonly string[]): ErrorRecord {
  return {
    code: "AM_VALUE_MISSING",
    message: `The goal leaves open: ${missing.join("; ")}`,
    hint: "Say it in the goal, or give it with --input.",
    facts: { missing: [...missing] },
  };
}

function planRejected(findings: readonly Finding[], attempts: number): ErrorRecord {
  const errors = findings.filter((finding) => finding.severity === "error");
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const who =
    attempts > 0 ? `No plan passed the check in ${attempts} attempts. The last` : "The plan did not pass the check";
  return {
    code: errors[0]?.code === "AM_SERVER_UNAVAILABLE" ? "AM_SERVER_UNAVAILABLE" : "AM_PLAN_REJECTED",
    message: `${who}: ${errors[0]?.message ?? "unknown"}${more}`,
    hint: errors[0]?.hint ?? "See facts.findings for every finding with its path.",
    facts: { findings: errors.slice(0, 50).map(({ code, path, message }) => ({ code, path, message })), attempts },
  };
}
