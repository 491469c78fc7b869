/**
 * Checks a task's arguments against its tool's input schema: the literal parts by validation, the wired parts by comparing
 * the schema of what flows in with the schema of where it goes. The resolved whole is validated again at the call.
 */
import { shapesOfReference } from "./check-references.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import type { Finding } from "./finding.ts";
import { isJsonObject, jsonPointer } from "./json.ts";
import { compileJsonSchema, plainlyFits, type SchemaViolation, UnusableSchemaError } from "./json-validator.ts";
import { suggestion } from "./nearest-names.ts";
import type { PlanValue, Wire } from "./plan-value.ts";
import { formatReference } from "./reference.ts";
import { HOLE } from "./schema-acceptor.ts";
import { describeTypes, fits, type ShapeInContext, shapesAt } from "./schema-shape.ts";
import type { ToolCatalogue } from "./tool-catalogue.ts";
import type { ToolSpec } from "./tool-spec.ts";

export interface ArgumentsCheck {
  readonly tool: ToolSpec;
  readonly value: PlanValue;
  /** Where the arguments stand in the task. */
  readonly at: readonly string[];
  readonly task: CompiledTask;
  readonly compiled: CompiledPlan;
  readonly catalogue: ToolCatalogue;
}

/** Keywords whose verdict on a value may change once the wired values inside it are known. */
const DEPENDS_ON_INSIDE = new Set([
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "if",
  "const",
  "enum",
  "contains",
  "uniqueItems",
  "dependentSchemas",
  "unevaluatedProperties",
  "unevaluatedItems",
]);
const TEXT: readonly ShapeInContext[] = [{ schema: { type: "string" }, root: true }];

export function checkArguments(check: ArgumentsCheck, findings: Finding[]): void {
  findings.push(...checkLiterals(check));
  check.value.visit({ wire: (wire) => findings.push(...checkWire(wire, check)) });
}

function checkLiterals(check: ArgumentsCheck): readonly Finding[] {
  try {
    if (plainlyFits(check.tool.inputSchema, check.value.filled(HOLE))) return NONE;
    const holes: string[] = [];
    const addHole = (at: readonly (string | number)[]): unknown => holes.push(jsonPointer(at));
    check.value.visit({ wire: ({ at }) => addHole(at), broken: addHole });
    const violations = compileJsonSchema(check.tool.inputSchema)(check.value.filled(null));
    return violations
      .filter((violation) => !dependsOnHole(violation, holes))
      .map((violation) => argumentFinding(violation, check));
  } catch (error) {
    if (!(error instanceof UnusableSchemaError)) throw error;
    return [
      {
        code: "AM_SCHEMA_UNUSABLE",
        severity: "error",
        path: placeOf(check),
        message: `The input schema of "${check.tool.name}" cannot be used: ${error.message}`,
        hint: error.hint,
      },
    ];
  }
}

/** At or below a hole; or around one, from a keyword that has to know what is in it, or from a branch that may not be taken. */
function dependsOnHole({ path, keyword, schemaPath }: SchemaViolation, holes: readonly string[]): boolean {
  const isConditional =
    DEPENDS_ON_INSIDE.has(keyword) || /\/(anyOf|oneOf|not|if|then|else|contains)\//.test(schemaPath);
  return holes.some(
    (hole) => path === hole || path.startsWith(`${hole}/`) || (isConditional && hole.startsWith(`${path}/`)),
  );
}

function argumentFinding(violation: SchemaViolation, check: ArgumentsCheck): Finding {
  const path = placeOf(check) + violation.path;
  const { properties } = check.tool.inputSchema;
  const known = isJsonObject(properties) ? Object.keys(properties) : [];
  const unknown =
    violation.path.startsWith("/") && violation.keyword === "additionalProperties"
      ? violation.path.slice(1)
      : undefined;
  const hint =
    unknown === undefined
      ? known.length === 0
        ? "The tool takes no arguments."
        : `The tool takes: ${known.join(", ")}.`
      : suggestion(unknown, known);
  return {
    code: "AM_ARGUMENT_INVALID",
    severity: "error",
    path,
    message: `"${check.tool.name}" refuses its arguments: ${violation.message}`,
    hint,
  };
}

/** The arguments, as a JSON Pointer into the plan. */
function placeOf({ task, at }: ArgumentsCheck): string {
  return jsonPointer(["tasks", task.index, ...at]);
}

const NONE: readonly Finding[] = [];

function checkWire(wire: Wire, check: ArgumentsCheck): readonly Finding[] {
  const inputs = { schema: check.tool.inputSchema, root: check.tool.inputSchema };
  const wanted = shapesAt(inputs, wire.at);
  const offered =
    wire.kind === "text"
      ? TEXT
      : shapesOfReference(
          wire.reference,
          { compiled: check.compiled, catalogue: check.catalogue, place: check.task },
          check.task.list !== undefined,
        );
  if (offered === undefined || offered.length === 0 || wanted.length === 0) return [];
  const verdict = fits(offered, wanted);
  if (verdict === "yes") return NONE;
  const [is, wants] = [describeTypes(offered), describeTypes(wanted)];
  const path = placeOf(check) + jsonPointer(wire.at);
  const message = `"${formatReference(wire.reference)}" is ${is}, "${check.tool.name}" wants ${wants} here.`;
  const hint = "Refer to another field, or render it into a text with {{ }}.";
  if (verdict === "no") return [{ code: "AM_TYPE_MISMATCH", severity: "error", path, message, hint }];
  const isKnown = offered.every(({ schema }) => schema !== true);
  return isKnown && is !== wants ? [{ code: "AM_TYPE_UNCERTAIN", severity: "warning", path, message }] : [];
}
