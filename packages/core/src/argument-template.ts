/**
 * A value with references, compiled once and resolved at each call: constants are shared, `{"$from"}` becomes the value it
 * names, `{"$literal"}` is untouched, strings with `{{ }}` are rendered. Compiling never throws: what is wrong becomes a finding.
 */
import type { Finding, FindingCode } from "./finding.ts";
import { compileTemplate, isTemplate, type Template, TemplateError } from "./jinja.ts";
import { type Json, type JsonObject, jsonPointer, setOwn } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { formatReference, parseReference, type Reference, valueAt } from "./reference.ts";

export type ArgumentTemplate =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "text"; readonly template: Template }
  | { readonly kind: "list"; readonly items: readonly ArgumentTemplate[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly items: readonly ArgumentTemplate[] };

/** One place in a value that is filled from elsewhere. `at`: where, as JSON path parts. */
export interface Wire {
  readonly at: readonly (string | number)[];
  readonly reference: Reference;
  /** `value`: the referenced value itself; `text`: it is rendered into a string. */
  readonly kind: "value" | "text";
}

export interface CompiledValue {
  readonly template: ArgumentTemplate;
  readonly wires: readonly Wire[];
  /** Places that could not be compiled, each with a finding. */
  readonly broken: readonly (readonly (string | number)[])[];
  /** Their paths begin at the value. */
  readonly findings: readonly Finding[];
}

type Path = readonly (string | number)[];
interface Compilation {
  readonly wires: Wire[];
  readonly broken: Path[];
  readonly findings: Finding[];
  /** Where the walk is. */
  readonly at: (string | number)[];
}

/** Most values of a large plan have none of these. */
const NONE: readonly never[] = [];

export function compileValue(value: Json): CompiledValue {
  if (isConstant(value)) return { template: { kind: "constant", value }, wires: NONE, broken: NONE, findings: NONE };
  const compilation: Compilation = { wires: [], broken: [], findings: [], at: [] };
  const template = compileAt(value, compilation);
  const { wires, broken, findings } = compilation;
  return { template, wires: exactly(wires), broken: exactly(broken), findings: exactly(findings) };
}

/** A list that has grown holds room for more: not so one that is kept. */
function exactly<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? NONE : list.slice();
}

/** Whether nothing in it is filled from elsewhere. */
function isConstant(value: Json): boolean {
  if (typeof value === "string") return !isTemplate(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isConstant);
  const record = value as JsonObject;
  if (Object.hasOwn(record, "$literal") || Object.hasOwn(record, "$from")) return false;
  for (const key of Object.keys(record)) if (!isConstant(record[key] ?? null)) return false;
  return true;
}

function compileAt(value: Json, compilation: Compilation): ArgumentTemplate {
  if (isConstant(value)) return { kind: "constant", value };
  if (typeof value === "string") return compileText(value, compilation);
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => compileStep(item, index, compilation));
    return { kind: "list", items };
  }
  const record = value as JsonObject;
  if (Object.hasOwn(record, "$literal")) return compileLiteral(record, compilation);
  if (Object.hasOwn(record, "$from")) return compileFrom(record, compilation);
  const keys = Object.keys(record).sort(); // what is built in this order needs no sorting for its canonical text
  return { kind: "record", keys, items: keys.map((key) => compileStep(record[key] ?? null, key, compilation)) };
}

function compileStep(value: Json, step: string | number, compilation: Compilation): ArgumentTemplate {
  compilation.at.push(step);
  const template = compileAt(value, compilation);
  compilation.at.pop();
  return template;
}

function compileLiteral(value: JsonObject, compilation: Compilation): ArgumentTemplate {
  if (Object.keys(value).length > 1)
    report(compilation, compilation.at, { code: "AM_UNKNOWN_KEY", message: `"$literal" stands alone in its object.` });
  return { kind: "constant", value: value["$literal"] ?? null };
}

function compileFrom(value: JsonObject, compilation: Compilation): ArgumentTemplate {
  const text = value["$from"];
  const at = compilation.at.slice();
  if (Object.keys(value).length > 1)
    report(compilation, at, { code: "AM_UNKNOWN_KEY", message: `"$from" stands alone in its object.` });
  const reference = typeof text === "string" ? parseReference(text) : undefined;
  if (reference === undefined) {
    const message = `${JSON.stringify(text)} is no reference. Write it as task.field[0].name.`;
    compilation.broken.push(at);
    report(compilation, [...at, "$from"], { code: "AM_BAD_REFERENCE", message });
    return { kind: "constant", value: null };
  }
  compilation.wires.push({ at, reference, kind: "value" });
  return { kind: "reference", reference };
}

function compileText(source: string, compilation: Compilation): ArgumentTemplate {
  const at = compilation.at.slice();
  try {
    const template = compileTemplate(source);
    for (const reference of template.references) compilation.wires.push({ at, reference, kind: "text" });
    return { kind: "text", template };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    compilation.broken.push(at);
    report(compilation, at, { code: "AM_TEMPLATE", message: error.message });
    return { kind: "constant", value: source };
  }
}

function report(
  compilation: Compilation,
  at: Path,
  what: { readonly code: FindingCode; readonly message: string },
): void {
  compilation.findings.push({ ...what, severity: "error", path: jsonPointer(at) });
}

/** A reference leads nowhere in the value that is really there. */
export class MissingValueError extends MeshError {
  constructor(reference: Reference) {
    super({
      code: "AM_MISSING_VALUE",
      message: `"${formatReference(reference)}" leads to no value.`,
      hint: "Look at the task's real output with: agentmesh show RUN --json",
      facts: { reference: formatReference(reference) },
    });
  }
}

/** Gives the value of a root; undefined when it has none. */
export type RootValue = (root: string) => Json | undefined;

/** Builds the value. Throws MissingValueError or TemplateError. */
export function resolveValue(template: ArgumentTemplate, valueOf: RootValue): Json {
  switch (template.kind) {
    case "constant":
      return template.value;
    case "reference":
      return resolveReference(template.reference, valueOf);
    case "text":
      return template.template.render(scopeOf(template.template.references, valueOf));
    case "list":
      return template.items.map((item) => resolveValue(item, valueOf));
    case "record":
      return resolveRecord(template, valueOf);
  }
}

function resolveRecord({ keys, items }: Extract<ArgumentTemplate, { kind: "record" }>, valueOf: RootValue): JsonObject {
  const record: Record<string, Json> = {};
  for (let at = 0; at < keys.length; at++) {
    const [key, item] = [keys[at], items[at]];
    if (key !== undefined && item !== undefined) setOwn(record, key, resolveValue(item, valueOf));
  }
  return record;
}

/** The roots that references read, as a scope for a template or an expression. */
export function scopeOf(references: readonly Reference[], valueOf: RootValue): Readonly<Record<string, Json>> {
  const entries = references.map(({ root }) => [root, valueOf(root)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
}

function resolveReference(reference: Reference, valueOf: RootValue): Json {
  const root = valueOf(reference.root);
  const value = root === undefined ? undefined : valueAt(root, reference.path);
  if (value === undefined) throw new MissingValueError(reference);
  return value;
}
