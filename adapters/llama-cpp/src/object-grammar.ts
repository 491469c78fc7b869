/**
 * Objects: declared properties in their order, the required ones always, the others or not, then the entries of a map
 * where the schema describes such. What a schema does not mention is not written.
 */
import { isJsonObject, type JsonSchema, ownValue, validateJson } from "@agentmesh/core";
import { type GrammarScope, childPath } from "./grammar-scope.ts";
import { literal, repeated } from "./grammar-rules.ts";
import { asSchema, type OpenPlace } from "./schema-reader.ts";
import { countsOf } from "./scalar-grammar.ts";
import { freeKeyGrammar } from "./string-grammar.ts";

const UNHELD = [
  ["patternProperties", "names properties by a regular expression"],
  ["dependentRequired", "makes one property depend on another"],
  ["dependentSchemas", "makes one property depend on another"],
  ["dependencies", "makes one property depend on another"],
  ["unevaluatedProperties", "depends on other keywords"],
] as const;

/** One declared property: `"name": value`. */
interface Member {
  readonly expression: string;
  readonly isRequired: boolean;
}

export function objectOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  for (const [keyword, reason] of UNHELD) {
    if (isUnheld(place, keyword)) scope.lose(place, keyword, reason);
  }
  const names = namesOf(place);
  const members = membersOf(scope, place, names);
  if (members === undefined) return undefined;
  const entry = entryOf(scope, place, names);
  const counts = sizesOf(scope, place, { members, hasEntries: entry !== undefined });
  return counts === undefined ? undefined : bodyOf(scope, members, { entry, ...counts });
}

/** What names nothing that is written holds by itself. */
function isUnheld(place: OpenPlace, keyword: string): boolean {
  const value = place.schema[keyword];
  if (keyword === "unevaluatedProperties") return value === false && mapValues(place) !== undefined;
  return value !== undefined && !(isJsonObject(value) && Object.keys(value).length === 0);
}

function requiredOf(place: OpenPlace): ReadonlySet<string> {
  const { required } = place.schema;
  return new Set(Array.isArray(required) ? required.filter((name) => typeof name === "string") : []);
}

/** Declared first, in their order; then those that are only required. */
function namesOf(place: OpenPlace): readonly string[] {
  const { properties } = place.schema;
  return [...new Set([...(isJsonObject(properties) ? Object.keys(properties) : []), ...requiredOf(place)])];
}

/** Undefined when a required property has no possible value. */
function membersOf(scope: GrammarScope, place: OpenPlace, names: readonly string[]): readonly Member[] | undefined {
  const required = requiredOf(place);
  const members: Member[] = [];
  for (const name of names) {
    const value = isAllowedName(scope, place, name) ? memberValue(scope, place, name) : undefined;
    if (value === undefined && required.has(name)) return undefined;
    if (value === undefined) continue;
    const expression = `${literal(`${JSON.stringify(name)}:`)} ${scope.rules.space()} ${value}`;
    members.push({ expression, isRequired: required.has(name) });
  }
  return members;
}

function memberValue(scope: GrammarScope, place: OpenPlace, name: string): string | undefined {
  const { properties, additionalProperties } = place.schema;
  const declared = isJsonObject(properties) ? ownValue(properties, name) : undefined;
  const path = declared === undefined ? childPath(place, "additionalProperties") : childPath(place, "properties", name);
  const schema = asSchema(declared ?? additionalProperties, path, "properties");
  return scope.compile({ schema, path, level: place.level });
}

function isAllowedName(scope: GrammarScope, place: OpenPlace, name: string): boolean {
  const { propertyNames } = place.schema;
  if (propertyNames === undefined) return true;
  if (propertyNames === false) return false;
  if (isJsonObject(propertyNames) && !("$ref" in propertyNames)) return validateJson(propertyNames, name).length === 0;
  scope.lose(place, "propertyNames", "refers to another schema");
  return true;
}

/** The schema of the entries of a map; undefined for an object that has none. */
function mapValues(place: OpenPlace): JsonSchema | undefined {
  const { additionalProperties } = place.schema;
  if (isJsonObject(additionalProperties)) return additionalProperties;
  if (additionalProperties === false || namesOf(place).length > 0) return undefined;
  return place.schema["properties"] === undefined || additionalProperties === true ? true : undefined;
}

/** `"key": value` of a map. */
function entryOf(scope: GrammarScope, place: OpenPlace, names: readonly string[]): string | undefined {
  const schema = mapValues(place);
  if (schema === undefined) return undefined;
  const path = childPath(place, "additionalProperties");
  const value = scope.compile({ schema, path, level: place.level });
  if (value === undefined) return undefined;
  if (isJsonObject(place.schema["propertyNames"])) scope.lose(place, "propertyNames", "bounds the keys of a map");
  return scope.rules.add("entry", `${freeKeyGrammar(scope.rules, names)} ":" ${scope.rules.space()} ${value}`);
}

interface Sizes {
  /** False: at least one member stands. */
  readonly mayBeEmpty: boolean;
  /** Of entries of a map. */
  readonly entriesMax: number | undefined;
}

/** Undefined when so many properties are not possible. */
function sizesOf(
  scope: GrammarScope,
  place: OpenPlace,
  parts: { readonly members: readonly Member[]; readonly hasEntries: boolean },
): Sizes | undefined {
  const { min, max } = countsOf(scope, place, ["minProperties", "maxProperties"]);
  const required = parts.members.filter(({ isRequired }) => isRequired).length;
  if (max !== undefined && Math.max(required, min) > max) return undefined;
  if (parts.members.length === 0 && !parts.hasEntries && min > 0) return undefined;
  if (min > Math.max(1, required)) scope.lose(place, "minProperties", "counts properties that may be absent");
  const isMaxHeld = max === undefined || (parts.hasEntries ? parts.members.length === 0 : parts.members.length <= max);
  if (!isMaxHeld) scope.lose(place, "maxProperties", "counts properties that may be absent");
  return { mayBeEmpty: min === 0, entriesMax: parts.members.length === 0 ? max : undefined };
}

interface Entries extends Sizes {
  /** `"key": value`; undefined where no other property is written. */
  readonly entry: string | undefined;
}

function bodyOf(scope: GrammarScope, members: readonly Member[], entries: Entries): string {
  const starts = startsOf(scope, members, entries);
  const isOptional = entries.mayBeEmpty && members.every(({ isRequired }) => !isRequired);
  const inner = starts.length === 0 ? "" : ` ( ${starts.join(" | ")} )${isOptional ? "?" : ""}`;
  return scope.rules.add("object", `"{"${inner} "}"`);
}

/** One expression per member that can be the first one written, each with all that may follow. */
function startsOf(scope: GrammarScope, members: readonly Member[], { entry, entriesMax }: Entries): readonly string[] {
  const comma = `"," ${scope.rules.space()}`;
  const isEntryAllowed = entry !== undefined && entriesMax !== 0;
  // `rests[i]`: what may follow when a member before the i-th has been written.
  const rests: string[] = [isEntryAllowed ? `( ${comma} ${entry} )*` : ""];
  for (const { expression, isRequired } of members.toReversed()) {
    const item = isRequired ? `${comma} ${expression}` : `( ${comma} ${expression} )?`;
    rests.unshift(scope.rules.add("members", `${item} ${rests[0] ?? ""}`.trim()));
  }
  const firstRequired = members.findIndex(({ isRequired }) => isRequired);
  const leading = firstRequired === -1 ? members : members.slice(0, firstRequired + 1);
  const starts = leading.map(({ expression }, index) => `${expression} ${rests[index + 1] ?? ""}`.trim());
  if (firstRequired !== -1 || !isEntryAllowed) return starts;
  const others = repeated(`( ${comma} ${entry} )`, 0, entriesMax === undefined ? undefined : entriesMax - 1);
  return [...starts, `${entry} ${others}`.trim()];
}
