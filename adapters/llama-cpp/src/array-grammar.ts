/** Arrays: a fixed beginning, then any number of items within bounds. */
import type { Json } from "@agentmesh/core";
import { type GrammarScope, childPath } from "./grammar-scope.ts";
import { repeated } from "./grammar-rules.ts";
import { countsOf } from "./scalar-grammar.ts";
import { asSchema, type OpenPlace, type SchemaPlace } from "./schema-reader.ts";

const UNHELD = [
  ["contains", "asks for one item among others"],
  ["minContains", "counts items among others"],
  ["maxContains", "counts items among others"],
  ["unevaluatedItems", "depends on other keywords"],
] as const;

export function arrayOf(scope: GrammarScope, place: OpenPlace): string | undefined {
  const { min, max } = countsOf(scope, place, ["minItems", "maxItems"]);
  loseUnheld(scope, place, max);
  if (max !== undefined && min > max) return undefined;
  const fixed = fixedItems(scope, place, max);
  if (fixed === undefined) return undefined;
  const rest = fixed.isCut ? undefined : scope.compile(restOf(place));
  const least = Math.max(0, min - fixed.items.length);
  if (rest === undefined && least > 0) return undefined;
  const most = rest === undefined ? 0 : lessBy(max, fixed.items.length);
  return scope.rules.add("array", bodyOf(scope, fixed.items, { item: rest ?? "", least, most }));
}

function loseUnheld(scope: GrammarScope, place: OpenPlace, max: number | undefined): void {
  for (const [keyword, reason] of UNHELD) if (place.schema[keyword] !== undefined) scope.lose(place, keyword, reason);
  const isComparing = place.schema["uniqueItems"] === true && max !== 0 && max !== 1;
  if (isComparing) scope.lose(place, "uniqueItems", "compares items with each other");
}

function lessBy(count: number | undefined, taken: number): number | undefined {
  return count === undefined ? undefined : count - taken;
}

interface RestItems {
  readonly item: string;
  readonly least: number;
  readonly most: number | undefined;
}

function bodyOf(scope: GrammarScope, fixed: readonly string[], rest: RestItems): string {
  const comma = `"," ${scope.rules.space()}`;
  const more = `( ${comma} ${rest.item} )`;
  const head = fixed.join(` ${comma} `);
  if (head !== "") return `"[" ${head} ${repeated(more, rest.least, rest.most)} "]"`;
  if (rest.most === 0) return '"[" "]"';
  const filled = `${rest.item} ${repeated(more, Math.max(0, rest.least - 1), lessBy(rest.most, 1))}`;
  return rest.least === 0 ? `"[" ( ${filled} )? "]"` : `"[" ${filled} "]"`;
}

interface FixedItems {
  readonly items: readonly string[];
  /** No item may follow. */
  readonly isCut: boolean;
}

/** The items that have a schema each, all of them written as long as they are allowed. Undefined: not possible. */
function fixedItems(scope: GrammarScope, place: OpenPlace, max: number | undefined): FixedItems | undefined {
  const { keyword, list } = tupleOf(place);
  const items: string[] = [];
  for (const [index, schema] of list.slice(0, max).entries()) {
    const path = childPath(place, keyword, index);
    const item = scope.compile({ schema: asSchema(schema, path, keyword), path, level: place.level });
    if (item === undefined) {
      const min = Number(place.schema["minItems"] ?? 0);
      return min > index ? undefined : { items, isCut: true };
    }
    items.push(item);
  }
  return { items, isCut: false };
}

/** `prefixItems`, or what drafts before 2020 wrote as a list of `items`. */
function tupleOf(place: OpenPlace): { readonly keyword: string; readonly list: readonly Json[] } {
  const { prefixItems, items } = place.schema;
  if (Array.isArray(prefixItems)) return { keyword: "prefixItems", list: prefixItems };
  return { keyword: "items", list: Array.isArray(items) ? items : [] };
}

/** The schema of the items after the fixed ones. A fixed beginning that says nothing of the rest has none. */
function restOf(place: OpenPlace): SchemaPlace {
  const { prefixItems, items, additionalItems } = place.schema;
  const isOldTuple = Array.isArray(items);
  const keyword = isOldTuple ? "additionalItems" : "items";
  const isTuple = isOldTuple || (Array.isArray(prefixItems) && prefixItems.length > 0);
  const value = isOldTuple ? additionalItems : items;
  const path = childPath(place, keyword);
  return { schema: value === undefined && isTuple ? false : asSchema(value, path, keyword), path, level: place.level };
}
