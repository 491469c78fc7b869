/**
 * A value with references, compiled once and resolved at each call: constants are shared, `{"$from"}` becomes the value it
 * names, `{"$literal"}` is untouched, strings with `{{ }}` are rendered. Compiling never throws: what is wrong becomes a finding.
 */
import type { Finding, FindingCode } from "./finding.ts";
import { compileTemplate, isTemplate, type Template, TemplateError } from "./jinja.ts";
import { isJsonObject, type Json, jsonPointer } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { formatReference, parseReference, type Reference, valueAt } from "./reference.ts";

export type ArgumentTemplate =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "text"; readonly template: Template }
  | { readonly kind: "list"; readonly items: readonly ArgumentTemplate[] }
  | { readonly kind: "record"; readonly entries: readonly (readonly [string, ArgumentTemplate])[] };

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
  readonly findings: readonly Finding[];
}

type Path = readonly (string | number)[];
interface Compilation {
  readonly wires: Wire[];
  readonly broken: Path[];
  readonly findings: Finding[];
  readonly base: Path;
}

/** `base`: where the value stands in the plan, for the paths of findings. */
export function compileValue(value: Json, base: Path): CompiledValue {
  const compilation: Compilation = { wires: [], broken: [], findings: [], base };
  return {
    template: compileAt(value, [], compilation),
    wires: compilation.wires,
    broken: compilation.broken,
    findings: compilation.findings,
  };
}

function compileAt(value: Json, at: Path, compilation: Compilation): ArgumentTemplate {
  if (typeof value === "string")
    return isTemplate(value) ? compileText(value, at, compilation) : { kind: "constant", value };
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => compileAt(item, [...at, index], compilation));
    return items.every((item) => item.kind === "constant") ? { kind: "constant", value } : { kind: "list", items };
  }
  if (!isJsonObject(value)) return { kind: "constant", value };
  if (Object.hasOwn(value, "$literal")) return compileLiteral(value, at, compilation);
  if (Object.hasOwn(value, "$from")) return compileFrom(value, at, compilation);
  const entries = Object.entries(value).map(
    ([key, item]) => [key, compileAt(item, [...at, key], compilation)] as const,
  );
  return entries.every(([, entry]) => entry.kind === "constant")
    ? { kind: "constant", value }
    : { kind: "record", entries };
}

function compileLiteral(value: { readonly [key: string]: Json }, at: Path, compilation: Compilation): ArgumentTemplate {
  if (Object.keys(value).length > 1)
    report(compilation, at, { code: "AM_UNKNOWN_KEY", message: `"$literal" stands alone in its object.` });
  return { kind: "constant", value: value["$literal"] ?? null };
}

function compileFrom(value: { readonly [key: string]: Json }, at: Path, compilation: Compilation): ArgumentTemplate {
  const text = value["$from"];
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

function compileText(source: string, at: Path, compilation: Compilation): ArgumentTemplate {
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
  compilation.findings.push({ ...what, severity: "error", path: jsonPointer([...compilation.base, ...at]) });
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
      return Object.fromEntries(template.entries.map(([key, entry]) => [key, resolveValue(entry, valueOf)]));
  }
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
