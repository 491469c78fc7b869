/** Planner and composer from a script: plans that are refused first, plans that are patched when a task has failed. */
import type { Json, PlannerOutcome } from "@agentmesh/core";
import type { Composer, NodeContext, Planner, PlannerRequest } from "@agentmesh/ports";
import type { Chance } from "./chance.ts";
import { engine, type Services } from "./engine-door.ts";
import type { RandomPlan, RandomTask } from "./random-plan.ts";
import { pause } from "./simulated-model.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

export interface NodeScript {
  /** The first plan that passes the check. */
  readonly plan: RandomPlan;
  /** Planner and composer ask the model. */
  readonly isAskingModel: boolean;
}

export function simulatedNodes(
  world: SimulatedWorld,
  process: SimulatedProcess,
  script: NodeScript,
): Omit<Services["nodes"], "executor"> {
  const chance = world.chance(`nodes ${process.name}`);
  const begin = async (call: string, context: NodeContext): Promise<void> => {
    if (!process.isAlive) return new Promise(() => undefined);
    world.ledger.nodeCalls.push({ call, order: world.nextOrder() });
    if (script.isAskingModel && chance.percent(70)) await askModel(context);
    else await pause(process, { delayMs: chance.between(0, 200), signal: context.signal });
  };
  const planner: Planner = {
    async plan(request, context) {
      await begin("planner", context);
      return planFor(request, script.plan, chance);
    },
  };
  const composer: Composer = {
    async compose({ results }, context) {
      await begin("composer", context);
      const citations = results.map(({ task }) => task);
      return { text: citations.map((task) => `[${task}]`).join(" "), citations, removedCitations: [] };
    },
  };
  const [router, validator] = [new engine.DefaultRouter(), new engine.DefaultValidator()];
  return {
    planner,
    composer,
    router: {
      async route(request, context) {
        await begin("router", context);
        return router.route(request, context);
      },
    },
    validator: {
      async validate(request, context) {
        await begin("validator", context);
        return validator.validate(request, context);
      },
    },
  };
}

async function askModel(context: NodeContext): Promise<void> {
  const model = await context.model("planner");
  const request = { messages: [{ role: "user" as const, text: "What now?" }], maxOutputTokens: 100 };
  for await (const part of model.stream(request, context.signal)) if (part.type === "end") return;
}

function planFor({ attempt, previous }: PlannerRequest, plan: RandomPlan, chance: Chance): PlannerOutcome {
  if (previous?.plan !== undefined)
    return { kind: "plan", plan: patchOf(previous.plan as unknown as RandomPlan, previous) };
  const isRefused = attempt === 1 && chance.percent(15);
  return { kind: "plan", plan: isRefused ? { ...plan, tasks: [{ id: "t0", use: "sim.unknown", args: {} }] } : plan };
}

/** Another task in the place of each that has failed; what waits for it refers to the new one. */
function patchOf(plan: RandomPlan, { findings, finished }: NonNullable<PlannerRequest["previous"]>): Json {
  const failed = new Set(findings.flatMap(({ task }) => (task === undefined ? [] : [task])));
  const rename = (text: string): string =>
    [...failed].reduce((renamed, id) => renamed.replaceAll(new RegExp(`\\b${id}\\b`, "g"), `${id}b`), text);
  const tasks = plan.tasks.flatMap((task): readonly RandomTask[] => {
    if (finished.includes(task.id)) return [];
    if (failed.has(task.id)) return [{ id: `${task.id}b`, use: "sim.read", args: { instead: true } }];
    return [JSON.parse(rename(JSON.stringify(task))) as RandomTask];
  });
  const output =
    plan["output"] === undefined ? {} : { output: JSON.parse(rename(JSON.stringify(plan["output"]))) as Json };
  return { mesh: 1, name: plan.name, tasks, ...output };
}
