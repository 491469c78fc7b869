/** Plans that people wrote (BFCL, NESTFUL): an output schema must never forbid a plan that the check allows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  catalogueOf,
  checkPlan,
  hasErrors,
  isJsonObject,
  type Json,
  type JsonObject,
  parsePlan,
  type ToolSpec,
  validateJson,
} from "@agentmesh/core";
import { projectSchema } from "@agentmesh/models";
import { planSchema } from "@agentmesh/runtime/planner";
import { expect, test } from "vitest";
import { corpus } from "./corpora-folder.ts";

interface GoldPlan {
  readonly id: string;
  readonly tools: readonly ToolSpec[];
  readonly answer: JsonObject;
}

/** Closed: a plan names no argument that a tool does not. */
function toolOf(name: string, inputSchema: JsonObject): ToolSpec {
  const own = name.replaceAll(".", "_");
  return {
    name: `t.${own}`,
    server: "t",
    tool: own,
    description: "",
    inputSchema: { ...inputSchema, additionalProperties: false },
    effect: "read",
    isOpenWorld: false,
    fingerprint: name,
  };
}

function answerOf(
  calls: readonly { readonly id: string; readonly name: string; readonly args: JsonObject }[],
): JsonObject {
  const tasks = calls.map(({ id, name, args }) => ({ id, use: `t.${name.replaceAll(".", "_")}`, args }));
  return { reason: "gold", tasks };
}

/** BFCL's types are those of Python. */
const PYTHON_TYPES: Readonly<Record<string, string>> = { dict: "object", float: "number", tuple: "array", any: "" };

function fromPython(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(fromPython);
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (key === "properties" && isJsonObject(value)) {
      return [[key, Object.fromEntries(Object.entries(value).map(([name, child]) => [name, fromPython(child)]))]];
    }
    if (key !== "type" || typeof value !== "string") return [[key, key === "items" ? fromPython(value) : value]];
    const type = PYTHON_TYPES[value.toLowerCase()] ?? value.toLowerCase();
    return type === "" ? [] : [[key, type]];
  });
  return Object.fromEntries(entries);
}

interface BfclCase {
  readonly id: string;
  readonly function: readonly { readonly name: string; readonly parameters: JsonObject }[];
  readonly ground_truth: readonly Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>>[] | null;
}

function bfcl(): readonly GoldPlan[] {
  const folder = corpus("bfcl");
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").trim().split("\n"));
  return lines.flatMap((line) => {
    const one = JSON.parse(line) as BfclCase;
    const calls = (one.ground_truth ?? []).flatMap((call) => Object.entries(call));
    if (calls.length === 0) return [];
    const tools = one.function.map(({ name, parameters }) => toolOf(name, fromPython(parameters) as JsonObject));
    const answer = answerOf(calls.map(([name, args], index) => ({ id: `c${index}`, name, args: firstOf(args) })));
    return [{ id: one.id, tools, answer }];
  });
}

/** The first accepted value of each argument; the empty text stands for "left out". */
function firstOf(args: Readonly<Record<string, readonly Json[]>>): JsonObject {
  const entries = Object.entries(args).filter(([, accepted]) => !accepted.includes(""));
  return Object.fromEntries(entries.map(([name, accepted]) => [name, accepted[0] ?? null]));
}

interface NestfulSpec {
  readonly name: string;
  readonly query_parameters?: Readonly<Record<string, JsonObject>>;
  readonly arguments?: Readonly<Record<string, JsonObject>>;
  readonly parameters?: Readonly<Record<string, JsonObject>>;
}
interface NestfulPlan {
  readonly output: readonly { readonly name: string; readonly arguments: JsonObject; readonly label?: string }[];
}

function nestful(): readonly GoldPlan[] {
  return ["executable", "non-executable-glaive", "non-executable-sgd"].flatMap((part) => {
    const read = (kind: string): unknown => JSON.parse(readFileSync(corpus(`nestful/${part}-${kind}.json`), "utf8"));
    const specs = new Map((read("spec") as readonly NestfulSpec[]).map((spec) => [spec.name, nestfulTool(spec)]));
    return (read("data") as readonly NestfulPlan[]).map(({ output }, index) => {
      const calls = output.flatMap(({ name, arguments: args, label }) =>
        label === undefined ? [] : [{ id: label, name, args: withReferences(args) as JsonObject }],
      );
      const tools = new Set(calls.flatMap(({ name }) => specs.get(name) ?? []));
      return { id: `${part}/${index}`, tools: [...tools], answer: answerOf(calls) };
    });
  });
}

function nestfulTool(spec: NestfulSpec): ToolSpec {
  const parameters = Object.entries(spec.query_parameters ?? spec.arguments ?? spec.parameters ?? {});
  const properties = Object.fromEntries(
    parameters.map(([name, { type }]) => [name, isPlainType(type) ? { type } : {}]),
  );
  const required = parameters.filter(([, { required: isNeeded }]) => isNeeded === true).map(([name]) => name);
  return toolOf(spec.name, { type: "object", properties: properties as JsonObject, required });
}

function isPlainType(type: Json | undefined): boolean {
  return type === "string" || type === "integer" || type === "boolean";
}

/** `$var1.field$` as a reference. */
function withReferences(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withReferences);
  if (typeof value === "string") {
    const path = /^\$([A-Za-z_]\w*[^$]*)\$$/.exec(value)?.[1];
    return path === undefined ? value : { $from: path };
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withReferences(child)]));
}

function passesCheck({ tools, answer }: GoldPlan): boolean {
  const { plan } = parsePlan({ mesh: 1, tasks: answer["tasks"] });
  return plan !== undefined && !hasErrors(checkPlan(plan, catalogueOf(tools)).findings);
}

function schemaOf({ tools }: GoldPlan): JsonObject {
  return planSchema({ tools, tasksMax: 64, hasOthers: false, detail: "full" });
}

/** Some gold plans break the schemas of their own tools: those are left out, and what is left is counted. */
test.each([
  ["BFCL", bfcl, 480],
  ["NESTFUL", nestful, 110],
] as const)("%s: what the check allows, the output schema allows too", (name, read, countMin) => {
  const gold = read();
  const checked = gold.filter(passesCheck);
  const forbidden = checked.filter((plan) => validateJson(schemaOf(plan), plan.answer).length > 0);
  process.stdout.write(
    `${name}: ${gold.length} plans, ${checked.length} pass the check, ${forbidden.length} are forbidden\n`,
  );
  expect(checked.length).toBeGreaterThanOrEqual(countMin);
  expect(forbidden.map((plan) => [plan.id, validateJson(schemaOf(plan), plan.answer)])).toEqual([]);
});

test("what a backend with optional values wrote as null comes back as the plan that was meant", () => {
  for (const plan of bfcl().filter(passesCheck).slice(0, 50)) {
    const { restore } = projectSchema(schemaOf(plan), "openai");
    const tasks = (plan.answer["tasks"] as readonly JsonObject[]).map((task) => ({
      ...task,
      after: null,
      each: null,
      when: null,
    }));
    expect(restore({ mesh_value: { ...plan.answer, tasks, output: null } })).toEqual(plan.answer);
  }
});
