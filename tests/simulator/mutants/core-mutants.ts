/** Planted bugs of the core: tasks, keys, doubts, cancels, skips and times. */
import type { Mutant } from "./mutant.ts";

const CORE = "packages/core/src/";

export const CORE_MUTANTS: readonly Mutant[] = [
  {
    name: "fail-over-in-doubt",
    file: `${CORE}fail-over.ts`,
    find: '  return outcome === "unknown" && effectOf(state, task) === "read";',
    replace: '  return outcome === "unknown" && effectOf(state, task) !== "write";',
    breaks: "Another tool does what one may have done already, of which nobody knows.",
  },
  {
    name: "fail-over-after-doubt",
    file: `${CORE}fail-over.ts`,
    find: '  return effectOf(state, task) === "read" || task.keyAttempt === attempt;',
    replace: "  return attempt > 0;",
    breaks: "Another tool takes over after a repetition that was refused, of a call that may have had an effect.",
  },
  {
    name: "completed-task-starts-again",
    file: `${CORE}evolve-plan.ts`,
    find: 'if (known === undefined || known.status === "pending") return',
    replace: 'if (known?.status !== "failed") return',
    breaks: "A patched plan runs the tasks again that have succeeded.",
  },
  {
    name: "key-changes-while-in-doubt",
    file: `${CORE}evolve-task.ts`,
    find: "  if (!SAME_CALL.has(event.cause)) task.keyAttempt = event.attempt + 1;",
    replace: "  task.keyAttempt = event.attempt + 1;",
    breaks: "A call that is repeated because nobody knows its outcome gets another idempotency key.",
  },
  {
    name: "key-is-never-renewed",
    file: `${CORE}evolve-task.ts`,
    find: "  if (!SAME_CALL.has(event.cause)) task.keyAttempt = event.attempt + 1;",
    replace: "",
    breaks: "A new call has the key of one that is known to have failed.",
  },
  {
    name: "resolved-retry-with-new-key",
    file: `${CORE}evolve-task.ts`,
    find: '  if (event.as === "retry") return makeReady(state, task, event.atMs);',
    replace:
      '  if (event.as === "retry") {\n    task.keyAttempt = task.attempt + 1;\n    return makeReady(state, task, event.atMs);\n  }',
    breaks: "A task in doubt that a person lets try again gets another idempotency key.",
  },
  {
    name: "unsafe-repeated",
    file: `${CORE}run-state.ts`,
    find: '  return effect === "read" || effect === "idempotent";',
    replace: '  return effect !== "destructive";',
    breaks: "A write whose outcome is unknown is silently made again.",
  },
  {
    name: "cancel-race",
    file: `${CORE}decide-task.ts`,
    find: 'task.status !== "dispatched" || state.status !== "running") return [];',
    replace: 'task.status !== "dispatched") return [];',
    breaks: "Tasks still start while the run is being cancelled.",
    also: [
      {
        file: `${CORE}take-effects.ts`,
        find: '  if (state.status !== "running") return taken;',
        replace: "",
      },
      {
        file: `${CORE}run-state.ts`,
        find: '  return state.status === "running" && !state.asks.has("plan")',
        replace: '  return (state.status === "running" || state.status === "cancelling") && !state.asks.has("plan")',
      },
    ],
  },
  {
    name: "late-result-counts",
    file: `${CORE}decide-task.ts`,
    find: '  return task?.status === "running" && task.attempt === input.attempt ? task : undefined;',
    replace: '  return task?.status === "running" ? task : undefined;',
    breaks: "The late answer of an earlier attempt settles the one under way.",
  },
  {
    name: "result-after-the-end",
    file: `${CORE}decide-task.ts`,
    find: '  return task?.status === "running" && task.attempt === input.attempt ? task : undefined;',
    replace: "  return task?.attempt === input.attempt ? task : undefined;",
    breaks: "A result that comes twice settles its task twice.",
  },
  {
    name: "skip-stops",
    file: `${CORE}evolve-task.ts`,
    find: '  if (dependency.status === "skipped") task.skippedDependencies++;',
    replace:
      '  if (dependency.status === "skipped" && dependency.compiled.when !== undefined) task.skippedDependencies++;',
    breaks: "A skip goes one task far.",
  },
  {
    name: "wake-too-late",
    file: `${CORE}take-effects.ts`,
    find: "    waiting ?? Number.POSITIVE_INFINITY,",
    replace: "    (waiting ?? Number.POSITIVE_INFINITY) + 400,",
    breaks: "A back-off ends long after it is due.",
  },
  {
    name: "timer-dropped-after-recovery",
    file: `${CORE}evolve-task.ts`,
    find: "    untilMs: event.untilMs ?? Number.POSITIVE_INFINITY,",
    replace:
      "    untilMs: state.lastAtMs - state.activeSinceMs > 0 && state.activeMs > 0 ? Number.POSITIVE_INFINITY : (event.untilMs ?? Number.POSITIVE_INFINITY),",
    breaks: "A wait that begins in a run that was taken over never ends by itself.",
  },
  {
    name: "in-doubt-settled-by-late-receipt",
    file: `${CORE}decide-recover.ts`,
    find: '      outcome: "unknown",',
    replace: '      outcome: "refused",',
    breaks: "A takeover says that a call which was under way was never made.",
  },
  {
    name: "reused-task-runs",
    file: `${CORE}evolve-plan.ts`,
    find: "  else for (const task of state.planned) takeReused(state, task, event.atMs);",
    replace: "",
    breaks: "A fork runs what it took over from another run.",
  },
];
