/** Prepares a fork: what it would do, from the journal of a run, before anything is stored or called. */
import {
  canonicalJson,
  type ForkPlan,
  hasErrors,
  isJsonObject,
  type Json,
  type JsonObject,
  parsePlan,
  type Payload,
  type Plan,
  planFork,
  type PlanInput,
  type RunEvent,
  type RunState,
} from "@agentmesh/core";
import { findingsOf } from "../nodes/plan-findings.ts";
import type { ScopedDirectory, ToolDirectory } from "../driver/run-services.ts";
import { holdsMask } from "../driver/secret-mask.ts";
import { checkInputs } from "./check-inputs.ts";
import { PlanInvalidError } from "./plan-invalid-error.ts";
import { ValuesLostError } from "./replay-error.ts";
import { PlanRedactedError } from "./resume-error.ts";
import type { Run } from "./run.ts";
import { foldEvents, type RunBeginning, serversOf } from "./run-desk.ts";

export interface ForkOptions {
  /** Keys of tasks that run again, with everything that stands on them. Absent: what has no outcome yet runs. */
  readonly from?: string | readonly string[];
  /** An edited plan in place of the run's. */
  readonly plan?: PlanInput;
  /** Inputs that get another value; the others stay. */
  readonly inputs?: JsonObject;
  readonly name?: string;
}

export interface Fork {
  /** What is taken over, what runs again and why, and which effects on the world are repeated. */
  readonly preview: ForkPlan;
  /** Begins it: a new run, with idempotency keys and approvals of its own. */
  start(): Run;
}

export interface ForkParts {
  readonly tools: ScopedDirectory;
  /** Connects to these servers. */
  readonly discover: (servers: ReadonlySet<string>) => Promise<unknown>;
  readonly value: (payload: Payload) => Json | undefined;
}

export interface PreparedFork {
  readonly preview: ForkPlan;
  readonly beginning: Omit<RunBeginning, "tenant" | "policy">;
}

/** Throws ForkPlanMissingError, ForkTaskUnknownError, ForkTaskNeverRanError, PlanInvalidError, PlanRedactedError, UnknownDomainError, ValuesLostError. */
export async function prepareFork(
  events: readonly RunEvent[],
  options: ForkOptions,
  parts: ForkParts,
): Promise<PreparedFork> {
  const state = foldEvents(events);
  const tools = parts.tools.within(state.scope);
  const plan = options.plan === undefined ? undefined : await checkedPlan(options.plan, tools, parts);
  const before = inputsOf(state, parts);
  const given = inputsFor({ state, plan, before, given: options.inputs ?? {} });
  const kept = plan ?? state.compiled?.plan;
  if ([state.goal, kept, given].some((part) => holdsMask(part))) throw new PlanRedactedError(state.run);
  const preview = planFork(events, {
    from: typeof options.from === "string" ? [options.from] : (options.from ?? []),
    changedInputs: changedNames(before, given),
    fingerprintOf: (tool) => tools.find(tool)?.fingerprint,
    isStored: (payload) => parts.value(payload) !== undefined,
    ...(plan === undefined ? {} : { plan }),
  });
  const { goal, origin, by, reused } = preview;
  return {
    preview,
    beginning: {
      mode: "run",
      name: options.name ?? state.name,
      ...scopeOf(state),
      work: { plan: preview.plan },
      fork: { origin, by, reused, ...(goal === undefined ? {} : { goal }) },
      given,
      servers: goal === undefined ? serversOf(preview.plan, parts.tools) : undefined,
    },
  };
}

function scopeOf({ scope }: RunState): Pick<RunBeginning, "scope"> {
  return scope === undefined ? {} : { scope };
}

/** What is wrong with an edited plan is said before the fork is shown. */
async function checkedPlan(document: PlanInput, tools: ToolDirectory, { discover }: ForkParts): Promise<Plan> {
  const parsed = parsePlan(document);
  if (parsed.plan === undefined) throw new PlanInvalidError(parsed.findings);
  await discover(serversOf(parsed.plan, tools));
  const findings = findingsOf(parsed.plan, tools);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (hasErrors(findings)) throw new PlanInvalidError(errors);
  return parsed.plan;
}

function inputsOf({ run, inputs }: RunState, { value }: ForkParts): JsonObject {
  const before = inputs === undefined ? {} : value(inputs);
  if (isJsonObject(before)) return before;
  const hash = inputs?.hash ?? "";
  throw new ValuesLostError(run, [{ hash, seq: 1, type: "run.created", field: "inputs" }]);
}

interface InputChoice {
  readonly state: RunState;
  /** An edited one. */
  readonly plan: Plan | undefined;
  readonly before: JsonObject;
  readonly given: JsonObject;
}

/** A goal takes any input; a plan those that it declares. Throws PlanInvalidError. */
function inputsFor({ state, plan, before, given }: InputChoice): JsonObject {
  const merged = { ...before, ...given };
  const declared = plan ?? state.compiled?.plan;
  if (declared === undefined || state.goal !== undefined) return merged;
  const isWanted = (name: string): boolean => Object.hasOwn(given, name) || Object.hasOwn(declared.inputs ?? {}, name);
  const wanted = Object.fromEntries(Object.entries(merged).filter(([name]) => isWanted(name)));
  const { inputs, findings } = checkInputs(declared, wanted);
  if (findings.length > 0) throw new PlanInvalidError(findings);
  return inputs;
}

function changedNames(before: JsonObject, after: JsonObject): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => textOf(before[name]) !== textOf(after[name]));
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}
