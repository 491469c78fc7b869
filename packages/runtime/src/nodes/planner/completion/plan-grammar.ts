/**
 * The grammar of all plans for one goal. A plan is written as lines, each call under the part of the goal that it serves:
 *
 *   # Fetch https://example.com/terms
 *   t1 = fetch_page(url: "https://example.com/terms")
 *   # translate the text to French
 *   t2 = translate(text: t1, language: "French")
 *   done
 *
 * The comments copy the goal in order and without a gap, so that a plan can neither forget a part nor go on for ever. Only
 * offered tools are called, ids count up, and a line refers to earlier ones only: there is no unknown tool, no dangling
 * reference and no cycle to be found afterwards.
 */
import { callRule } from "./call-grammar.ts";
import { type GoalLiterals, goalLiterals } from "./goal-literals.ts";
import { type GoalPart, partComment, partText } from "./goal-part.ts";
import { GrammarRules, literalText } from "./grammar-rules.ts";
import { nameWords, type PlanTool } from "./plan-tool.ts";
import type { RefusedChoices } from "./refused-choices.ts";
import type { CandidateTool, ToolCandidates } from "./tool-candidates.ts";
import { lineSource, type ValueSource } from "./value-source.ts";

/** The last line of a plan. */
export const PLAN_END = "done";

export interface PlanGrammarRequest {
  readonly parts: readonly GoalPart[];
  readonly candidates: ToolCandidates;
  /** Inputs of the run that a part may name. */
  readonly inputs: readonly ValueSource[];
  readonly tasksMax: number;
  readonly refused: RefusedChoices;
}

export type PlanGrammar =
  | { readonly isPossible: true; readonly text: string; readonly tools: readonly PlanTool[] }
  | { readonly isPossible: false; readonly part: string; readonly tools: readonly UncallableTool[] };

/** A tool that was looked at for a part, and the required argument that nothing could fill. */
export interface UncallableTool {
  readonly tool: PlanTool;
  readonly missing?: string;
}

/** Tools offered for one part. More of them, and a small model picks worse. */
const TOOLS_A_PART = 3;
/** Literals that have a place count more than the name of a tool. */
const FIT_RANK = { words: 0, most: 4, all: 8 };
const WHOLE_RANK = FIT_RANK.all;
/** A part without a possible call takes others with it only so far. */
const JOINED_PARTS_MAX = 4;

export function planGrammar(request: PlanGrammarRequest): PlanGrammar {
  return new PlanGrammarBuilder(request).build();
}

/** The name of a line, counted from 0. */
export function lineName(line: number): string {
  return `t${line + 1}`;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly tools: readonly CandidateTool[];
}

/** A span with the best calls that are possible for it. */
interface CalledSpan {
  readonly span: Span;
  readonly calls: readonly PossibleCall[];
}

interface PossibleCall {
  readonly tool: PlanTool;
  readonly rule: string;
  readonly rank: number;
}

class PlanGrammarBuilder {
  readonly #request: PlanGrammarRequest;
  readonly #rules = new GrammarRules();
  readonly #spans: readonly (readonly Span[])[];
  /** What each line may call, as far as lines are known. */
  readonly #toolsOfLine: ReadonlySet<PlanTool>[] = [];
  readonly #called = new Map<string, readonly CalledSpan[]>();
  readonly #literals = new Map<string, GoalLiterals>();
  readonly #known = new Map<string, string | undefined>();
  readonly #offered = new Set<PlanTool>();
  readonly #failures = new Map<number, Extract<PlanGrammar, { isPossible: false }>>();

  constructor(request: PlanGrammarRequest) {
    this.#request = request;
    this.#spans = request.parts.map((_, index) => spansFrom(request, index));
    const all = new Set(this.#spans.flat().flatMap(toolsOf));
    const describing = new Set([...all].flatMap(({ name, spec }) => [...nameWords(name), ...nameWords(spec.server)]));
    for (const { text } of this.#spans.flat()) this.#literals.set(text, goalLiterals(text, describing));
  }

  build(): PlanGrammar {
    this.#readLines();
    const root = this.#rest(0, 0);
    if (root !== undefined) {
      const all = new Set(this.#spans.flat().flatMap(toolsOf));
      return {
        isPossible: true,
        text: this.#rules.text(root),
        tools: [...all].filter((tool) => this.#offered.has(tool)),
      };
    }
    const [first = 0] = [...this.#failures.keys()].sort((one, other) => one - other);
    return this.#failures.get(first) ?? { isPossible: false, part: partText(this.#request.parts, 0, 1), tools: [] };
  }

  /** Everything from a part on, when `line` calls are written. */
  #rest(part: number, line: number): string | undefined {
    if (part === this.#spans.length) return literalText(PLAN_END);
    const key = `${part},${line}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const rule = line >= this.#request.tasksMax ? undefined : this.#rules.oneOf("plan", this.#alternatives(part, line));
    this.#known.set(key, rule);
    return rule;
  }

  /** Line by line, so that a line knows exactly which tools stand before it. */
  #readLines(): void {
    let starts: ReadonlySet<number> = new Set([0]);
    while (starts.size > 0 && this.#toolsOfLine.length < this.#request.tasksMax) {
      const line = this.#toolsOfLine.length;
      const called = [...starts].flatMap((part) => preferred(this.#calledSpans(part, line)));
      this.#toolsOfLine.push(new Set(called.flatMap(({ calls }) => calls.map(({ tool }) => tool))));
      starts = new Set(called.map(({ span }) => span.to).filter((to) => to < this.#spans.length));
    }
  }

  #calledSpans(part: number, line: number): readonly CalledSpan[] {
    const key = `${part},${line}`;
    const known = this.#called.get(key);
    if (known !== undefined) return known;
    const spans = this.#spans[part] ?? [];
    const uncallable: UncallableTool[] = [];
    const called = spans
      .map((span) => ({ span, calls: this.#calls(span, line, uncallable) }))
      .filter(({ calls }) => calls.length > 0);
    if (called.length === 0 && !this.#failures.has(part)) {
      this.#failures.set(part, { isPossible: false, part: spans[0]?.text ?? "", tools: uncallable });
    }
    this.#called.set(key, called);
    return called;
  }

  #alternatives(part: number, line: number): readonly (string | undefined)[] {
    const called = this.#calledSpans(part, line);
    const better = preferred(called).map((each) => this.#line(each, line));
    return better.some((rule) => rule !== undefined) ? better : called.map((each) => this.#line(each, line));
  }

  #line({ span, calls }: CalledSpan, line: number): string | undefined {
    const rest = this.#rest(span.to, line + 1);
    if (rest === undefined) return undefined;
    for (const { tool } of calls) this.#offered.add(tool);
    const rules = calls.map(({ rule }) => rule);
    const head = literalText(`# ${partComment(span.text)}\n${lineName(line)} = `);
    return this.#rules.rule("line", `${head} ${this.#rules.oneOf("calls", rules)} "\\n" ${rest}`);
  }

  /** The best possible calls for a span. */
  #calls(span: Span, line: number, uncallable: UncallableTool[]): readonly PossibleCall[] {
    const possible: PossibleCall[] = [];
    for (const { tool, nameRank } of span.tools) {
      const call = callRule(tool, this.#placeOf(span, line), this.#rules);
      if (call.isPossible) {
        possible.push({ tool, rule: call.rule, rank: FIT_RANK[call.fit] + nameRank });
      } else uncallable.push({ tool, ...(call.missing === undefined ? {} : { missing: call.missing }) });
    }
    const best = Math.max(...possible.map(({ rank }) => rank));
    return possible.filter(({ rank }) => rank === best).slice(0, TOOLS_A_PART);
  }

  #placeOf({ text }: Span, line: number): Parameters<typeof callRule>[1] {
    const { inputs, refused } = this.#request;
    const earlier = this.#toolsOfLine.slice(0, line).map((tools, index) =>
      lineSource(
        lineName(index),
        [...tools].map(({ spec }) => spec),
      ),
    );
    const named = inputs.filter(({ name }) => namesInput(text, name));
    return {
      line,
      text,
      literals: this.#literals.get(text) ?? goalLiterals(text),
      sources: [...earlier, ...named],
      refused,
    };
  }
}

/** The parts from one on that one call may serve together. */
function spansFrom({ parts, candidates }: PlanGrammarRequest, from: number): readonly Span[] {
  const spans: Span[] = [];
  for (let to = from + 1; to <= Math.min(parts.length, from + JOINED_PARTS_MAX); to += 1) {
    if (to > from + 1 && parts[to - 1]?.mayJoin !== true) break;
    const text = partText(parts, from, to);
    spans.push({
      from,
      to,
      text,
      tools: candidates.for({ text: searchText(parts, from, text), verb: parts[from]?.verb ?? "" }),
    });
  }
  return spans;
}

/** What tools are looked up for: a part without a verb means that of the part before; with values alone, all of it. */
function searchText(parts: readonly GoalPart[], from: number, text: string): string {
  const part = parts[from];
  if (part === undefined || !part.isVerbless) return text;
  if (!part.isBare) return `${part.verb} ${text}`;
  const before = parts.slice(0, from).findLastIndex(({ isBare }) => !isBare);
  return `${partText(parts, Math.max(0, before), before + 1)} ${text}`;
}

/** Where a call takes all values of its span, one that leaves some out is another span's. */
function preferred(called: readonly CalledSpan[]): readonly CalledSpan[] {
  const whole = called.filter(({ calls }) => calls.some(({ rank }) => rank >= WHOLE_RANK));
  return whole.length > 0 ? whole : called;
}

function toolsOf({ tools }: Span): readonly PlanTool[] {
  return tools.map(({ tool }) => tool);
}

function namesInput(text: string, source: string): boolean {
  const name = source.slice(source.indexOf(".") + 1).toLowerCase();
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}_-]+/u)
    .includes(name);
}
