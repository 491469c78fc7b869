/** Which tasks a task of a plan waits for, read from the plan's text by a reader of its own. */

export interface PlanNode {
  /** Ids of the tasks that must be over first. */
  readonly before: ReadonlySet<string>;
  /** Whether skipped tasks before it do not skip it, as long as one was not. */
  readonly joinsAny: boolean;
  /** Whether its failure counts as the value null. */
  readonly failsSoftly: boolean;
  /** What the plan says that its call may do to the world; empty: nothing is said. */
  readonly effect: string;
}

type Document = Readonly<Record<string, unknown>>;

const ROOT = /^[A-Za-z_][A-Za-z0-9_-]*/;
/** Parts of templates that are code. */
const CODE = /\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}/g;
const COMMENT = /\{#[\s\S]*?#\}/g;
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|==|[^\s]/g;
const NAME = /^[A-Za-z_]/;
/** Names that the template language itself gives a meaning. */
const OWN_NAMES = ["loop", "true", "false", "none", "True", "False", "None"];

export function planNodes(plan: Document): ReadonlyMap<string, PlanNode> {
  const tasks = listOf(plan["tasks"]).filter(isDocument);
  const ids = new Set(tasks.map((task) => String(task["id"])));
  return new Map(tasks.map((task) => [String(task["id"]), nodeOf(task, ids)]));
}

function nodeOf(task: Document, ids: ReadonlySet<string>): PlanNode {
  const id = String(task["id"]);
  const each = isDocument(task["each"]) ? task["each"] : undefined;
  const repeat = isDocument(task["repeat"]) ? task["repeat"] : undefined;
  const onError = task["onError"];
  const loopName = each === undefined ? undefined : textOr("item", each["as"]);
  const outer = [...rootsOfValue(each?.["in"]), ...rootsOfExpression(task["when"])];
  const inner = [
    ...rootsOfValue(task["args"]),
    ...rootsOfValue(isDocument(onError) ? onError["args"] : undefined),
    ...rootsOfExpression(repeat?.["until"]),
  ].filter((root) => root !== loopName);
  const named = listOf(task["after"]).map(String);
  const before = new Set([...outer, ...inner, ...named].filter((root) => ids.has(root)));
  if (repeat !== undefined) before.delete(id); // `until` reads the task's own newest value
  return {
    before,
    joinsAny: task["join"] === "any",
    failsSoftly: onError === "null",
    effect: textOr("", task["effect"]),
  };
}

/** The roots of every reference in a value of a plan. */
function rootsOfValue(value: unknown): readonly string[] {
  if (typeof value === "string") return rootsOfTemplate(value);
  if (Array.isArray(value)) return value.flatMap(rootsOfValue);
  if (!isDocument(value) || Object.hasOwn(value, "$literal")) return [];
  if (!Object.hasOwn(value, "$from")) return Object.values(value).flatMap(rootsOfValue);
  const root = ROOT.exec(String(value["$from"]))?.[0];
  return root === undefined ? [] : [root];
}

function rootsOfExpression(text: unknown): readonly string[] {
  return typeof text === "string" ? rootsOfTemplate(`{{ ${text} }}`) : [];
}

function rootsOfTemplate(text: string): readonly string[] {
  const code = [...text.replaceAll(COMMENT, "").matchAll(CODE)];
  const parts = code.map((match) => (match[1] ?? match[2] ?? "").match(TOKEN) ?? []);
  const bound = new Set([...OWN_NAMES, ...parts.flatMap(boundNames)]);
  return parts.flatMap((tokens) => namesRead(tokens)).filter((name) => !bound.has(name));
}

/** Names that a template gives values to itself: `for a, b in ...`, `set a = ...`. */
function boundNames(tokens: readonly string[]): readonly string[] {
  const start = tokens[0] === "-" ? 1 : 0;
  const word = tokens[start];
  if (word !== "for" && word !== "set") return [];
  const end = tokens.indexOf(word === "for" ? "in" : "=");
  return tokens.slice(start + 1, end === -1 ? undefined : end).filter((token) => NAME.test(token));
}

/** Names that stand for a value: no fields (`.a`), filters (`| a`), tests (`is a`) or names of arguments (`a=`). */
function namesRead(tokens: readonly string[]): readonly string[] {
  return tokens.filter((token, index) => {
    if (!NAME.test(token) || tokens[index + 1] === "=") return false;
    const before = tokens[index - 1] === "not" ? tokens[index - 2] : tokens[index - 1];
    return before !== "." && before !== "|" && before !== "is";
  });
}

function textOr(fallback: string, value: unknown): string {
  return typeof value === "string" ? value : fallback;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
