/**
 * Whether a tool can take the literals that a part of the goal names: a path that no argument wants, or two numbers wanted
 * where one is named, say that another tool is meant.
 */
import type { Json } from "@agentmesh/core";
import { type ArgumentLeaf, typesIn } from "./argument-schema.ts";
import { type GoalLiterals, properNames } from "./goal-literals.ts";
import { textsOfKind, valueKind } from "./value-kind.ts";

type LiteralKind = "path" | "url" | "email" | "number" | "quoted";

const KINDS: readonly LiteralKind[] = ["path", "url", "email", "number", "quoted"];

export interface LiteralFitRequest {
  readonly leaves: readonly ArgumentLeaf[];
  readonly literals: GoalLiterals;
  /** How many earlier values could stand for a missing literal of the kind. */
  readonly sourcesOf: (leaf: ArgumentLeaf) => number;
}

/**
 * `all`: every literal has a place, a proper name too. `most`: names have none. `words`: only numbers have none, which may
 * be words of a text ("room 3").
 */
export type LiteralFit = "all" | "most" | "words" | "none";

export function literalFit(request: LiteralFitRequest): LiteralFit {
  const misfits = KINDS.filter((kind) => !isFitting(kind, request));
  const hasText = request.leaves.some(isTextLeaf);
  if (misfits.length === 0) {
    return hasText || properNames(request.literals).length === 0 ? "all" : "most";
  }
  const isNumbersOnly = misfits.every((kind) => kind === "number");
  return isNumbersOnly && hasText && leavesOf("number", request.leaves).length === 0 ? "words" : "none";
}

/**
 * Literals whose place is known, by the path of their leaf: as many values of a kind as required arguments of it are
 * taken in order, "from X to Y", "the sum of X and Y".
 */
export function settledLiterals(leaves: readonly ArgumentLeaf[], literals: GoalLiterals): ReadonlyMap<string, Json> {
  const settled = new Map<string, Json>();
  const settle = (places: readonly ArgumentLeaf[], values: readonly Json[]): void => {
    const needed = places.filter(({ isRequired, isListed }) => isRequired && !isListed);
    if (needed.length !== values.length || places.some(({ isListed }) => isListed)) return;
    for (const [index, leaf] of needed.entries()) settled.set(leafKey(leaf.path), values[index] ?? null);
  };
  for (const kind of KINDS) settle(leavesOf(kind, leaves), valuesOf(kind, literals));
  return settled;
}

export function leafKey(path: readonly string[]): string {
  return JSON.stringify(path);
}

function isFitting(kind: LiteralKind, { leaves, literals, sourcesOf }: LiteralFitRequest): boolean {
  const count = valuesOf(kind, literals).length;
  const mine = leavesOf(kind, leaves);
  const takesMany = mine.some(({ isListed }) => isListed);
  if (count > mine.length && !takesMany) return false;
  if (count === 1 && takesMany && mine.every(({ isListed }) => isListed)) return false;
  if (kind === "quoted") return true;
  const needed = mine.filter(({ isRequired, isListed }) => isRequired && !isListed);
  const fed = Math.max(0, ...needed.map((leaf) => sourcesOf(leaf)));
  return needed.length <= count + fed;
}

function leavesOf(kind: LiteralKind, leaves: readonly ArgumentLeaf[]): readonly ArgumentLeaf[] {
  if (kind === "quoted") return leaves.filter(isTextLeaf);
  return leaves.filter(({ name, schema }) => {
    const types = typesIn(schema);
    if (kind === "number") return types.includes("number") || types.includes("integer");
    return types.includes("string") && valueKind(name, schema) === kind;
  });
}

function isTextLeaf({ name, schema }: ArgumentLeaf): boolean {
  return typesIn(schema).includes("string") && !("enum" in schema) && valueKind(name, schema) === "text";
}

function valuesOf(kind: LiteralKind, literals: GoalLiterals): readonly Json[] {
  if (kind === "quoted") return literals.quoted;
  return kind === "number" ? literals.numbers : textsOfKind(kind, literals);
}
