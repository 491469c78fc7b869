/**
 * Goals for any tools: one to four wishes, each named by a tool's own words and filled with made-up values that its
 * required arguments take, some with a last wish that needs an earlier result. The same seed gives the same goal.
 */
import { isJsonObject, type Json, type JsonObject, type ToolSpec, validateJson } from "@agentmesh/core";

const WISHES_MAX = 3;
/** How many goals of ten end with a wish for an earlier result. */
const LAST_WISHES_OF_TEN = 4;
const PATHS = [
  "notes/plan.txt",
  "reports/sales.csv",
  "drafts/letter.md",
  "data/rooms.json",
  "archive/2025",
  "src/main.ts",
];
const URLS = ["https://example.org/terms", "https://example.com/blog/tea?page=2"];
const NAMES = ["Nadia Petrova", "Porto", "green tea", "main", "Europe/Lisbon", "14:30", "blue whales", "EUR"];
const NUMBERS = [3, 7, 12, 40, 1800, 4200];
const PATH_NAME = /path|file|dir|folder|source|destination/i;

/** A wish that a tool can serve with literals alone. */
export interface SampleWish {
  readonly tool: string;
  readonly text: string;
}

/** From 0 to below 1. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = (Math.imul(seed, 2_654_435_761) + 97) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Undefined for a tool that needs more than words, numbers and paths. */
export function sampleWish(tool: ToolSpec, random: Random): SampleWish | undefined {
  const { properties, required } = tool.inputSchema;
  const names = Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
  const values = names.map((name) =>
    sampleValue(name, isJsonObject(properties) ? properties[name] : undefined, random),
  );
  if (!values.every((value) => value !== undefined)) return undefined;
  const words = tool.tool
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
  const told = values.filter((value) => value !== "");
  return { tool: tool.name, text: told.length === 0 ? words : `${words} for ${told.join(" and ")}` };
}

/** Wishes for `tools`, joined as people join them. */
export function sampleGoal(tools: readonly ToolSpec[], seed: number): string {
  const random = seededRandom(seed);
  const count = 1 + Math.floor(random() * WISHES_MAX);
  const wishes: string[] = [];
  // The first tool goes round all tools with the seed, the others are drawn.
  for (let index = 0; wishes.length < count && index < tools.length; index += 1) {
    const position = index === 0 ? seed : Math.floor(random() * tools.length);
    const tool = tools[position % tools.length];
    const wish = tool === undefined ? undefined : sampleWish(tool, random);
    if (wish !== undefined) wishes.push(wish.text);
  }
  const hasLast = random() * 10 < LAST_WISHES_OF_TEN;
  const [first = "", ...others] = wishes;
  const between = random() < 0.5 ? ", then " : ", ";
  const goal = [first, ...others].join(between);
  const sentence = hasLast ? `${goal}, then write the result to the file out/result-${seed}.txt` : goal;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** The words for a value that the schema allows; empty where none has to be named. */
function sampleValue(name: string, schema: Json | undefined, random: Random): string | undefined {
  if (!isJsonObject(schema)) return pick(NAMES, random);
  const { type, enum: values, items } = schema;
  if (Array.isArray(values)) return plainText(pick(values as readonly Json[], random));
  if (type === "boolean") return "";
  if (type === "array") return sampleList(name, { schema, items: items ?? {} }, random);
  const texts = type === "string" ? textsFor(name, schema) : type === "number" || type === "integer" ? NUMBERS : [];
  const allowed = (texts as readonly Json[]).filter((value) => validateJson(schema, value).length === 0);
  return plainText(pick(allowed, random));
}

function sampleList(
  name: string,
  { schema, items }: { readonly schema: JsonObject; readonly items: Json },
  random: Random,
): string | undefined {
  if (!isJsonObject(items) || items["type"] !== "string" || "enum" in items) return undefined;
  const texts = textsFor(name, items);
  const start = Math.floor(random() * texts.length);
  const [first = "", second = ""] = [texts[start], texts[(start + 1) % texts.length]];
  return validateJson(schema, [first, second]).length === 0 ? `${first} and ${second}` : undefined;
}

function textsFor(name: string, { format }: JsonObject): readonly string[] {
  if (format === "uri" || /url|uri|link/i.test(name)) return URLS;
  return PATH_NAME.test(name) ? PATHS : NAMES;
}

function plainText(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

function pick<Value>(values: readonly Value[], random: Random): Value | undefined {
  return values[Math.floor(random() * values.length)];
}
