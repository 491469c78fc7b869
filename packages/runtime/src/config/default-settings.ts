/** Fills in what a configuration leaves to its schema, so that every value in force can be shown where a user would write it. */
import { type Json, ownValue } from "@agentmesh/core";
import type { ConfigPath } from "./config-path.ts";
import { configJsonSchema } from "./config-schema.ts";
import { propertiesOf, schemasAt } from "./schema-node.ts";
import { membersOf, sourcedFrom, type SourcedValue } from "./sourced-value.ts";

export function withDefaults(tree: SourcedValue): SourcedValue {
  return filled(tree, tree, []);
}

function filled(node: SourcedValue, tree: SourcedValue, path: ConfigPath): SourcedValue {
  const said = membersOf(node);
  if (said === undefined) return node;
  const members = new Map([...said, ...defaultsAt(path, tree).filter(([key]) => !said.has(key))]);
  const complete = [...members].map(([key, member]) => [key, filled(member, tree, [...path, key])] as const);
  return { origin: node.origin, value: new Map(complete) };
}

/** None where the schema leaves open what stands there. */
function defaultsAt(path: ConfigPath, tree: SourcedValue): readonly (readonly [string, SourcedValue])[] {
  const [schema, ...others] = schemasAt(configJsonSchema(), path, tree);
  if (schema === undefined || others.length > 0) return [];
  return Object.entries(propertiesOf(schema)).flatMap(([key, property]) => {
    const value =
      typeof property === "object" ? ownValue(property as { readonly [key: string]: Json }, "default") : undefined;
    return value === undefined ? [] : [[key, sourcedFrom(value, () => ({ kind: "default" }))] as const];
  });
}
