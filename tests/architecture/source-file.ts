/** A source file as the rules see it: where it stands, what it imports, what it does. Parsed, never matched by eye. */
import { parseSync, type ParseResult, Visitor, type VisitorObject } from "oxc-parser";
import type { Member } from "./workspace.ts";

export interface SourceFile {
  /** Path from the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The workspace package that holds it; absent for tests/, tools/ and other folders of the root. */
  readonly member?: Member;
  readonly program: ParseResult["program"];
  /** What import, export-from, import(), require() and type imports name, in order. A computed name is not here. */
  readonly imports: readonly string[];
  /** Those of them that are loaded at run time: all but imports of types. */
  readonly loads: readonly string[];
}

/** Throws SyntaxError when the text does not parse. */
export function parseSource(path: string, text: string, member?: Member): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const all = importsOf(program);
  const imports = all.map(({ specifier }) => specifier);
  const loads = all.filter(({ isType }) => !isType).map(({ specifier }) => specifier);
  return { path, text, program, imports, loads, ...(member === undefined ? {} : { member }) };
}

export function visit(source: SourceFile, visitor: VisitorObject): void {
  new Visitor(visitor).visit(source.program);
}

/** Code that users get: not tests, not contract suites, not tools. */
export function isShipped({ path, member }: SourceFile): boolean {
  return member !== undefined && /^[^/]+\/[^/]+\/(src|bin)\//.test(path) && !isTest(path);
}

/** Unit tests, whole-package tests, and the contract suites that packages offer to each other's tests. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /^[^/]+\/[^/]+\/(test|src\/testing)\//.test(path) || path.startsWith("tests/");
}

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
}

function importsOf(program: ParseResult["program"]): Import[] {
  const found: Import[] = [];
  const add = (source: { readonly type: string } | null, kind: "value" | "type" = "value") => {
    if (source === null || !("value" in source) || typeof source.value !== "string") return;
    found.push({ specifier: source.value, isType: kind === "type" });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, "type"),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression(node) {
      if (node.callee.type === "Identifier" && node.callee.name === "require") add(node.arguments[0] ?? null);
    },
  }).visit(program);
  return found;
}
