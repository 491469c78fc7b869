/** core decides and folds: it has no clock, no randomness, no I/O, no waiting, and it runs in a browser. */
import { isBuiltin } from "node:module";
import type { Breach } from "./breach.ts";
import { isShipped, type SourceFile, visit } from "./source-file.ts";

const IMPURE_GLOBALS = new Set([
  "process",
  "Buffer",
  "fetch",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "globalThis",
  "require",
  "__dirname",
]);
const IMPURE_MEMBERS = new Set(["Date.now", "Math.random", "crypto.randomUUID", "crypto.getRandomValues"]);

export function coreBreaches(source: SourceFile): Breach[] {
  if (source.member?.folder !== "packages/core" || !isShipped(source)) return [];
  const found: Breach[] = [];
  const report = (detail: string) => found.push({ rule: "pure core", file: source.path, detail });
  for (const name of source.imports) if (isBuiltin(name)) report(`imports ${name}`);
  for (const name of impureNames(source)) report(`uses ${name}`);
  return found;
}

interface Node {
  readonly type: string;
}

function impureNames(source: SourceFile): string[] {
  const found: string[] = [];
  /** Identifiers that name a property, not a value: `state.process`, `{ fetch: 1 }`. Parents come before children. */
  const propertyNames = new Set<Node>();
  const skipKey = (node: { readonly key: Node; readonly computed?: boolean; readonly shorthand?: boolean }) => {
    if (node.computed !== true && node.shorthand !== true) propertyNames.add(node.key);
  };
  visit(source, {
    Property: skipKey,
    PropertyDefinition: skipKey,
    MethodDefinition: skipKey,
    TSPropertySignature: skipKey,
    TSMethodSignature: skipKey,
    MemberExpression(node) {
      if (!node.computed) propertyNames.add(node.property);
      const name = `${identifierOf(node.object)}.${identifierOf(node.property)}`;
      if (IMPURE_MEMBERS.has(name)) found.push(name);
    },
    NewExpression(node) {
      if (identifierOf(node.callee) === "Date" && node.arguments.length === 0) found.push("new Date()");
    },
    CallExpression(node) {
      if (identifierOf(node.callee) === "Date") found.push("Date()");
    },
    Identifier(node) {
      if (!propertyNames.has(node) && IMPURE_GLOBALS.has(node.name)) found.push(node.name);
    },
    AwaitExpression: () => found.push("await"),
  });
  return found;
}

function identifierOf(node: Node): string {
  return node.type === "Identifier" && "name" in node ? String(node.name) : "";
}
