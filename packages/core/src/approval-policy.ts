/** Which calls ask a person first: those whose task says so, and those that the policy names. */
import type { PlanTask } from "./plan.ts";
import { bindingOf, type RunState, type TaskState } from "./run-state.ts";
import type { ToolBinding } from "./tool-binding.ts";
import { ToolEffect } from "./tool-spec.ts";

export interface ApprovalTerms {
  readonly message?: string;
  readonly expiresMs?: number;
  readonly default?: "approve" | "reject";
}

/** How a task's call has to be asked for; undefined: it need not be. */
export function approvalTermsOf(state: RunState, task: TaskState): ApprovalTerms | undefined {
  const { approve } = task.compiled.spec;
  if (typeof approve === "object") return defined(approve);
  if (approve === true) return {};
  const binding = bindingOf(state, task);
  return binding !== undefined && isNamed(state.policy?.approve ?? [], binding, task.compiled.spec) ? {} : undefined;
}

/** Whether the policy wants a person to look at each accepted plan. */
export function asksForPlans(state: RunState): boolean {
  return state.policy?.approve?.includes("plan") === true && state.mode === "run";
}

/** A plan may call its own tool more dangerous than it is known to be, never less. */
function isNamed(names: readonly string[], binding: ToolBinding, { effect }: PlanTask): boolean {
  const declared = effect === undefined ? 0 : rank(effect);
  const danger = Math.max(declared, rank(binding.isDestructive === true ? "destructive" : binding.effect));
  return names.some((name) => {
    const asked = ToolEffect.safeParse(name);
    if (asked.success) return danger >= rank(asked.data);
    return name === binding.tool || name === `${binding.server}.*`;
  });
}

function rank(effect: ToolEffect): number {
  return ToolEffect.options.indexOf(effect);
}

function defined(terms: {
  readonly [Name in keyof ApprovalTerms]?: ApprovalTerms[Name] | undefined;
}): ApprovalTerms {
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
}
