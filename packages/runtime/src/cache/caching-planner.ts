/**
 * Gives the plan of an earlier run that succeeded, when the goal, the tools and everything else that the planner goes by are
 * the same. It goes the way of every plan: checked, bound, accepted. A plan whose run fails is forgotten.
 */
import {
  catalogueOf,
  checkPlan,
  isTerminal,
  MESH_SERVER,
  parsePlan,
  type Plan,
  type PlannerOutcome,
  type RunEvent,
  type ToolSpec,
} from "@agentmesh/core";
import type { NodeContext, Planner, PlannerRequest } from "@agentmesh/ports";
import { holdsMask } from "../driver/secret-mask.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import { goalShape } from "./goal-shape.ts";
import { cacheKey, digestOf, type MeshCache } from "./mesh-cache.ts";

/** To be raised when plans are asked for or judged in another way: older ones are not found any more. */
export const PLANNER_VERSION = 1;
/** The world moves on under a plan that still works. Thirty days. */
const PLAN_TTL_MS = 30 * 86_400_000;

/** Runs that are followed at once: a plan whose run is not, is not kept. */
const RUNS_MAX = 10_000;

/** A run that is planned for here. */
interface OpenRun {
  /** Its tasks are to run, and it has begun here: then all of it was seen. */
  isSeen?: boolean;
  key?: string;
  /** The plan is from the cache. */
  isHit?: boolean;
  plan?: Plan;
}

export interface PlanCaching {
  readonly cache: MeshCache;
  /** Everything about planner and policy that another plan could follow from. */
  readonly identity: string;
}

export class CachingPlanner implements Planner {
  readonly #planner: Planner;
  readonly #caching: PlanCaching;
  readonly #open = new Map<string, OpenRun>();

  constructor(planner: Planner, caching: PlanCaching) {
    this.#planner = planner;
    this.#caching = caching;
  }

  async plan(request: PlannerRequest, context: NodeContext): Promise<PlannerOutcome> {
    const { cache, identity } = this.#caching;
    const isFirst = request.previous === undefined;
    if (!isFirst || !cache.mayKeep(request.goal)) return this.#planner.plan(request, context);
    const key = planKey(request, identity);
    const plan = await this.#kept(key, request, context);
    Object.assign(this.#runOf(context.run), { key, isHit: plan !== undefined });
    return plan === undefined ? this.#planner.plan(request, context) : { kind: "plan", plan, isCached: true };
  }

  /** Follows the runs that it plans for, to their ends. */
  observe(signal: RunSignal): void {
    if (!("seq" in signal)) return;
    if (signal.type === "run.created" && signal.goal !== undefined)
      this.#runOf(signal.run).isSeen = signal.mode !== "plan";
    const open = this.#open.get(signal.run);
    if (open === undefined) return;
    if (signal.type === "plan.proposed") open.plan = signal.plan;
    // What it took to reach the goal was more than one plan.
    if (signal.type === "plan.patched") delete open.plan;
    if (isTerminal(signal)) this.#end(open, signal);
  }

  /** Whoever comes first: the call of the planner, or the event that the run was created. */
  #runOf(run: string): OpenRun {
    const open = this.#open.get(run) ?? {};
    this.#open.set(run, open);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > RUNS_MAX && oldest !== undefined) this.#open.delete(oldest);
    return open;
  }

  #end({ key, isHit, isSeen, plan }: OpenRun, { run, type }: RunEvent): void {
    this.#open.delete(run);
    if (key === undefined || isSeen !== true) return;
    const { cache } = this.#caching;
    const tell = (): void => undefined; // the run is over: nobody listens
    if (type === "run.failed" && isHit === true) cache.forget("plan", key, tell);
    if (type !== "run.succeeded" || plan === undefined || isHit === true || holdsMask(plan)) return;
    cache.keep("plan", { key, body: JSON.stringify(plan), ttlMs: PLAN_TTL_MS }, tell);
  }

  async #kept(key: string, { tools }: PlannerRequest, context: NodeContext): Promise<Plan | undefined> {
    const row = await this.#caching.cache.find("plan", key, (message) => context.report({ type: "note", message }));
    if (row === undefined) return undefined;
    const plan = readPlan(row.body);
    const isSound = plan !== undefined && checkPlan(plan, catalogueOf(tools)).findings.every(isNoError);
    return isSound ? plan : undefined;
  }
}

/** Another one when any tool that a plan could use is another one, is new or is gone. Built-in tools belong to this program. */
export function offeredVersion(tools: readonly ToolSpec[]): string {
  const offered = tools
    .filter(({ server }) => server !== MESH_SERVER)
    .map(({ name, fingerprint }) => [name, fingerprint]);
  return digestOf(offered.sort(([left = ""], [right = ""]) => (left < right ? -1 : 1)));
}

function planKey({ goal, inputs, tools, tasksMax }: PlannerRequest, identity: string): string {
  const shape = goalShape(goal);
  const builtIn = tools.filter(({ server }) => server === MESH_SERVER).map(({ fingerprint }) => fingerprint);
  const asked = { version: PLANNER_VERSION, identity, shape, inputs, builtIn, tasksMax };
  return cacheKey(shape, offeredVersion(tools), digestOf(asked));
}

function readPlan(body: string): Plan | undefined {
  try {
    const { plan, findings } = parsePlan(JSON.parse(body));
    return findings.every(isNoError) ? plan : undefined;
  } catch {
    return undefined;
  }
}

function isNoError({ severity }: { readonly severity: string }): boolean {
  return severity !== "error";
}
