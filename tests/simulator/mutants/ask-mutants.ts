/** Planted bugs of questions, signals and budgets. */
import type { Mutant } from "./mutant.ts";

const CORE = "packages/core/src/";

export const ASK_MUTANTS: readonly Mutant[] = [
  {
    name: "approval-applied-twice",
    file: `${CORE}evolve-ask.ts`,
    find: "  const ask = closeAsk(state, event.approval);\n  state.decisions.set(event.approval, { isGranted: true, by: event.by });",
    replace: "  const ask = state.asks.get(event.approval);",
    breaks: "A question that was answered stays open.",
  },
  {
    name: "expired-approval-accepted",
    file: `${CORE}decide-approval.ts`,
    find: '  if (ask?.kind !== "approval" || ask.untilMs <= nowMs) return [];',
    replace: '  if (ask?.kind !== "approval") return [];',
    breaks: "An answer that comes too late counts.",
    also: [
      {
        file: `${CORE}command-refusal.ts`,
        find: '  if (ask?.kind === "approval" && ask.untilMs > nowMs) return',
        replace: '  if (ask?.kind === "approval" && nowMs > 0) return',
      },
    ],
  },
  {
    name: "edited-arguments-ignored",
    file: `${CORE}evolve-ask.ts`,
    find: "  ask.task.editedArgs = event.args;",
    replace: "  ask.task.editedArgs = undefined;",
    breaks: "A person edits the arguments, and the plan's are used.",
  },
  {
    name: "edited-arguments-unasked",
    file: `${CORE}decide-approval.ts`,
    find: "  if (task.approvedCall === callOf(state, task, call.args)) return undefined;",
    replace: "  if (task.approvedCall !== undefined) return undefined;",
    breaks: "Whoever has agreed to one call has agreed to every other of the task.",
  },
  {
    name: "signal-taken-twice",
    file: `${CORE}evolve-ask.ts`,
    find: "  if (kept?.shift() === undefined) return;",
    replace: "  if (kept?.at(0) === undefined || state.signalsKept > 0) return;",
    breaks: "A signal that a task has taken is still there for the next.",
  },
  {
    name: "suspension-forgets-approval",
    file: `${CORE}decide-advance.ts`,
    find: "tasks: [...doubtful, ...waiting] };",
    replace: "tasks: doubtful.length > 0 ? doubtful : waiting };",
    breaks: "A suspended run names its doubts and forgets who else is asked.",
  },
  {
    name: "budget-settled-twice",
    file: `${CORE}decide-recover.ts`,
    find: '  return [{ type: "run.resumed", cause: "recovered" }, ...settled,',
    replace: '  return [{ type: "run.resumed", cause: "recovered" }, ...settled, ...settled,',
    breaks: "A takeover settles each open reservation twice.",
  },
  {
    name: "budget-not-reserved",
    file: `${CORE}evolve-budget.ts`,
    find: "  state.reservedTokens += tokens;",
    replace: "",
    breaks: "What is reserved does not count.",
  },
  {
    name: "budget-off-by-one",
    file: `${CORE}decide-task.ts`,
    find: '  if (leftOf(state, "calls", nowMs) < 1)',
    replace: '  if (leftOf(state, "calls", nowMs) < 0)',
    breaks: "One call more than the budget allows.",
  },
];
