/** The plan: what a model writes, a person edits and the engine runs. JSON form of DESIGN 5; published as plan.schema.json. */
import * as z from "./zod.ts";
import { isJson, isJsonObject, type Json, type JsonObject, type JsonSchema } from "./json.ts";
import { ToolEffect } from "./tool-spec.ts";

/** How many tasks one plan may name (before `each` expands). */
export const PLAN_TASKS_MAX = 100_000;
/** How many elements an `each` may have when it does not say `maxItems`. */
export const EACH_ITEMS_MAX = 1_000;
export const TASK_ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;
export const RESERVED_IDS: readonly string[] = ["inputs", "item", "index", "run"];
/** The reserved server of built-in tools. */
export const MESH_SERVER = "mesh";

const JsonValue = z.custom<Json>((value) => isJson(value), {
  message: "must be JSON (finite numbers, no undefined), at most 100 levels deep",
});
const JsonRecord = z
  .custom<JsonObject>((value) => isJson(value) && isJsonObject(value), { message: "must be a JSON object" })
  .meta({ type: "object" });
const Schema = z
  .custom<JsonSchema>((value) => typeof value === "boolean" || (isJson(value) && isJsonObject(value)), {
    message: "must be a JSON Schema",
  })
  .meta({ type: ["object", "boolean"] });
const Name = z.string().min(1).max(200);
const Milliseconds = z.int().min(0).max(31_536_000_000);

export const Each = z.strictObject({
  /** The list: a reference, or a list of values. */
  in: JsonValue,
  /** The name of the element in this task's values. */
  as: Name.default("item"),
  maxItems: z.int().min(0).max(PLAN_TASKS_MAX).optional(),
  /** How many elements run at once; absent: as many as the run allows. */
  concurrency: z.int().min(1).optional(),
});
export type Each = z.infer<typeof Each>;

export const Repeat = z.strictObject({
  /** Jinja expression over the task's own id (its newest value) and what came before. */
  until: z.string().min(1),
  maxTimes: z.int().min(1).max(1_000),
  delayMs: Milliseconds.default(0),
});
export type Repeat = z.infer<typeof Repeat>;

export const Approve = z.union([
  z.boolean(),
  z.strictObject({
    message: z.string().optional(),
    expiresMs: Milliseconds.optional(),
    default: z.enum(["approve", "reject"]).optional(),
  }),
]);

/** What a task's failure means: it fails, its value is null, or another tool is asked. */
export const OnError = z.union([z.enum(["fail", "null"]), z.strictObject({ use: Name, args: JsonRecord.default({}) })]);
export type OnError = z.infer<typeof OnError>;

export const PlanTask = z.strictObject({
  /** The check says what is wrong with an id, so the pattern stands in the published schema only. */
  id: Name.meta({ pattern: TASK_ID.source }),
  /** `server.tool`, `capability:NAME`, `workflow:NAME`, `agent:NAME` or a built-in of `mesh`. */
  use: Name,
  args: JsonRecord.default({}),
  /** Tasks that must be over first, without data from them. */
  after: z.array(Name).optional(),
  when: z.string().min(1).optional(),
  each: Each.optional(),
  repeat: Repeat.optional(),
  /** `any`: runs when at least one dependency was not skipped. */
  join: z.enum(["all", "any"]).optional(),
  onError: OnError.optional(),
  /** Extra attempts after the first. */
  retry: z.strictObject({ max: z.int().min(0).max(100), delayMs: Milliseconds.optional() }).optional(),
  timeoutMs: z.int().min(1).max(31_536_000_000).optional(),
  approve: Approve.optional(),
  cache: z.union([z.boolean(), z.strictObject({ ttlMs: Milliseconds })]).optional(),
  effect: ToolEffect.optional(),
  /** How long a call is expected to take: longest path first. */
  expectMs: Milliseconds.optional(),
  reason: z.string().max(2_000).optional(),
  note: z.string().max(10_000).optional(),
});
export type PlanTask = z.infer<typeof PlanTask>;

export const Plan = z.strictObject({
  mesh: z.literal(1),
  name: Name.default("plan"),
  note: z.string().max(10_000).optional(),
  /** Name to JSON Schema; a schema with `default` makes the input optional. */
  inputs: z.record(z.string().regex(TASK_ID), Schema).optional(),
  tasks: z.array(PlanTask).max(PLAN_TASKS_MAX),
  /** The run's output, as a value with references. */
  output: JsonValue.optional(),
});
export type Plan = z.infer<typeof Plan>;
/** A plan as people write it: defaults may be left out. */
export type PlanInput = z.input<typeof Plan>;
