/**
 * One tool's call as a grammar rule: `name(argument: value, ...)`, required arguments first, optional ones at most once.
 * A literal is a value of the part that keeps its own schema, a reference a source that could feed it. An optional
 * argument without a possible value is left out; a required one makes the call impossible.
 */
import type { Json, JsonObject } from "@agentmesh/core";
import {
  type ArgumentLeaf,
  argumentLeaves,
  isAllowed,
  openSchema,
  propertiesIn,
  requiredIn,
  SCHEMA_LEVELS_MAX,
  typesIn,
} from "./argument-schema.ts";
import { type GoalLiterals, properNames } from "./goal-literals.ts";
import { type GrammarRules, literalText } from "./grammar-rules.ts";
import { leafKey, type LiteralFit, literalFit, settledLiterals } from "./literal-fit.ts";
import type { PlanTool } from "./plan-tool.ts";
import type { RefusedChoices } from "./refused-choices.ts";
import { textsOfKind, valueKind } from "./value-kind.ts";
import type { ValueSource } from "./value-source.ts";

/** Where a call would stand. */
export interface CallPlace {
  /** Counted from 0. */
  readonly line: number;
  /** The part of the goal that it serves. */
  readonly text: string;
  readonly literals: GoalLiterals;
  readonly sources: readonly ValueSource[];
  readonly refused: RefusedChoices;
}

export type CallRule =
  | { readonly isPossible: true; readonly rule: string; readonly fit: Exclude<LiteralFit, "none"> }
  /** `missing`: the required argument without a value; absent when the literals do not fit. */
  | { readonly isPossible: false; readonly missing?: string };

/** Elements of a list that the model may choose. */
const ITEMS_MAX = 4;
/** Elements that a schema may ask for. */
const ITEMS_NEEDED_MAX = 16;
/** Optional arguments offered: each one doubles what the model has to decide. */
const OPTIONAL_MAX = 8;
/** Keys that mean something else in a plan. */
const PLAN_KEYS: ReadonlySet<string> = new Set(["$from", "$literal"]);
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export function callRule(tool: PlanTool, place: CallPlace, rules: GrammarRules): CallRule {
  if (place.refused.has({ line: place.line, tool: tool.name })) return { isPossible: false };
  return new CallGrammar(tool, place, rules).call();
}

interface ValuePlace {
  /** An optional value inside another is only written when the part names it. */
  readonly isWirable: boolean;
  readonly name: string;
  readonly path: readonly string[];
  readonly level: number;
}

class CallGrammar {
  readonly #tool: PlanTool;
  readonly #place: CallPlace;
  readonly #rules: GrammarRules;
  readonly #root: JsonObject;
  readonly #settled: ReadonlyMap<string, Json>;
  readonly #leaves: readonly ArgumentLeaf[];
  #missing: string | undefined;

  constructor(tool: PlanTool, place: CallPlace, rules: GrammarRules) {
    this.#tool = tool;
    this.#place = place;
    this.#rules = rules;
    this.#root = tool.spec.inputSchema;
    this.#leaves = argumentLeaves(this.#root);
    this.#settled = settledLiterals(this.#leaves, place.literals);
  }

  call(): CallRule {
    const body = this.#members(this.#root, { name: "", path: [], level: 0, isWirable: true }, argumentKey);
    if (body === undefined) {
      return { isPossible: false, ...(this.#missing === undefined ? {} : { missing: this.#missing }) };
    }
    const fit = literalFit({
      leaves: this.#leaves,
      literals: this.#place.literals,
      sourcesOf: (leaf) => this.#sources(leaf.schema, { ...leaf, isWirable: true }).length,
    });
    if (fit === "none") return { isPossible: false };
    const rule = this.#rules.rule("call", `${literalText(`${this.#tool.name}(`)} ${body} ")"`);
    return { isPossible: true, rule, fit };
  }

  /** `key: value` pairs with the right commas; undefined when a required one cannot be written. */
  #members(schema: JsonObject, place: ValuePlace, keyOf: (name: string) => string): string | undefined {
    const required = requiredIn(schema);
    const properties = new Map(propertiesIn(schema));
    const needed: string[] = [];
    const inOrder = [...properties.keys()].filter((name) => required.has(name));
    for (const name of new Set([...inOrder, ...required])) {
      const value = this.#member(name, properties.get(name), place);
      if (value === undefined) {
        this.#missing ??= name;
        return undefined;
      }
      needed.push(`${literalText(keyOf(name))} ${value}`);
    }
    const optional = [...properties].flatMap(([name, child]) => {
      const isOffered = !required.has(name) && this.#isNamed(child);
      const isWirable = place.isWirable && place.level === 0;
      const value = isOffered ? this.#member(name, child, { ...place, isWirable }) : undefined;
      return value === undefined ? [] : [`${literalText(keyOf(name))} ${value}`];
    });
    return joined(needed, optional.slice(0, OPTIONAL_MAX));
  }

  #member(name: string, schema: Json | undefined, place: ValuePlace): string | undefined {
    if (PLAN_KEYS.has(name)) return undefined;
    return this.#value(schema, { ...place, name, path: [...place.path, name], level: place.level + 1 });
  }

  /** An optional switch or choice is only set when the goal says so. */
  #isNamed(schema: Json): boolean {
    const own = openSchema(schema, this.#root);
    if (own === undefined || typesIn(own).includes("boolean")) return false;
    return !Array.isArray(own["enum"]) || this.#namedValues(own["enum"] as readonly Json[]).length > 0;
  }

  #value(schema: Json | undefined, place: ValuePlace): string | undefined {
    const own = openSchema(schema, this.#root);
    if (own === undefined || place.level > SCHEMA_LEVELS_MAX) return undefined;
    const settled = this.#settled.get(leafKey(place.path));
    if (settled !== undefined) return this.#literals("value", [settled], own);
    if (own["const"] !== undefined) return this.#literals("const", [own["const"]], own);
    if (Array.isArray(own["enum"])) return this.#enumeration(own, own["enum"] as readonly Json[]);
    const { anyOf, oneOf, ...rest } = own;
    const branches = anyOf ?? oneOf;
    if (Array.isArray(branches)) {
      const next = { ...place, level: place.level + 1 };
      const open = (branches as readonly Json[]).map((branch) => openSchema(branch, this.#root));
      return this.#rules.oneOf(
        "any",
        open.map((branch) => (branch === undefined ? undefined : this.#value({ ...rest, ...branch }, next))),
      );
    }
    return this.#rules.oneOf(
      "value",
      typesIn(own).map((type) => this.#typed({ ...own, type }, type, place)),
    );
  }

  #typed(schema: JsonObject, type: string, place: ValuePlace): string | undefined {
    switch (type) {
      case "string":
        return this.#text(schema, place);
      case "integer":
      case "number":
        return this.#wiredOr(this.#literals("number", this.#place.literals.numbers, schema), schema, place);
      case "boolean":
        return this.#literals("boolean", [true, false], schema);
      case "null":
        return this.#literals("null", [null], schema);
      case "array":
        return this.#wiredOr(this.#list(schema, place), schema, place);
      case "object":
        return this.#wiredOr(this.#record(schema, place), schema, place);
      default:
        return undefined;
    }
  }

  #text(schema: JsonObject, place: ValuePlace): string | undefined {
    const texts = textsOfKind(valueKind(place.name, schema), this.#place.literals);
    return this.#wiredOr(this.#literals("text", texts, schema), schema, place);
  }

  #list(schema: JsonObject, place: ValuePlace): string | undefined {
    const item = openSchema(schema["items"], this.#root);
    if (item === undefined || schema["prefixItems"] !== undefined) return undefined;
    const all = this.#wholeList(item, place);
    if (all !== undefined) return this.#literals("list", [all], schema);
    const min = count(schema["minItems"], 0);
    const max = Math.max(min, Math.min(count(schema["maxItems"], ITEMS_MAX), ITEMS_MAX));
    const element = max === 0 ? undefined : this.#value(item, { ...place, level: place.level + 1 });
    if (element === undefined || min > ITEMS_NEEDED_MAX) return this.#literals("list", [[]], schema);
    // Never empty where something could stand in it.
    const most = schema["uniqueItems"] === true ? Math.max(min, 1) : max;
    const more = most === 1 ? "" : ` ( ", " ${element} ){${Math.max(0, min - 1)},${most - 1}}`;
    return this.#rules.rule("list", `"[" ${element}${more} "]"`);
  }

  /** The values of a kind that a list takes as they are: all that the part names. */
  #wholeList(item: JsonObject, { name }: ValuePlace): readonly Json[] | undefined {
    const [type] = typesIn(item);
    if ("enum" in item || "const" in item) return undefined;
    const { literals } = this.#place;
    if (type === "number" || type === "integer") return literals.numbers.length > 0 ? literals.numbers : undefined;
    if (type !== "string") return undefined;
    const kind = valueKind(name, item);
    const texts = literals.quoted.length > 0 ? literals.quoted : properNames(literals);
    const values = kind === "text" ? texts : textsOfKind(kind, literals);
    return values.length > 0 ? values : undefined;
  }

  #record(schema: JsonObject, place: ValuePlace): string | undefined {
    const body = this.#members(schema, place, (name) => `${JSON.stringify(name)}: `);
    if (body === undefined) return undefined;
    return body === '""' ? this.#literals("record", [{}], schema) : this.#rules.rule("record", `"{" ${body} "}"`);
  }

  #enumeration(schema: JsonObject, values: readonly Json[]): string | undefined {
    const named = this.#namedValues(values);
    return this.#literals("choice", named.length > 0 ? named : values, schema);
  }

  /** The values that stand in the part as words. */
  #namedValues(values: readonly Json[]): readonly Json[] {
    const words = ` ${this.#place.text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ")} `;
    return values.filter((value) => {
      if (typeof value !== "string" && typeof value !== "number") return false;
      const plain = String(value)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
        .trim();
      return plain !== "" && words.includes(` ${plain} `);
    });
  }

  #literals(base: string, values: readonly Json[], schema: JsonObject): string | undefined {
    const allowed = values.filter((value) => isAllowed(value, schema, this.#root));
    return this.#rules.oneOf(
      base,
      allowed.map((value) => literalText(valueText(value))),
    );
  }

  #wiredOr(literals: string | undefined, schema: JsonObject, place: ValuePlace): string | undefined {
    const wires = this.#sources(schema, place).map(({ name }) => literalText(name));
    return this.#rules.oneOf("value", [...wires, literals]);
  }

  #sources(schema: JsonObject, { name, path, isWirable }: Omit<ValuePlace, "level">): readonly ValueSource[] {
    if (!isWirable) return [];
    const { line, refused, sources } = this.#place;
    const fitting = sources.flatMap((source) => {
      const fit = source.feeds({ name, schema });
      const isRefused = refused.has({ line, tool: this.#tool.name, wire: { path, source: source.name } });
      return fit === undefined || isRefused ? [] : [{ source, fit }];
    });
    // The whole of a value as JSON is read by few: only where no value has a text of its own.
    const isDirect = fitting.some(({ fit }) => fit === "value");
    return fitting.filter(({ fit }) => !isDirect || fit === "value").map(({ source }) => source);
  }
}

/** The needed ones, then any of the others in their order. */
function joined(needed: readonly string[], optional: readonly string[]): string {
  const behind = (members: readonly string[]): string => members.map((member) => ` ( ", " ${member} )?`).join("");
  if (needed.length > 0) return needed.join(' ", " ') + behind(optional);
  const starts = optional.map((member, index) => `${member}${behind(optional.slice(index + 1))}`);
  return starts.length === 0 ? '""' : `( ${starts.join(" | ")} )?`;
}

function argumentKey(name: string): string {
  return `${PLAIN_KEY.test(name) ? name : JSON.stringify(name)}: `;
}

/** JSON with a space behind commas and colons, as the examples write it. */
function valueText(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(valueText).join(", ")}]`;
  return JSON.stringify(value);
}

function count(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : otherwise;
}
