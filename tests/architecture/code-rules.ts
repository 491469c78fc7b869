/** What shipped code never does, whatever a comment that switches a lint rule off may say. */
import type { Breach } from "./breach.ts";
import { isShipped, type SourceFile, visit } from "./source-file.ts";

/** Files that start processes, each with the reason. */
const PROCESS_STARTERS: ReadonlyMap<string, string> = new Map([
  ["apps/cli/bin/run-node.mjs", "hands over to another Node"],
  ["adapters/llama-cpp/src/model-process.ts", "llama.cpp can end its process, which must not be ours"],
  ["adapters/llama-cpp/src/npm-command.ts", "installs llama.cpp by npm"],
  ["packages/models/src/pull/pip-download.ts", "downloads local models by pip"],
  ["packages/mcp/src/transport/orphan-guard.ts", "starts the shell that ends the servers of a process that was killed"],
  ["packages/mcp/src/transport/stdio-transport.ts", "starts the MCP servers that the configuration names"],
]);

/**
 * What begins to talk to a server, a started program among them, by where it may be made: each reads the operator's own
 * configuration. Nothing that comes from a plan, an API or a tool's output can then name a program.
 */
const SERVER_STARTERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["StdioTransport", ["packages/mcp/src/client/mcp-connection.ts"]],
  ["StdioClientTransport", []],
  ["McpToolSource", ["packages/runtime/src/mesh/create-mesh.ts", "apps/cli/src/commands/login-command.ts"]],
]);

/** Errors of the language carry no code, hint and facts. */
const BARE_ERRORS = new Set(["Error", "TypeError", "RangeError", "SyntaxError", "AggregateError"]);
const CHILD_PROCESS = /^(node:)?child_process$/;
const CODE_FROM_TEXT = new Set(["eval", "Function"]);

export function codeBreaches(source: SourceFile): Breach[] {
  if (!isShipped(source)) return [];
  return [
    ...compiledTextBreaches(source),
    ...bareErrorBreaches(source),
    ...processBreaches(source),
    ...serverBreaches(source),
    ...starExportBreaches(source),
  ];
}

/** Schemas and templates from outside are interpreted, never compiled: a plan can then never become code. */
function compiledTextBreaches(source: SourceFile): Breach[] {
  const breach = (detail: string): Breach => ({ rule: "no code from text", file: source.path, detail });
  const found = source.imports.filter((name) => /^(node:)?vm$/.test(name)).map((name) => breach(`imports ${name}`));
  const check = ({ callee }: { readonly callee: { readonly type: string } }) => {
    const name = nameOf(callee);
    if (CODE_FROM_TEXT.has(name)) found.push(breach(`calls ${name}`));
  };
  visit(source, { CallExpression: check, NewExpression: check });
  return found;
}

function bareErrorBreaches(source: SourceFile): Breach[] {
  const found: Breach[] = [];
  visit(source, {
    ThrowStatement({ argument }) {
      if (argument.type !== "NewExpression" && argument.type !== "CallExpression") return;
      const name = nameOf(argument.callee);
      if (!BARE_ERRORS.has(name)) return;
      found.push({ rule: "typed errors", file: source.path, detail: `throws a bare ${name}` });
    },
  });
  return found;
}

function processBreaches(source: SourceFile): Breach[] {
  if (PROCESS_STARTERS.has(source.path)) return [];
  return source.loads
    .filter((name) => CHILD_PROCESS.test(name))
    .map((name) => ({ rule: "few processes", file: source.path, detail: `imports ${name} and is not on the list` }));
}

function serverBreaches(source: SourceFile): Breach[] {
  const found: Breach[] = [];
  visit(source, {
    NewExpression({ callee }) {
      const name = nameOf(callee);
      const places = SERVER_STARTERS.get(name);
      if (places === undefined || places.includes(source.path)) return;
      found.push({ rule: "servers of the operator", file: source.path, detail: `makes a ${name}` });
    },
  });
  return found;
}

/** A list of process starters with an entry that starts none hides the next one. */
export function staleProcessStarters(sources: readonly SourceFile[]): Breach[] {
  const starters = new Set(
    sources.filter(({ loads }) => loads.some((name) => CHILD_PROCESS.test(name))).map(({ path }) => path),
  );
  return [...PROCESS_STARTERS.keys()]
    .filter((path) => !starters.has(path))
    .map((file) => ({ rule: "few processes", file, detail: "is on the list and starts no process" }));
}

function starExportBreaches(source: SourceFile): Breach[] {
  const found: Breach[] = [];
  visit(source, {
    ExportAllDeclaration(node) {
      if (!source.path.endsWith("/index.ts")) return;
      found.push({ rule: "named face", file: source.path, detail: `exports * from ${node.source.value}` });
    },
  });
  return found;
}

/** `Error` of `Error` and of `globalThis.Error`; empty for anything else. */
function nameOf(callee: { readonly type: string }): string {
  if (callee.type === "Identifier" && "name" in callee) return String(callee.name);
  if (callee.type !== "MemberExpression" || !("object" in callee) || !("property" in callee)) return "";
  return nameOf(callee.object as { type: string }) === "globalThis" ? nameOf(callee.property as { type: string }) : "";
}
