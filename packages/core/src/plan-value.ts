/**
 * A value of a plan, with references in it, read where it stands: `{"$from"}` becomes the value it names, `{"$literal"}` is
 * untouched, strings with `{{ }}` are rendered, and what is filled from nowhere is shared. A plan may have 100,000 of them,
 * so nothing is kept beside the plan itself but its templates, each once.
 */
import type { Finding, FindingCode } from "./finding.ts";
import { compileTemplate, isTemplate, type Template, TemplateError } from "./jinja.ts";
import { isJsonObject, type Json, type JsonObject, jsonPointer, setOwn, sortedKeys } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { formatReference, parseReference, type Reference, valueAt } from "./reference.ts";

type Path = readonly (string | number)[];

/** One place in a value that is filled from elsewhere. `at`: where, as JSON path parts. */
export interface Wire {
  readonly at: Path;
  readonly reference: Reference;
  /** `value`: the referenced value itself; `text`: it is rendered into a string. */
  readonly kind: "value" | "text";
}

/** Told what a value is made of, as far as it is filled from elsewhere: keys in canonical order. */
export interface ValueVisitor {
  readonly wire?: (wire: Wire) => void;
  /** A place that cannot be read; a finding tells of it too. */
  readonly broken?: (at: Path) => void;
  /** Its path begins at the value. */
  readonly finding?: (finding: Finding) => void;
}

/** Gives the value of a root; undefined when it has none. */
export type RootValue = (root: string) => Json | undefined;

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

/** The templates of a plan by their text; with the error of one that is none. */
export class PlanTemplates {
  readonly #templates = new Map<string, Template | TemplateError>();

  of(text: string): Template | TemplateError {
    const known = this.#templates.get(text);
    if (known !== undefined) return known;
    const template = compiledTemplate(text);
    this.#templates.set(text, template);
    return template;
  }
}

function compiledTemplate(text: string): Template | TemplateError {
  try {
    return compileTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

export class PlanValue {
  readonly #source: Json;
  readonly #templates: PlanTemplates;

  /** `source`: as the plan has it. */
  constructor(source: Json, templates: PlanTemplates) {
    this.#source = source;
    this.#templates = templates;
  }

  /** What the whole of it refers to; undefined for anything but one `{"$from"}`. */
  get reference(): Reference | undefined {
    return isReference(this.#source) ? referenceIn(this.#source) : undefined;
  }

  /** One value may have as many wires as its plan has tasks: none is kept. Never throws on a wrong value. */
  visit(visitor: ValueVisitor): void {
    visitAt(this.#source, { visitor, templates: this.#templates, at: [] });
  }

  wires(): readonly Wire[] {
    const wires: Wire[] = [];
    this.visit({ wire: (wire) => wires.push(wire) });
    return wires;
  }

  /** Builds the value. Throws MissingValueError or TemplateError. */
  resolve(valueOf: RootValue): Json {
    return build(this.#source, {
      reference: (reference) => resolveReference(reference, valueOf),
      text: (text) => render(this.#templates.of(text), valueOf),
    });
  }

  /** The value with `hole` where something flows in. */
  filled(hole: Json): Json {
    return build(this.#source, {
      reference: () => hole,
      text: (text) => (this.#templates.of(text) instanceof TemplateError ? text : hole),
    });
  }
}

interface Filling {
  readonly reference: (reference: Reference) => Json;
  readonly text: (text: string) => Json;
}

/** A list or record in which nothing is filled is given as it is; any other is built, with its keys in canonical order. */
function build(source: Json, filling: Filling): Json {
  if (typeof source === "string") return isTemplate(source) ? filling.text(source) : source;
  if (typeof source !== "object" || source === null) return source;
  if (isList(source)) return buildList(source, filling);
  if (isLiteral(source)) return source["$literal"] ?? null;
  if (!isReference(source)) return buildRecord(source, filling);
  const reference = referenceIn(source);
  return reference === undefined ? null : filling.reference(reference);
}

function buildList(source: readonly Json[], filling: Filling): Json {
  let built: Json[] | undefined;
  for (let at = 0; at < source.length; at++) {
    const item = source[at] ?? null;
    const value = build(item, filling);
    if (value === item) continue;
    built ??= source.slice(); // of its exact length: a list that grows holds room for more
    built[at] = value;
  }
  return built ?? source;
}

function buildRecord(source: JsonObject, filling: Filling): Json {
  const keys = sortedKeys(source);
  let built: Record<string, Json> | undefined;
  for (const key of keys) {
    const item = source[key] ?? null;
    const value = build(item, filling);
    if (value !== item) built ??= picked(source, keys, key);
    if (built !== undefined) setOwn(built, key, value);
  }
  return built ?? source;
}

/** The keys before `end`. */
function picked(source: JsonObject, keys: readonly string[], end: string): Record<string, Json> {
  const record: Record<string, Json> = {};
  for (const key of keys) {
    if (key === end) break;
    setOwn(record, key, source[key] ?? null);
  }
  return record;
}

/** A visit under way. */
interface Visit {
  readonly visitor: ValueVisitor;
  readonly templates: PlanTemplates;
  /** Where it is. */
  readonly at: (string | number)[];
}

function visitAt(source: Json, visit: Visit): void {
  if (typeof source === "string" && isTemplate(source)) visitText(visit.templates.of(source), visit);
  if (typeof source !== "object" || source === null) return;
  if (isList(source)) for (let step = 0; step < source.length; step++) visitStep(step, source[step] ?? null, visit);
  else if (isLiteral(source)) reportOtherKeys(source, "$literal", visit);
  else if (Object.hasOwn(source, "$from")) visitReference(source, visit);
  else for (const key of sortedKeys(source)) visitStep(key, source[key] ?? null, visit);
}

function visitStep(step: string | number, item: Json, visit: Visit): void {
  visit.at.push(step);
  visitAt(item, visit);
  visit.at.pop();
}

function visitText(template: Template | TemplateError, visit: Visit): void {
  const at = visit.at.slice();
  if (template instanceof TemplateError) {
    visit.visitor.broken?.(at);
    report(visit, at, { code: "AM_TEMPLATE", message: template.message });
    return;
  }
  for (const reference of template.references) visit.visitor.wire?.({ at, reference, kind: "text" });
}

function visitReference(source: JsonObject, visit: Visit): void {
  const at = visit.at.slice();
  reportOtherKeys(source, "$from", visit);
  const reference = referenceIn(source);
  if (reference !== undefined) {
    visit.visitor.wire?.({ at, reference, kind: "value" });
    return;
  }
  const message = `${JSON.stringify(source["$from"])} is no reference. Write it as task.field[0].name.`;
  visit.visitor.broken?.(at);
  report(visit, [...at, "$from"], { code: "AM_BAD_REFERENCE", message });
}

function reportOtherKeys(source: JsonObject, key: "$from" | "$literal", visit: Visit): void {
  if (Object.keys(source).length > 1)
    report(visit, visit.at, { code: "AM_UNKNOWN_KEY", message: `"${key}" stands alone in its object.` });
}

function report(visit: Visit, at: Path, what: { readonly code: FindingCode; readonly message: string }): void {
  visit.visitor.finding?.({ ...what, severity: "error", path: jsonPointer(at) });
}

function isList(source: Json): source is readonly Json[] {
  return Array.isArray(source);
}

/** `$literal` before `$from`: what stands in it is not looked at. */
function isLiteral(source: JsonObject): boolean {
  return Object.hasOwn(source, "$literal");
}

function isReference(source: Json): source is JsonObject {
  return isJsonObject(source) && Object.hasOwn(source, "$from") && !isLiteral(source);
}

function referenceIn(source: JsonObject): Reference | undefined {
  const text = source["$from"];
  return typeof text === "string" ? parseReference(text) : undefined;
}

function render(template: Template | TemplateError, valueOf: RootValue): Json {
  if (template instanceof TemplateError) throw template;
  return template.render(scopeOf(template.references, valueOf));
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
