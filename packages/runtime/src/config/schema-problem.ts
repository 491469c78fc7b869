/** From what the schema found to what a person reads: the place, the rule, and what was probably meant. */
import { jsonPointer, nearestNames, suggestion } from "@agentmesh/core";
import type * as z from "@agentmesh/core/zod";
import type { ConfigPath } from "./config-path.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { configJsonSchema } from "./config-schema.ts";
import { namedKeys, schemasAt } from "./schema-node.ts";
import { findSourced, originNear, type SourcedValue } from "./sourced-value.ts";

type Issue = z.core.$ZodIssue;

/** `tree`: what was checked. Issues inside a union are those of the branch that came nearest. */
export function problemsOf(issues: readonly Issue[], tree: SourcedValue): readonly ConfigProblem[] {
  const problems = issues.flatMap((issue) => problemsOfIssue(issue, issue.path as ConfigPath, tree));
  const misspelt = new Set(issues.flatMap((issue) => meantPaths(issue, tree)));
  return problems.filter(({ path }) => findSourced(tree, path) !== undefined || !misspelt.has(jsonPointer(path)));
}

/** Where the keys belong that were probably misspelt: that they are missing there need not be said as well. */
function meantPaths(issue: Issue, tree: SourcedValue): readonly string[] {
  if (issue.code !== "unrecognized_keys") return [];
  const path = issue.path as ConfigPath;
  const known = namedKeys(schemasAt(configJsonSchema(), path, tree));
  return issue.keys.flatMap((key) => nearestNames(key, known).slice(0, 1)).map((key) => jsonPointer([...path, key]));
}

function problemsOfIssue(issue: Issue, path: ConfigPath, tree: SourcedValue): readonly ConfigProblem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], tree));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [nearest = []] = issue.errors.toSorted((left, right) => distanceOf(left) - distanceOf(right));
    return nearest.flatMap((inner) => problemsOfIssue(inner, [...path, ...(inner.path as ConfigPath)], tree));
  }
  const advice = adviceOf(issue, path, tree);
  return [
    {
      path,
      origin: originNear(tree, path),
      message: messageOf(issue, path, tree),
      ...(advice === undefined ? {} : { suggestion: advice }),
    },
  ];
}

/** A branch of another kind of value is the farthest; else the one with the fewest issues is meant. */
function distanceOf(branch: readonly Issue[]): number {
  const isOtherKind = branch.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  return isOtherKind ? Number.MAX_SAFE_INTEGER : branch.length;
}

function unknownKey(path: ConfigPath, tree: SourcedValue): ConfigProblem {
  const key = String(path.at(-1));
  const known = namedKeys(schemasAt(configJsonSchema(), path.slice(0, -1), tree));
  return {
    path,
    origin: originNear(tree, path),
    message: "There is no such key.",
    suggestion: suggestion(key, known),
  };
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function messageOf(issue: Issue, path: ConfigPath, tree: SourcedValue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue.expected, findSourced(tree, path) === undefined);
    case "invalid_value":
      return `This must be ${oneOf(issue.values)}.`;
    case "invalid_union":
      return `This must be ${oneOf("options" in issue && Array.isArray(issue.options) ? issue.options : [])}.`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "too_small":
      return boundMessage(issue, "least", issue.minimum);
    case "too_big":
      return boundMessage(issue, "most", issue.maximum);
    default:
      return issue.message.endsWith(".") ? issue.message : `${issue.message}.`;
  }
}

interface Bound {
  readonly origin: string;
  readonly inclusive?: boolean | undefined;
  readonly message: string;
}

function boundMessage({ origin, inclusive, message }: Bound, side: "least" | "most", limit: number | bigint): string {
  if (origin === "number" || origin === "int") {
    if (inclusive !== false) return `This must be at ${side} ${limit}.`;
    return `This must be ${side === "least" ? "more" : "less"} than ${limit}.`;
  }
  return origin === "string" && side === "least" && limit === 1 ? "This must not be empty." : `${message}.`;
}

function typeMessage(expected: string, isMissing: boolean): string {
  const wanted = NOUNS[expected] ?? expected;
  return isMissing ? `This is missing: ${wanted}.` : `This must be ${wanted}.`;
}

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length === 1 ? (quoted[0] ?? "") : `one of ${quoted.join(", ")}`;
}

function adviceOf(issue: Issue, path: ConfigPath, tree: SourcedValue): string | undefined {
  if (issue.code !== "invalid_type" || issue.expected !== "string") return undefined;
  const said = findSourced(tree, path)?.value;
  return typeof said === "number" || typeof said === "boolean" ? "Put it in quotes." : undefined;
}
