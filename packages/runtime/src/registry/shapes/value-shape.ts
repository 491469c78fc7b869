/**
 * The shape of a value, as a JSON Schema of types and keys: nothing of what the value says. Shapes of several values merge
 * into one that all of them fit, in whatever order; what grows too deep or too wide is left open.
 */
import { type Json, type JsonObject, isJsonObject } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";

/** Below that, anything. */
const DEPTH_MAX = 8;
/** An object with more keys is a map: its keys are data. */
const KEYS_MAX = 64;
const KEY_CHARACTERS_MAX = 80;
/** Keys as programs write them: letters of any script, digits, and what joins words. */
const PLAIN_KEY = /^[\p{L}\p{N}_$@.:/ -]+$/u;
/** Nodes of a whole shape; a larger one says nothing. */
export const SHAPE_NODES_MAX = 512;

const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;
type ShapeType = (typeof TYPES)[number];

export interface ShapeNode {
  readonly type: ShapeType | readonly ShapeType[];
  /** Of an object whose keys are known. */
  readonly properties?: Readonly<Record<string, ValueShape>> | undefined;
  /** Keys that every object had. */
  readonly required?: readonly string[] | undefined;
  /** Of a map: of all its values. */
  readonly additionalProperties?: ValueShape | undefined;
  /** Absent: every list was empty. */
  readonly items?: ValueShape | undefined;
}

/** `true`: anything. */
export type ValueShape = true | ShapeNode;

const TypeName = z.enum(TYPES);
export const ValueShape: z.ZodType<ValueShape> = z.union([
  z.literal(true),
  z.strictObject({
    type: z.union([TypeName, z.array(TypeName).readonly()]),
    get properties() {
      return z.record(z.string(), ValueShape).optional();
    },
    required: z.array(z.string()).readonly().optional(),
    get additionalProperties() {
      return ValueShape.optional();
    },
    get items() {
      return ValueShape.optional();
    },
  }),
]);

/** What a tool gives that has only text to give. */
const TEXT_ONLY: ValueShape = {
  type: "object",
  properties: { text: { type: "string" }, content: { type: "array", items: true } },
  required: ["content", "text"],
};

/** Costs what the value has of nodes. */
export function shapeOfOutput(value: Json): ValueShape {
  return isTextOnly(value) ? TEXT_ONLY : shapeOfValue(value, 0);
}

export function mergeShapes(left: ValueShape, right: ValueShape): ValueShape {
  if (left === true || right === true) return true;
  const types = new Set([...typesOf(left), ...typesOf(right)]);
  if (types.has("number")) types.delete("integer");
  const names = TYPES.filter((name) => types.has(name));
  const [only] = names;
  return {
    type: names.length === 1 && only !== undefined ? only : names,
    ...mergeFields(left, right),
    ...fieldOf("items", mergeIfAny(left.items, right.items)),
  };
}

/** How many nodes a shape has; stops counting above the limit. */
export function shapeNodes(shape: ValueShape): number {
  if (shape === true) return 1;
  let nodes = 1;
  for (const child of childrenOf(shape)) {
    nodes += shapeNodes(child);
    if (nodes > SHAPE_NODES_MAX) break;
  }
  return nodes;
}

function childrenOf({ properties, additionalProperties, items }: ShapeNode): readonly ValueShape[] {
  return [...Object.values(properties ?? {}), additionalProperties, items].filter((child) => child !== undefined);
}

function isTextOnly(value: Json): boolean {
  if (!isJsonObject(value) || typeof value["text"] !== "string" || !Array.isArray(value["content"])) return false;
  return Object.keys(value).length === 2;
}

function shapeOfValue(value: Json, depth: number): ValueShape {
  if (value === null) return { type: "null" };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  if (typeof value !== "object") return { type: typeof value as "boolean" | "string" };
  if (depth >= DEPTH_MAX) return true;
  if (!isJsonObject(value)) return listShape(value, depth + 1);
  return objectShape(value, depth + 1);
}

function listShape(list: readonly Json[], depth: number): ValueShape {
  const items = merged(list.map((item) => shapeOfValue(item, depth)));
  return { type: "array", ...fieldOf("items", items) };
}

function objectShape(value: JsonObject, depth: number): ValueShape {
  const entries = Object.entries(value).map(([key, child]) => [key, shapeOfValue(child, depth)] as const);
  if (entries.length > KEYS_MAX || !entries.every(([key]) => isPlainKey(key)))
    return { type: "object", ...mapOf(entries.map(([, shape]) => shape)) };
  return { type: "object", properties: Object.fromEntries(entries), required: entries.map(([key]) => key).toSorted() };
}

function isPlainKey(key: string): boolean {
  return key.length <= KEY_CHARACTERS_MAX && key !== "__proto__" && PLAIN_KEY.test(key);
}

function mapOf(values: readonly ValueShape[]): Pick<ShapeNode, "additionalProperties"> {
  return { additionalProperties: merged(values) ?? true };
}

function mergeFields(left: ShapeNode, right: ShapeNode): Omit<ShapeNode, "type" | "items"> {
  const isObject = [left, right].map((each) => typesOf(each).includes("object"));
  if (!isObject[0]) return fieldsOf(right);
  if (!isObject[1]) return fieldsOf(left);
  const [first, second] = [left.properties, right.properties];
  if (first === undefined || second === undefined) return mapOf([...fieldShapes(left), ...fieldShapes(right)]);
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  if (keys.size > KEYS_MAX) return mapOf([...fieldShapes(left), ...fieldShapes(right)]);
  const properties = [...keys].map((key) => [key, mergeIfAny(own(first, key), own(second, key)) ?? true] as const);
  const needed = new Set(right.required);
  const required = (left.required ?? []).filter((key) => needed.has(key));
  return { properties: Object.fromEntries(properties), required };
}

function fieldsOf({ properties, required, additionalProperties }: ShapeNode): Omit<ShapeNode, "type" | "items"> {
  return {
    ...fieldOf("properties", properties),
    ...fieldOf("required", required),
    ...fieldOf("additionalProperties", additionalProperties),
  };
}

/** Of all values of an object, or of a map. */
function fieldShapes({ properties, additionalProperties }: ShapeNode): readonly ValueShape[] {
  return [...Object.values(properties ?? {}), ...(additionalProperties === undefined ? [] : [additionalProperties])];
}

function merged(shapes: readonly ValueShape[]): ValueShape | undefined {
  const [first, ...rest] = shapes;
  return first === undefined ? undefined : rest.reduce(mergeShapes, first);
}

function mergeIfAny(left: ValueShape | undefined, right: ValueShape | undefined): ValueShape | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return mergeShapes(left, right);
}

function typesOf({ type }: ShapeNode): readonly ShapeType[] {
  return typeof type === "string" ? [type] : type;
}

function own(properties: Readonly<Record<string, ValueShape>>, key: string): ValueShape | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined;
}

function fieldOf<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in Name]?: Value });
}
