/**
 * What the environment says over the configuration file: `AGENTMESH_POLICY__CONCURRENCY__RUN=4` sets
 * `policy.concurrency.run`. Two underscores lead into an object; keys are matched without regard to case and single
 * underscores; a value is JSON where it can be, else text. An empty variable says nothing.
 */
import { type Json, type JsonObject, ownValue, suggestion } from "@agentmesh/core";
import type { Environment } from "./config-environment.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { configJsonSchema } from "./config-schema.ts";
import { plainJson } from "./plain-json.ts";
import { hasFreeKeys, namedKeys, propertiesOf, schemasAt } from "./schema-node.ts";
import {
  EMPTY_SOURCED,
  findSourced,
  membersOf,
  mergeSourced,
  sourcedAt,
  sourcedFrom,
  type SourcedValue,
} from "./sourced-value.ts";

const PREFIX = "AGENTMESH_";

/** Shorter names for what is set most. */
const SHORT_NAMES: ReadonlyMap<string, readonly string[]> = new Map([["AGENTMESH_LOG_LEVEL", ["log", "level"]]]);

/** Variables that begin the same and are no part of the configuration: what each is for. */
export const OTHER_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["AGENTMESH_CONFIG", "the configuration file, as --config names it"],
  ["AGENTMESH_CACHE", "the folder for models that were pulled"],
  ["AGENTMESH_NO_MODEL", "look for no model when none is configured"],
  ["AGENTMESH_CORPORA", "the folder of outside test data"],
]);

export interface EnvironmentOverrides {
  readonly tree: SourcedValue;
  readonly problems: readonly ConfigProblem[];
}

/** `below`: what the layers below say; its names of models and servers are matched too. */
export function environmentOverrides(environment: Environment, below: SourcedValue): EnvironmentOverrides {
  const problems: ConfigProblem[] = [];
  let tree = EMPTY_SOURCED;
  for (const [variable, text = ""] of Object.entries(environment).toSorted(byName)) {
    if (!variable.startsWith(PREFIX) || text === "" || OTHER_VARIABLES.has(variable)) continue;
    const path = SHORT_NAMES.get(variable) ?? pathOf(variable.slice(PREFIX.length), mergeSourced(below, tree));
    if (path === undefined) problems.push(unknownVariable(variable));
    else tree = mergeSourced(tree, overrideOf(variable, text, path));
  }
  return { tree, problems };
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function pathOf(name: string, tree: SourcedValue): readonly string[] | undefined {
  const path: string[] = [];
  for (const segment of name.split("__")) {
    const schemas = schemasAt(configJsonSchema(), path, tree);
    const said = hasFreeKeys(schemas) ? [...(membersOf(findSourced(tree, path))?.keys() ?? [])] : [];
    const key = [...namedKeys(schemas), ...said].find((known) => plain(known) === plain(segment));
    const free = hasFreeKeys(schemas) && segment !== "" ? segment.toLowerCase() : undefined;
    const next = key ?? free;
    if (next === undefined) return undefined;
    path.push(next);
  }
  return path;
}

/** A variable cannot hold the signs that keys hold. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function overrideOf(variable: string, text: string, path: readonly string[]): SourcedValue {
  const origin = { kind: "environment", variable } as const;
  return sourcedAt(
    path,
    sourcedFrom(isTextAt(path) ? text : jsonOrText(text), () => origin),
  );
}

/** Where only text may stand, `7` and `true` are text. */
function isTextAt(path: readonly string[]): boolean {
  const schemas = schemasAt(configJsonSchema(), path);
  return schemas.length > 0 && schemas.every((schema) => ownValue(schema, "type") === "string");
}

function jsonOrText(text: string): Json {
  try {
    const value = plainJson(JSON.parse(text));
    return value.isPlain ? value.json : text;
  } catch {
    return text;
  }
}

function unknownVariable(variable: string): ConfigProblem {
  return {
    path: [],
    origin: { kind: "environment", variable },
    message: "It sets no key of the configuration.",
    suggestion: suggestion(variable, overrideVariables()),
  };
}

/** The names of all variables that set a key which has a name, and of the others that begin the same. */
export function overrideVariables(): readonly string[] {
  const [root = {}] = schemasAt(configJsonSchema(), []);
  const nested = leafPaths(root).map((path) => PREFIX + path.map(variablePart).join("__"));
  return [...SHORT_NAMES.keys(), ...nested, ...OTHER_VARIABLES.keys()];
}

/** `plannedTasksMax` -> `PLANNED_TASKS_MAX` */
function variablePart(key: string): string {
  return key.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function leafPaths(schema: JsonObject): readonly (readonly string[])[] {
  return Object.entries(propertiesOf(schema))
    .filter(([key]) => key !== "$schema")
    .flatMap(([key, child]) => {
      const inner = leafPaths(child as JsonObject);
      return inner.length === 0 ? [[key]] : inner.map((path) => [key, ...path]);
    });
}
