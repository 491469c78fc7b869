/**
 * `node tools/plan-seeds.ts [--seeds 200] [--from 1] [--tools FILE]... [--model NAME] [--threads N] [--show]`: plans one goal a seed
 * with a small local model under its grammar, over real tools, and checks every plan against the tools' original JSON
 * Schemas. Ends with 1 unless all plans are valid and, from 200 seeds on, use at least 40 different tools.
 *
 * It says nothing about whether a plan does what its goal means. A goal of which the planner says that no tool fits
 * is replaced by another, and counted.
 */
import { parseArgs } from "node:util";
import { catalogueOf, checkPlan, hasErrors, parsePlan, type PlannerOutcome, type ToolSpec } from "@agentmesh/core";
import { createModel } from "@agentmesh/llama-cpp";
import { DEFAULT_LOCAL_MODEL } from "@agentmesh/models";
import type { Model, NodeContext } from "@agentmesh/ports";
import { CompletionPlanner } from "@agentmesh/runtime/planner";
import { literalViolations } from "./literal-violations.ts";
import { sampleGoal } from "./sample-goal.ts";
import { collectTools } from "./tool-collection.ts";

/** From so many seeds on, the plans have to use so many tools. */
const SEEDS_FOR_TOOLS = 200;
const TOOLS_MIN = 40;
/** Goals tried for one seed. */
const GOALS_A_SEED = 10;
const SEED_STEP = 1_000;
const TASKS_MAX = 20;
/** Room for the examples, the tools of a goal and a plan. */
const CONTEXT_TOKENS = 4_096;

interface SeedResult {
  readonly seed: number;
  readonly goal: string;
  /** Goals of this seed that no tool fits. */
  readonly unfitting: number;
  readonly uses: readonly string[];
  /** Empty when the plan is valid. */
  readonly problems: readonly string[];
}

interface Planning {
  readonly tools: readonly ToolSpec[];
  readonly model: Model;
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    tools: { type: "string", multiple: true, default: [] },
    model: { type: "string", default: DEFAULT_LOCAL_MODEL },
    threads: { type: "string" },
    show: { type: "boolean", default: false },
  },
});

const tools = await collectTools(options.tools);
const { threads } = options;
const model = await createModel(
  {
    model: options.model,
    contextTokens: CONTEXT_TOKENS,
    ...(threads === undefined ? {} : { threads: Number(threads) }),
  },
  process.env,
);
try {
  const isGood = await planSeeds({ tools, model }, { from: Number(options.from), count: Number(options.seeds) });
  process.exitCode = isGood ? 0 : 1;
} finally {
  await model.close();
}

async function planSeeds(
  planning: Planning,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<boolean> {
  const startedAtMs = performance.now();
  const used = new Set<string>();
  let valid = 0;
  let unfitting = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await planSeed(planning, seed);
    valid += result.problems.length === 0 ? 1 : 0;
    unfitting += result.unfitting;
    for (const use of result.uses) used.add(use);
    report(result);
  }
  const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
  console.log(
    `${valid} of ${count} plans are valid by the original JSON Schemas (${planning.model.id}, ${seconds} s).`,
  );
  console.log(`${used.size} of ${planning.tools.length} tools were used; for ${unfitting} other goals no tool fitted.`);
  return valid === count && (count < SEEDS_FOR_TOOLS || used.size >= TOOLS_MIN);
}

function report({ seed, goal, uses, problems }: SeedResult): void {
  if (options.show || problems.length > 0) console.log(`${seed}: ${goal}\n  ${uses.join(", ")}`);
  for (const problem of problems) console.log(`  INVALID ${problem}`);
}

async function planSeed(planning: Planning, seed: number): Promise<SeedResult> {
  let goal = "";
  for (let unfitting = 0; unfitting < GOALS_A_SEED; unfitting += 1) {
    goal = sampleGoal(planning.tools, seed + unfitting * SEED_STEP);
    const outcome = await planned(goal, seed, planning).catch((error: unknown) => String(error));
    if (typeof outcome === "string") return { seed, goal, unfitting, uses: [], problems: [outcome] };
    if (outcome.kind === "plan") return { seed, goal, unfitting, ...judged(outcome.plan, planning.tools) };
  }
  return {
    seed,
    goal,
    unfitting: GOALS_A_SEED,
    uses: [],
    problems: [`none of ${GOALS_A_SEED} goals could be planned`],
  };
}

function planned(goal: string, seed: number, { tools: offered, model: planner }: Planning): Promise<PlannerOutcome> {
  const context: NodeContext = {
    run: `seed-${seed}`,
    tenant: "default",
    signal: new AbortController().signal,
    model: () => Promise.resolve(planner),
    report: () => undefined,
  };
  const request = { goal, inputs: {}, tools: offered, tasksMax: TASKS_MAX, attempt: 1 };
  return new CompletionPlanner({ seed: seed * SEED_STEP }).plan(request, context);
}

function judged(document: unknown, specs: readonly ToolSpec[]): Pick<SeedResult, "uses" | "problems"> {
  const { plan, findings } = parsePlan(document);
  if (plan === undefined) return { uses: [], problems: findings.map(({ message }) => message) };
  const catalogue = catalogueOf(specs);
  const check = checkPlan(plan, catalogue);
  const errors = hasErrors(check.findings) ? check.findings.filter(({ severity }) => severity === "error") : [];
  const problems = [...errors.map(({ path, message }) => `${path}: ${message}`), ...literalViolations(plan, catalogue)];
  return { uses: plan.tasks.map(({ use }) => use), problems };
}
