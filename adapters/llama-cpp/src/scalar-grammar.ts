/** Strings and numbers as a schema bounds them. */
import type { Json, JsonObject } from "@agentmesh/core";
import type { GrammarScope } from "./grammar-scope.ts";
import {
  integerGrammar,
  INTEGER_MAGNITUDE_MAX,
  NUMBER_BOUND_MAX,
  type NumberBounds,
  numberGrammar,
} from "./number-grammar.ts";
import type { OpenPlace } from "./schema-reader.ts";
import { formatGrammar, REPETITIONS_MAX, stringGrammar } from "./string-grammar.ts";

export function stringOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  const { schema } = place;
  if (schema["pattern"] !== undefined) scope.lose(place, "pattern", "is a regular expression");
  const { min, max } = countsOf(scope, place, ["minLength", "maxLength"]);
  const format = formatOf(scope, place);
  if (format !== undefined) {
    for (const keyword of ["minLength", "maxLength"]) {
      if (schema[keyword] !== undefined) scope.lose(place, keyword, "stands beside a format");
    }
    return format;
  }
  if (max !== undefined && min > max) return undefined;
  return stringGrammar(scope.rules, min, max);
}

function formatOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  const { format } = place.schema;
  if (format === undefined) return undefined;
  const grammar = typeof format === "string" ? formatGrammar(scope.rules, format) : undefined;
  if (grammar === undefined) scope.lose(place, "format", `is ${JSON.stringify(format)}, of which no grammar is known`);
  return grammar;
}

/** Whole, non-negative counts; those beyond what llama.cpp takes are lost. */
export function countsOf(
  scope: GrammarScope,
  place: OpenPlace,
  keywords: readonly [min: string, max: string],
): { readonly min: number; readonly max: number | undefined } {
  const [min, max] = keywords.map((keyword) => {
    const value = place.schema[keyword];
    if (typeof value !== "number") return undefined;
    if (value <= REPETITIONS_MAX) return Math.max(0, Math.floor(value));
    scope.lose(place, keyword, `is ${value}, and a grammar counts to ${REPETITIONS_MAX}`);
    return undefined;
  });
  return { min: min ?? 0, max };
}

export function integerOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  checkMultiple(scope, place, 1);
  const { min, max, isMinExclusive, isMaxExclusive } = boundsOf(place.schema);
  const lowest = min === undefined ? undefined : isMinExclusive === true ? Math.floor(min) + 1 : Math.ceil(min);
  const highest = max === undefined ? undefined : isMaxExclusive === true ? Math.ceil(max) - 1 : Math.floor(max);
  const body = integerGrammar(withinMagnitude(lowest), withinMagnitude(highest));
  const isReachable = (lowest ?? 0) <= INTEGER_MAGNITUDE_MAX && (highest ?? 0) >= -INTEGER_MAGNITUDE_MAX;
  return body === undefined || !isReachable ? undefined : scope.rules.add("integer", body);
}

export function numberOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  checkMultiple(scope, place, undefined);
  const body = numberGrammar(heldBounds(scope, place));
  return body === undefined ? undefined : scope.rules.add("number", body);
}

function checkMultiple(scope: GrammarScope, place: OpenPlace, harmless: number | undefined): void {
  const { multipleOf } = place.schema;
  if (multipleOf !== undefined && multipleOf !== harmless) scope.lose(place, "multipleOf", "is arithmetic");
}

function withinMagnitude(bound: number | undefined): number | undefined {
  return bound === undefined || Math.abs(bound) >= INTEGER_MAGNITUDE_MAX ? undefined : bound;
}

/** Bounds that are whole and not huge; the others are lost. */
function heldBounds(scope: GrammarScope, place: OpenPlace): NumberBounds {
  const bounds = boundsOf(place.schema);
  const held = (bound: number | undefined, keywords: readonly string[]): boolean => {
    if (bound === undefined) return false;
    if (Number.isInteger(bound) && Math.abs(bound) <= NUMBER_BOUND_MAX) return true;
    for (const keyword of keywords.filter((name) => place.schema[name] !== undefined)) {
      scope.lose(place, keyword, "is not a whole number, or huge");
    }
    return false;
  };
  const { min, max, isMinExclusive = false, isMaxExclusive = false } = bounds;
  return {
    ...(held(min, ["minimum", "exclusiveMinimum"]) && min !== undefined ? { min, isMinExclusive } : {}),
    ...(held(max, ["maximum", "exclusiveMaximum"]) && max !== undefined ? { max, isMaxExclusive } : {}),
  };
}

/** Both notations: `exclusiveMinimum: 3`, and draft 4's `minimum: 3, exclusiveMinimum: true`. */
function boundsOf(schema: JsonObject): NumberBounds {
  const low = tighter(schema["minimum"], schema["exclusiveMinimum"], 1);
  const high = tighter(schema["maximum"], schema["exclusiveMaximum"], -1);
  return {
    ...(low === undefined ? {} : { min: low.bound, isMinExclusive: low.isExclusive }),
    ...(high === undefined ? {} : { max: high.bound, isMaxExclusive: high.isExclusive }),
  };
}

function tighter(
  inclusive: Json | undefined,
  exclusive: Json | undefined,
  sign: 1 | -1,
): { readonly bound: number; readonly isExclusive: boolean } | undefined {
  if (typeof exclusive === "number") {
    const isTighter = typeof inclusive !== "number" || sign * (exclusive - inclusive) >= 0;
    return isTighter ? { bound: exclusive, isExclusive: true } : { bound: inclusive, isExclusive: false };
  }
  return typeof inclusive === "number" ? { bound: inclusive, isExclusive: exclusive === true } : undefined;
}
