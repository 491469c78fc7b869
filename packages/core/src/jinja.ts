/**
 * Jinja templates and expressions, interpreted by @huggingface/jinja and never compiled to code. What we add: the names a
 * text refers to (for edges and checks), undefined names as errors, and bounds on work and size, since plans come from models.
 */
import * as library from "@huggingface/jinja";
import type { Json } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import type { Reference } from "./reference.ts";

/** The longest template or expression, in characters. */
export const TEMPLATE_CHARS_MAX = 20_000;
/** How many syntax nodes one rendering may evaluate. */
export const TEMPLATE_STEPS_MAX = 200_000;
/** The longest text that a rendering may build, in characters. */
export const TEMPLATE_OUTPUT_CHARS_MAX = 4_000_000;
const STATEMENTS_REFUSED = new Set(["Macro", "CallStatement", "FilterStatement"]);
/** Filters and methods whose result is larger than their operand by an argument: one call could fill the memory. */
const NAMES_REFUSED = new Set(["range", "namespace", "indent", "raise_exception", "strftime_now"]);

type Node = { readonly type: string } & Record<string, unknown>;
type Program = Node & { readonly body: readonly Node[] };
interface RuntimeValue {
  readonly type: string;
  readonly value: unknown;
  __bool__(): { readonly value: boolean };
}
interface Variables {
  readonly variables: Map<string, unknown>;
  set(name: string, value: unknown): unknown;
}
interface Evaluator {
  readonly global: Variables;
  evaluate(node: Node | undefined, environment: Variables): RuntimeValue;
}
/** The library's declarations cannot be resolved under `nodenext` (0.5.11), so the few parts we use are declared here. */
const { Environment, Interpreter, parse, tokenize } = library as unknown as {
  readonly Environment: new () => Variables;
  readonly Interpreter: new (environment: Variables) => Evaluator;
  readonly parse: (tokens: unknown) => Program;
  readonly tokenize: (text: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => unknown;
};
export type Scope = Readonly<Record<string, Json>>;

export class TemplateError extends MeshError {
  constructor(source: string, reason: string, cause?: unknown) {
    super({
      code: "AM_TEMPLATE",
      message: `The template ${JSON.stringify(source.slice(0, 120))} cannot be used: ${reason}.`,
      hint: "Templates are Jinja expressions and {% if %}, {% for %}, {% set %} over inputs and tasks; see docs/plan.md.",
      facts: { source: source.slice(0, 500), reason },
      cause,
    });
  }
}

export interface Template {
  readonly source: string;
  /** Names that must be given when it is rendered, with the path that is read of each. */
  readonly references: readonly Reference[];
  /** The text. Throws TemplateError. */
  render(scope: Scope): string;
}

export interface Expression {
  readonly source: string;
  readonly references: readonly Reference[];
  /** Truth of the value, as Jinja sees truth (empty lists, empty texts, 0 and none are false). Throws TemplateError. */
  isTrue(scope: Scope): boolean;
}

export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%");
}

/** Throws TemplateError when the text is no template that we run. */
export function compileTemplate(source: string): Template {
  const program = parseSource(source, source);
  return {
    source,
    references: referencesOf(program),
    render: (scope) =>
      String(run(source, scope, (interpreter) => interpreter.evaluate(program, interpreter.global)).value),
  };
}

/** Throws TemplateError when the text is not one expression. */
export function compileExpression(source: string): Expression {
  const program = parseSource(source, `{{ ${source} }}`);
  const [expression] = program.body;
  if (program.body.length !== 1 || expression === undefined)
    throw new TemplateError(source, "it is not one expression");
  return {
    source,
    references: referencesOf(expression),
    isTrue: (scope) =>
      run(source, scope, (interpreter) => interpreter.evaluate(expression, interpreter.global)).__bool__().value,
  };
}

function parseSource(source: string, text: string): Program {
  if (text.length > TEMPLATE_CHARS_MAX)
    throw new TemplateError(source, `it is longer than ${TEMPLATE_CHARS_MAX} characters`);
  let program: Program;
  try {
    program = parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw new TemplateError(source, reasonOf(error), error);
  }
  visit(program, (node) => {
    if (STATEMENTS_REFUSED.has(node.type)) throw new TemplateError(source, `${node.type} is not supported`);
    const name = node.type === "Identifier" ? String(node["value"]) : "";
    if (NAMES_REFUSED.has(name)) throw new TemplateError(source, `"${name}" is not supported`);
  });
  return program;
}

function run(source: string, scope: Scope, evaluate: (interpreter: StrictInterpreter) => RuntimeValue): RuntimeValue {
  const environment = new Environment();
  environment.variables.clear();
  for (const [name, value] of Object.entries({
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
  })) {
    environment.set(name, value);
  }
  try {
    for (const [name, value] of Object.entries(scope)) environment.set(name, value);
    return evaluate(new StrictInterpreter(environment, source));
  } catch (error) {
    throw error instanceof TemplateError ? error : new TemplateError(source, reasonOf(error), error);
  }
}

/** The library's interpreter, with a step and size budget, and with undefined values refused where they are read. */
class StrictInterpreter extends Interpreter {
  readonly #source: string;
  #steps = 0;
  #lenient = 0;

  constructor(environment: Variables, source: string) {
    super(environment);
    this.#source = source;
  }

  override evaluate(node: Node | undefined, environment: Variables): RuntimeValue {
    if (node === undefined) return super.evaluate(node, environment);
    if (++this.#steps > TEMPLATE_STEPS_MAX) this.#refuse(`it takes more than ${TEMPLATE_STEPS_MAX} steps`);
    const isLenient = asksWhetherDefined(node);
    this.#lenient += isLenient ? 1 : 0;
    const value = super.evaluate(node, environment);
    this.#lenient -= isLenient ? 1 : 0;
    if (value.type === "UndefinedValue" && this.#lenient === 0 && isRead(node))
      this.#refuse(`"${nameOf(node)}" is undefined`);
    if (typeof value.value === "string" && value.value.length > TEMPLATE_OUTPUT_CHARS_MAX)
      this.#refuse("its text grows too long");
    return value;
  }

  #refuse(reason: string): never {
    throw new TemplateError(this.#source, reason);
  }
}

function isRead(node: Node): boolean {
  return node.type === "Identifier" || node.type === "MemberExpression";
}

function asksWhetherDefined(node: Node): boolean {
  if (node.type === "TestExpression") return ["defined", "undefined"].includes(nameOf(node["test"] as Node));
  if (node.type !== "FilterExpression") return false;
  const filter = node["filter"] as Node;
  return nameOf(filter.type === "CallExpression" ? (filter["callee"] as Node) : filter) === "default";
}

function nameOf(node: Node): string {
  if (node.type === "MemberExpression") return `${nameOf(node["object"] as Node)}.${nameOf(node["property"] as Node)}`;
  return typeof node["value"] === "string" ? node["value"] : node.type;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0]?.slice(0, 200) ?? "unknown";
}

/** Which names from outside a program reads, each with its static path; a name that the program binds itself is none. */
function referencesOf(program: Node): readonly Reference[] {
  const bound = new Set(["loop", "true", "false", "none", "True", "False", "None"]);
  visit(program, (node) => {
    if (node.type === "For") visit(node["loopvar"] as Node, (name) => bound.add(nameOf(name)));
    if (node.type === "Set") bound.add(nameOf(node["assignee"] as Node));
  });
  const found = new Map<string, Reference>();
  collectReads(program, (reference) => {
    if (!bound.has(reference.root)) found.set(JSON.stringify([reference.root, ...reference.path]), reference);
  });
  return [...found.values()];
}

function collectReads(node: Node, report: (reference: Reference) => void): void {
  const chain = memberChain(node);
  if (chain !== undefined) report(chain);
  for (const [name, child] of children(node)) {
    if (namesNoVariable(name, node, chain)) continue;
    for (const read of readParts(name, child)) collectReads(read, report);
  }
}

/** Parts that are names of filters, tests, arguments or fields, or that the chain has reported already. */
function namesNoVariable(name: string, parent: Node, chain: Reference | undefined): boolean {
  if (name === "test") return parent.type === "TestExpression";
  if (name === "key") return parent.type === "KeywordArgumentExpression";
  if (name === "property") return parent["computed"] === false;
  return name === "object" && chain !== undefined;
}

/** A filter's arguments and a method's object are read; the filter and the method are not. */
function readParts(name: string, child: Node): readonly Node[] {
  if (name === "filter") return child.type === "CallExpression" ? (child["args"] as readonly Node[]) : [];
  return name === "callee" && child.type === "MemberExpression" ? [child["object"] as Node] : [child];
}

/** `a.b[0]` as a reference when it starts at a name; a computed step that is no constant ends the path. */
function memberChain(node: Node): Reference | undefined {
  if (node.type === "Identifier") return { root: nameOf(node), path: [] };
  if (node.type !== "MemberExpression") return undefined;
  const object = memberChain(node["object"] as Node);
  if (object === undefined) return undefined;
  const property = node["property"] as Node;
  if (node["computed"] === false) return { root: object.root, path: [...object.path, nameOf(property)] };
  const isConstant = property.type === "IntegerLiteral" || property.type === "StringLiteral";
  return isConstant ? { root: object.root, path: [...object.path, property["value"] as string | number] } : object;
}

function visit(node: Node, report: (node: Node) => void): void {
  report(node);
  for (const [, child] of children(node)) visit(child, report);
}

function* children(node: Node): Generator<readonly [string, Node]> {
  for (const [name, value] of Object.entries(node)) {
    if (name === "operator") continue; // a token of the lexer
    for (const item of childItems(value)) if (isNode(item)) yield [name, item];
  }
}

function childItems(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.entries()].flat() : [value];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
