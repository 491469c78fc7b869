/** What the grammars of the kinds of values need from the compiler that calls them. */
import type { GrammarRules } from "./grammar-rules.ts";
import type { OpenPlace, SchemaPlace } from "./schema-reader.ts";

export interface GrammarScope {
  readonly rules: GrammarRules;
  /** One GBNF symbol for the values of a place; undefined when none is possible. */
  compile(place: SchemaPlace): string | undefined;
  open(place: SchemaPlace): OpenPlace | undefined;
  /** A keyword that the grammar does not hold: throws SchemaRefusalError unless it may be left to validation. */
  lose(place: SchemaPlace, keyword: string, reason: string): void;
}

/** The place of a child: `/properties/name` below its parent. */
export function childPath(place: SchemaPlace, ...parts: readonly (string | number)[]): string {
  const pointer = parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return `${place.path}${pointer.join("")}`;
}
