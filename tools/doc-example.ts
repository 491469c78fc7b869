/**
 * Examples in Markdown that are executed, so that they stay true. A comment before a fenced block says what happens:
 *
 * - `<!-- run -->` executes a `sh` or `ts` block in the root of the repository; `exit=3` names the exit code it must
 *   have (0 without it), `in=empty` runs a `sh` block in an empty folder of its own. A `ts` block is type-checked first.
 * - `<!-- check -->` only type-checks a `ts` block: for what needs a key or a server.
 * - `<!-- output -->` before the next block makes that block the expected standard output of the block that ran last;
 *   `...` stands for anything within a line, and alone on a line for any number of lines.
 */
export interface DocExample {
  readonly file: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: "sh" | "ts";
  readonly code: string;
  readonly isRun: boolean;
  readonly isInEmptyFolder: boolean;
  readonly exitCode: number;
  /** Absent: any output will do. */
  readonly output?: string;
}

/** A directive that means nothing, in `file:line`. */
export class DocExampleError extends Error {
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.name = new.target.name;
  }
}

interface Directive {
  readonly verb: string;
  readonly options: ReadonlyMap<string, string>;
  readonly line: number;
}

interface Fence {
  readonly language: string;
  readonly code: string;
  readonly line: number;
  /** Where its closing line stands, from 0. */
  readonly endIndex: number;
}

const DIRECTIVE = /^<!--\s*(run|check|output)((?:\s+[a-z]+=\S+)*)\s*-->$/;
const OPENING_FENCE = /^(`{3,}|~{3,})\s*([\w-]*)/;

/** Throws DocExampleError for a directive without a block, with an unknown option, or before a block of another kind. */
export function parseDocExamples(file: string, markdown: string): DocExample[] {
  const examples: DocExample[] = [];
  for (const { directive, fence } of directedFences(file, markdown.split("\n"))) {
    if (directive.verb === "output") {
      const last = examples.pop();
      if (last === undefined) throw new DocExampleError(file, directive.line, "no block ran before this output");
      examples.push({ ...last, output: fence.code });
    } else {
      examples.push(exampleOf(file, directive, fence));
    }
  }
  return examples;
}

/** Whether standard output is what an `<!-- output -->` block says. White space at the end does not count. */
export function isExpectedOutput(expected: string, actual: string): boolean {
  const pattern = trimLines(expected)
    .split("\n")
    .map((line) => (line.trim() === "..." ? "(?:.*\n)*?" : `${line.split("...").map(escapeRegExp).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${trimLines(actual)}\n`);
}

function* directedFences(file: string, lines: readonly string[]): Generator<{ directive: Directive; fence: Fence }> {
  let directive: Directive | undefined;
  for (let index = 0; index < lines.length; index += 1) {
    const text = (lines[index] ?? "").trim();
    const opening = OPENING_FENCE.exec(text);
    if (opening !== null) {
      const fence = readFence({ file, lines, index, mark: opening[1] ?? "```", language: opening[2] ?? "" });
      if (directive !== undefined) yield { directive, fence };
      directive = undefined;
      index = fence.endIndex;
    } else if (directive !== undefined && text !== "") {
      throw new DocExampleError(file, directive.line, `<!-- ${directive.verb} --> stands before no block`);
    } else {
      directive = readDirective(text, index + 1) ?? directive;
    }
  }
  if (directive !== undefined) throw new DocExampleError(file, directive.line, "stands before no block");
}

function readDirective(text: string, line: number): Directive | undefined {
  const match = DIRECTIVE.exec(text);
  if (match === null) return undefined;
  const pairs = (match[2] ?? "").split(/\s+/).filter((pair) => pair !== "");
  const options = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
  return { verb: match[1] ?? "", options, line };
}

interface OpenFence {
  readonly file: string;
  readonly lines: readonly string[];
  readonly index: number;
  readonly mark: string;
  readonly language: string;
}

function readFence({ file, lines, index, mark, language }: OpenFence): Fence {
  const endIndex = lines.findIndex((line, at) => at > index && line.trim() === mark);
  if (endIndex === -1) throw new DocExampleError(file, index + 1, "the block does not end");
  return { language, code: lines.slice(index + 1, endIndex).join("\n"), line: index + 1, endIndex };
}

function exampleOf(file: string, { verb, options, line }: Directive, fence: Fence): DocExample {
  const language = fence.language === "bash" ? "sh" : fence.language;
  if (language !== "sh" && language !== "ts") throw new DocExampleError(file, line, `cannot run "${fence.language}"`);
  if (verb === "check" && language !== "ts") throw new DocExampleError(file, line, "only ts can be checked");
  for (const [name, value] of options) {
    const isKnown = (name === "exit" && /^\d+$/.test(value)) || (name === "in" && value === "empty");
    if (!isKnown) throw new DocExampleError(file, line, `unknown option ${name}=${value}`);
  }
  return {
    file,
    line: fence.line,
    language,
    code: fence.code,
    isRun: verb === "run",
    isInEmptyFolder: options.has("in"),
    exitCode: Number(options.get("exit") ?? "0"),
  };
}

function trimLines(text: string): string {
  return text.trimEnd().replaceAll(/[ \t]+$/gm, "");
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
