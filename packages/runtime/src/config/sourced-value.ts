/**
 * A JSON value that knows of each of its parts where it was said. Layers of the configuration (defaults, file,
 * environment, options) are such values; merging them keeps the origins.
 */
import type { Json } from "@agentmesh/core";
import type { ConfigOrigin } from "./config-origin.ts";
import type { ConfigPath } from "./config-path.ts";

export type SourcedMembers = ReadonlyMap<string, SourcedValue>;

export interface SourcedValue {
  readonly origin: ConfigOrigin;
  readonly value: null | boolean | number | string | readonly SourcedValue[] | SourcedMembers;
}

export function sourcedFrom(
  json: Json,
  originAt: (path: ConfigPath) => ConfigOrigin,
  path: ConfigPath = [],
): SourcedValue {
  const origin = originAt(path);
  if (json === null || typeof json !== "object") return { origin, value: json };
  if (Array.isArray(json)) {
    const items = json as readonly Json[];
    return { origin, value: items.map((item, index) => sourcedFrom(item, originAt, [...path, index])) };
  }
  const members = Object.entries(json).map(
    ([key, member]) => [key, sourcedFrom(member, originAt, [...path, key])] as const,
  );
  return { origin, value: new Map(members) };
}

/** Nothing said at all. */
export const EMPTY_SOURCED: SourcedValue = { origin: { kind: "default" }, value: new Map() };

export function membersOf(node: SourcedValue | undefined): SourcedMembers | undefined {
  return node?.value instanceof Map ? (node.value as SourcedMembers) : undefined;
}

function itemsOf(node: SourcedValue): readonly SourcedValue[] | undefined {
  return Array.isArray(node.value) ? (node.value as readonly SourcedValue[]) : undefined;
}

export function jsonOf(node: SourcedValue): Json {
  const members = membersOf(node);
  if (members !== undefined) return Object.fromEntries([...members].map(([key, member]) => [key, jsonOf(member)]));
  const items = itemsOf(node);
  return items === undefined ? (node.value as Json) : items.map(jsonOf);
}

/** What `upper` says goes before what `lower` says; objects are joined key by key, everything else is replaced. */
export function mergeSourced(lower: SourcedValue | undefined, upper: SourcedValue): SourcedValue {
  const [below, above] = [membersOf(lower), membersOf(upper)];
  if (below === undefined || above === undefined) return upper;
  const merged = new Map(below);
  for (const [key, member] of above) merged.set(key, mergeSourced(below.get(key), member));
  return { origin: upper.origin, value: merged };
}

/** The same without the member that `path` names. */
export function withoutSourced(node: SourcedValue, path: ConfigPath): SourcedValue {
  const members = membersOf(node);
  const [key, ...rest] = path;
  const member = typeof key === "string" ? members?.get(key) : undefined;
  if (members === undefined || typeof key !== "string" || member === undefined) return node;
  const changed = new Map(members);
  if (rest.length === 0) changed.delete(key);
  else changed.set(key, withoutSourced(member, rest));
  return { origin: node.origin, value: changed };
}

/** One value at a path, wrapped in the objects that lead to it. */
export function sourcedAt(path: readonly string[], leaf: SourcedValue): SourcedValue {
  return path.reduceRight<SourcedValue>(
    (value, key) => ({ origin: leaf.origin, value: new Map([[key, value]]) }),
    leaf,
  );
}

export function findSourced(root: SourcedValue, path: ConfigPath): SourcedValue | undefined {
  let node: SourcedValue | undefined = root;
  for (const part of path) {
    if (node === undefined) return undefined;
    node = typeof part === "number" ? itemsOf(node)?.[part] : membersOf(node)?.get(part);
  }
  return node;
}

/** The origin of the value at a path, or of the nearest value around it that was said. */
export function originNear(root: SourcedValue, path: ConfigPath): ConfigOrigin {
  for (let length = path.length; length > 0; length--) {
    const node = findSourced(root, path.slice(0, length));
    if (node !== undefined) return node.origin;
  }
  return root.origin;
}

export interface SourcedLeaf {
  readonly path: ConfigPath;
  readonly origin: ConfigOrigin;
  /** A scalar, or an empty array or object. */
  readonly value: Json;
}

/** Every value that holds no other, in the order in which it was said. */
export function* sourcedLeaves(node: SourcedValue, path: ConfigPath = []): Generator<SourcedLeaf> {
  const children: readonly (readonly [string | number, SourcedValue])[] = [
    ...(membersOf(node) ?? itemsOf(node)?.entries() ?? []),
  ];
  if (children.length === 0) yield { path, origin: node.origin, value: jsonOf(node) };
  for (const [key, child] of children) yield* sourcedLeaves(child, [...path, key]);
}

/** The same value with every scalar replaced. */
export function mapSourced(
  node: SourcedValue,
  change: (leaf: SourcedValue, path: ConfigPath) => SourcedValue,
  path: ConfigPath = [],
): SourcedValue {
  const { origin } = node;
  const members = membersOf(node);
  if (members !== undefined) {
    const changed = [...members].map(([key, member]) => [key, mapSourced(member, change, [...path, key])] as const);
    return { origin, value: new Map(changed) };
  }
  const items = itemsOf(node);
  if (items === undefined) return change(node, path);
  return { origin, value: items.map((item, index) => mapSourced(item, change, [...path, index])) };
}
