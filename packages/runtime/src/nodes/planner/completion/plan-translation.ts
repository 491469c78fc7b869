/** Turns the lines of a plan into its JSON (DESIGN 5). Decides nothing but the field of an output that a reference reads. */
import { isTemplate, type Json, type JsonObject, jsonPointer, type JsonSchema } from "@agentmesh/core";
import { openSchema, propertiesIn, SCHEMA_LEVELS_MAX } from "./argument-schema.ts";
import type { LineRecord, LineValue, PlanLine } from "./plan-line.ts";
import type { PlanTool } from "./plan-tool.ts";
import { wiredOutput } from "./value-source.ts";

/** Characters of a task's reason. */
const REASON_CHARACTERS_MAX = 500;

export interface TranslatedPlan {
  /** Still to be parsed and checked. */
  readonly document: JsonObject;
  /** JSON Pointers to the references of which nothing fits their argument. */
  readonly misfits: readonly string[];
}

export function translatePlan(
  lines: readonly PlanLine[],
  inputs: Readonly<Record<string, JsonSchema>>,
): TranslatedPlan {
  const earlier = new Map<string, PlanTool>();
  const tasks: Json[] = [];
  const misfits: string[] = [];
  for (const [index, { name, tool, part, args }] of lines.entries()) {
    const root = tool.spec.inputSchema;
    const translation = { earlier, root, misfits };
    tasks.push({
      id: name,
      use: tool.spec.name,
      args: recordOf({ value: args, path: ["tasks", index, "args"], name: "", schemas: [root] }, translation),
      ...(part === "" ? {} : { reason: part.slice(0, REASON_CHARACTERS_MAX) }),
    });
    earlier.set(name, tool);
  }
  return { document: { mesh: 1, ...(Object.keys(inputs).length === 0 ? {} : { inputs }), tasks }, misfits };
}

interface Translation {
  readonly earlier: ReadonlyMap<string, PlanTool>;
  readonly root: JsonObject;
  readonly misfits: string[];
}

/** A value, where it stands, and the schemas that may hold for it. */
interface Placed<Value extends LineValue = LineValue> {
  readonly value: Value;
  readonly path: readonly (string | number)[];
  /** The nearest property name. */
  readonly name: string;
  readonly schemas: readonly JsonObject[];
}

function valueOf({ value, ...place }: Placed, translation: Translation): Json {
  switch (value.kind) {
    case "literal":
      return typeof value.value === "string" && isTemplate(value.value) ? { $literal: value.value } : value.value;
    case "source":
      return sourceOf({ ...place, value }, translation);
    case "list": {
      const schemas = place.schemas.flatMap((schema) => branchesOf(schema["items"], translation.root));
      return value.items.map((item, index) =>
        valueOf({ ...place, value: item, path: [...place.path, index], schemas }, translation),
      );
    }
    case "record":
      return recordOf({ ...place, value }, translation);
  }
}

function recordOf({ value, path, schemas }: Placed<LineRecord>, translation: Translation): JsonObject {
  const translated = value.entries.map(([name, child]) => {
    const own = schemas.flatMap((schema) =>
      propertiesIn(schema).flatMap(([key, property]) => (key === name ? branchesOf(property, translation.root) : [])),
    );
    return [name, valueOf({ value: child, path: [...path, name], name, schemas: own }, translation)] as const;
  });
  return Object.fromEntries(translated);
}

function sourceOf(
  { value, path, name, schemas }: Placed<Extract<LineValue, { readonly kind: "source" }>>,
  { earlier, misfits }: Translation,
): Json {
  const tool = earlier.get(value.name);
  if (tool === undefined) return { $from: value.name };
  const wired = schemas.map((schema) => wiredOutput(value.name, tool.spec, { name, schema }));
  const fitting = wired.find((each) => each !== undefined);
  if (fitting === undefined) misfits.push(jsonPointer(path));
  return fitting ?? { $from: value.name };
}

/** What may hold for a value: the schema, or the branches of its `anyOf` and `oneOf`, and theirs. */
function branchesOf(schema: Json | undefined, root: JsonObject, level = 0): readonly JsonObject[] {
  const own = openSchema(schema, root);
  if (own === undefined || level > SCHEMA_LEVELS_MAX) return [];
  const { anyOf, oneOf, ...rest } = own;
  const branches = anyOf ?? oneOf;
  if (!Array.isArray(branches)) return [own];
  return (branches as readonly Json[]).flatMap((branch) => {
    const open = openSchema(branch, root);
    return open === undefined ? [] : branchesOf({ ...rest, ...open }, root, level + 1);
  });
}
