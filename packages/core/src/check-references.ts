/** Checks what a task (or the output) reads: that each root exists, and that each path leads to something its schema knows. */
import type { CompiledPlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import type { Finding } from "./finding.ts";
import { isJsonObject, type Json, type JsonSchema, jsonPointer, ownValue } from "./json.ts";
import { suggestion } from "./nearest-names.ts";
import type { PlanValue } from "./plan-value.ts";
import { formatReference, type Reference } from "./reference.ts";
import { fits, isDeclared, type ShapeInContext, shapesAt } from "./schema-shape.ts";
import type { ToolCatalogue } from "./tool-catalogue.ts";

export interface ReferenceCheck {
  readonly compiled: CompiledPlan;
  readonly catalogue: ToolCatalogue;
  /** Whose references: a task's, or those of the plan's output. */
  readonly place: CompiledTask | "output";
}

type Path = readonly (string | number)[];

/** References of one part of a task, or of the output. */
interface Part {
  /** Where the part stands in the task. */
  readonly at: Path;
  /** Whether the loop name and `index` are known there. */
  readonly isInLoop: boolean;
}

/** What a tool without an output schema gives: anything. */
const ANYTHING: ShapeInContext = { schema: true, root: true };
const NONE: readonly Finding[] = [];
const LIST: ShapeInContext = { schema: { type: "array" }, root: true };

const INDEX: ShapeInContext = { schema: { type: "integer" }, root: true };
/** What a plan may ask about its own run. */
const RUN: ShapeInContext = {
  schema: {
    type: "object",
    properties: { id: { type: "string" }, name: { type: "string" } },
    additionalProperties: false,
  },
  root: true,
};

export function checkReferences(check: ReferenceCheck, findings: Finding[]): void {
  const { compiled, place } = check;
  const walk: Walk = { check, findings, unchecked: new Set() };
  if (place === "output") return checkWires(compiled.output, OUTPUT, walk);
  const isInLoop = place.list !== undefined;
  checkWires(place.args, isInLoop ? LOOP_ARGS : ARGS, walk);
  checkWires(place.list, LIST_PART, walk);
  checkWires(place.fallback, { at: ["onError", "args"], isInLoop }, walk);
  for (const reference of place.when?.references ?? []) checkRead(reference, { part: WHEN, at: [] }, walk);
  for (const reference of place.until?.references ?? [])
    checkRead(reference, { part: { at: ["repeat", "until"], isInLoop }, at: [] }, walk);
  findings.push(...checkList(check));
}

/** The shape of a reference's value; undefined when its root is not known. `true` schemas mean unchecked. */
export function shapesOfReference(
  reference: Reference,
  check: ReferenceCheck,
  isInLoop: boolean,
): readonly ShapeInContext[] | undefined {
  const root = shapeOfRoot(reference.root, { check, isInLoop, knowing: "declared" });
  return root === undefined ? undefined : shapesAt(root, reference.path);
}

interface Walk {
  readonly check: ReferenceCheck;
  readonly findings: Finding[];
  /** Roots that were told of already. */
  readonly unchecked: Set<string>;
}

interface Place {
  readonly part: Part;
  /** Where the reference stands in the part. */
  readonly at: Path;
}

const OUTPUT: Part = { at: ["output"], isInLoop: false };
const ARGS: Part = { at: ["args"], isInLoop: false };
const LOOP_ARGS: Part = { at: ["args"], isInLoop: true };
const LIST_PART: Part = { at: ["each", "in"], isInLoop: false };
const WHEN: Part = { at: ["when"], isInLoop: false };

function checkWires(value: PlanValue | undefined, part: Part, walk: Walk): void {
  value?.visit({ wire: ({ reference, at }) => checkRead(reference, { part, at }, walk) });
}

function checkRead(reference: Reference, place: Place, walk: Walk): void {
  const { check, findings, unchecked } = walk;
  const root = shapeOfRoot(reference.root, { check, isInLoop: place.part.isInLoop, knowing: "declared" });
  if (root === undefined) {
    findings.push(unknownRoot(reference, pointerOf(place, check), check));
    return;
  }
  checkSeen(reference, place, walk);
  if (root.schema === true && check.compiled.indexOf.has(reference.root) && !unchecked.has(reference.root)) {
    unchecked.add(reference.root);
    const message = `The tool of "${reference.root}" declares no output schema: what is read of it is unchecked.`;
    findings.push({ code: "AM_UNCHECKED", severity: "info", path: pointerOf(place, check), message });
    return;
  }
  const leadsNowhere = shapesAt(root, reference.path).length === 0;
  if (!leadsNowhere && isDeclared(root, reference.path)) return;
  const what = leadsNowhere ? "leads to nothing" : "is not named";
  findings.push({
    code: "AM_MISSING_PROPERTY",
    severity: leadsNowhere ? "error" : "warning",
    path: pointerOf(place, check),
    message: `"${formatReference(reference)}" ${what} in the schema of "${reference.root}".`,
    hint: propertyHint(root),
  });
}

/** Where nothing is declared, what was learned gives a warning, and never more. */
function checkSeen(reference: Reference, place: Place, { check, findings }: Walk): void {
  const { root: name, path } = reference;
  const learned = shapeOfRoot(name, { check, isInLoop: place.part.isInLoop, knowing: "learned" });
  if (learned === undefined || isSeen(learned, path)) return;
  const end = path.findIndex((_, index) => !isSeen(learned, path.slice(0, index + 1)));
  const parents = shapesAt(learned, path.slice(0, end));
  const known = new Set(parents.flatMap(({ schema }) => propertyNames(schema)));
  const hint = known.size === 0 ? "There was nothing inside it." : suggestion(String(path[end]), known);
  findings.push({
    code: "AM_UNSEEN_PROPERTY",
    severity: "warning",
    path: pointerOf(place, check),
    message: `No output so far had "${formatReference(reference)}".`,
    hint,
  });
}

function isSeen(shape: ShapeInContext, path: Path): boolean {
  return shapesAt(shape, path).length > 0 && isDeclared(shape, path);
}

function pointerOf({ part, at }: Place, { place }: ReferenceCheck): string {
  const task = place === "output" ? [] : ["tasks", place.index];
  return jsonPointer([...task, ...part.at, ...at]);
}

/** Whose shapes, and what counts: what tools declare, or only what was learned of those that declare nothing. */
interface RootSearch {
  readonly check: ReferenceCheck;
  readonly isInLoop: boolean;
  readonly knowing: "declared" | "learned";
}

/** Undefined: there is no such root, or nothing was learned of it. */
function shapeOfRoot(name: string, search: RootSearch): ShapeInContext | undefined {
  const { check, isInLoop, knowing } = search;
  const { compiled, place } = check;
  if (isInLoop && place !== "output" && place.spec.each?.as === name) return elementShape(place, check, knowing);
  const declared = knowing === "declared" ? builtInShape(name, search) : undefined;
  if (declared !== undefined) return declared;
  const task = compiled.tasks[compiled.indexOf.get(name) ?? -1];
  if (task === undefined) return undefined;
  const own = ownSchema(task, search);
  if (own === undefined) return undefined;
  return task === place ? { schema: own, root: own } : taskShape(task, own);
}

function builtInShape(name: string, { check, isInLoop }: RootSearch): ShapeInContext | undefined {
  const { inputsSchema } = check.compiled;
  if (name === "index" && isInLoop && check.place !== "output") return INDEX;
  if (name === "inputs") return { schema: inputsSchema, root: inputsSchema };
  return name === "run" ? RUN : undefined;
}

/** What `until` sees: one value of the task's tool. */
function ownSchema({ spec }: CompiledTask, { check, knowing }: RootSearch): JsonSchema | undefined {
  const tool = check.catalogue.toolFor(spec.use);
  if (knowing === "declared") return tool?.outputSchema ?? true;
  return tool?.outputSchema === undefined ? tool?.outputShape?.schema : undefined;
}

/** What others see: a list for an `each`, null where an error or a skip may leave nothing. */
function taskShape(task: CompiledTask, own: JsonSchema): ShapeInContext {
  if (typeof task.spec.onError === "object" || own === true) return task.list === undefined ? ANYTHING : LIST;
  if (task.spec.onError !== "null" && task.list === undefined) return { schema: own, root: own };
  const defs = isJsonObject(own) ? definitionsOf(own) : {};
  const one: JsonSchema = task.spec.onError === "null" ? { anyOf: [own, { type: "null" }] } : own;
  const schema = task.list === undefined ? one : { type: "array", items: one };
  return { schema, root: { ...(isJsonObject(own) ? own : {}), ...defs } };
}

function definitionsOf(schema: Readonly<Record<string, Json>>): Record<string, Json> {
  const names = ["$defs", "definitions"].filter((name) => ownValue(schema, name) !== undefined);
  return Object.fromEntries(names.map((name) => [name, schema[name] ?? {}]));
}

function elementShape(
  task: CompiledTask,
  check: ReferenceCheck,
  knowing: RootSearch["knowing"],
): ShapeInContext | undefined {
  const unknown = knowing === "declared" ? ANYTHING : undefined;
  const reference = task.list?.reference;
  if (reference === undefined) return unknown;
  const root = shapeOfRoot(reference.root, { check, isInLoop: false, knowing });
  const shapes = root === undefined ? [] : shapesAt(root, reference.path);
  const items = shapes.flatMap((shape) => shapesAt(shape, [0]));
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : unknown;
}

function checkList(check: ReferenceCheck): readonly Finding[] {
  const { place } = check;
  if (place === "output" || place.list === undefined) return NONE;
  const path = jsonPointer(["tasks", place.index, "each", "in"]);
  const { reference } = place.list;
  const shapes = reference === undefined ? undefined : shapesOfReference(reference, check, false);
  const isList = reference === undefined ? Array.isArray(place.list.filled(null)) : mayBeList(shapes);
  if (isList) return NONE;
  const message = "`each.in` must be a list.";
  const named = reference === undefined ? "" : ` "${formatReference(reference)}" is none.`;
  return [{ code: "AM_TYPE_MISMATCH", severity: "error", path, message: message + named }];
}

function mayBeList(shapes: readonly ShapeInContext[] = []): boolean {
  return shapes.length === 0 || fits(shapes, [LIST]) !== "no";
}

function unknownRoot(reference: Reference, path: string, { compiled, place }: ReferenceCheck): Finding {
  const known = ["inputs", ...compiled.indexOf.keys()];
  if (place !== "output" && place.spec.each !== undefined) known.push(place.spec.each.as, "index");
  const message = `"${formatReference(reference)}" refers to "${reference.root}", which is no task, input or loop name.`;
  return { code: "AM_UNKNOWN_REFERENCE", severity: "error", path, message, hint: suggestion(reference.root, known) };
}

function propertyHint({ schema }: ShapeInContext): string {
  const names = propertyNames(schema);
  return names.length === 0
    ? "Look at the tool's output schema with: agentmesh tools"
    : `It has: ${names.slice(0, 12).join(", ")}.`;
}

function propertyNames(schema: JsonSchema): readonly string[] {
  return isJsonObject(schema) && isJsonObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
}
