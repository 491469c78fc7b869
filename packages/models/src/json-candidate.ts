/**
 * Where in a model's answer its JSON may be: past the reasoning, inside a code fence, between sentences. Candidates
 * come in the order of the text. Every pass over the text is linear, and their number is bounded.
 */
import { walkBrackets } from "./json-bracket.ts";

export interface JsonCandidate {
  readonly text: string;
  /** `whole`: closed. `open`: only closing brackets are missing. `cut`: stops inside a string, a number or a key. */
  readonly end: "whole" | "open" | "cut";
}

/** Values looked at in one answer; models that show examples first rarely show more. */
const CANDIDATES_MAX = 16;
/** How far a key is looked for behind an opening brace. */
const KEY_CHARACTERS_MAX = 200;
const REASONING_TAGS = ["think", "thinking", "thought", "reasoning", "reflection"] as const;

export function jsonCandidates(answer: string): readonly JsonCandidate[] {
  const body = withoutReasoning(answer);
  const fenced = fencedBlock(body);
  const candidates = [...(fenced === undefined ? [] : valuesIn(fenced)), ...valuesIn(body)];
  const distinct = new Map(candidates.map((candidate) => [candidate.text, candidate]));
  return [...distinct.values()].slice(0, CANDIDATES_MAX);
}

/**
 * The answer without its reasoning, which may hold drafts. Tags count only before the first bracket: inside of JSON
 * they are text. Templates often open the tag themselves, so a closing one alone counts too; one that is never closed
 * leaves nothing of what follows.
 */
export function withoutReasoning(answer: string): string {
  let body = answer;
  for (let tags = 0; tags < CANDIDATES_MAX; tags += 1) {
    const tag = REASONING_TAGS.find((name) => isBeforeBrackets(body, body.indexOf(`<${name}>`)));
    if (tag === undefined) break;
    const start = body.indexOf(`<${tag}>`);
    const end = body.indexOf(`</${tag}>`, start);
    body = body.slice(0, start) + (end === -1 ? "" : body.slice(end + tag.length + 3));
  }
  for (const tag of REASONING_TAGS) {
    const end = body.indexOf(`</${tag}>`);
    const after = body.slice(end + tag.length + 3);
    if (end !== -1 && !body.slice(0, end).includes(`<${tag}>`) && nextOpener(after, 0) !== -1) body = after;
  }
  return body;
}

function isBeforeBrackets(text: string, index: number): boolean {
  const opener = nextOpener(text, 0);
  return index !== -1 && (opener === -1 || index < opener);
}

/** The inside of the first code fence that holds a bracket, also when it is never closed. */
function fencedBlock(body: string): string | undefined {
  let from = 0;
  for (let fences = 0; fences < CANDIDATES_MAX; fences += 1) {
    const open = body.indexOf("```", from);
    const lineEnd = open === -1 ? -1 : body.indexOf("\n", open);
    if (lineEnd === -1) return undefined;
    const close = body.indexOf("```", lineEnd);
    const inside = body.slice(lineEnd + 1, close === -1 ? undefined : close);
    if (nextOpener(inside, 0) !== -1) return inside;
    if (close === -1) return undefined;
    from = close + 3;
  }
  return undefined;
}

function valuesIn(body: string): readonly JsonCandidate[] {
  const values: JsonCandidate[] = [];
  let from = 0;
  for (let looked = 0; looked < CANDIDATES_MAX; looked += 1) {
    const start = nextOpener(body, from);
    if (start === -1) break;
    const scan = scanValue(body, start);
    values.push({ text: body.slice(start, scan.stop), end: scan.end });
    // A value that never closes hides the ones inside it: a part of an answer must not pass for the whole.
    if (scan.end !== "whole" && looksLikeJson(body, start)) break;
    from = scan.end === "whole" ? scan.stop : start + 1;
  }
  return values;
}

/** The index of the first opening bracket at or after `from`; -1 when there is none. */
function nextOpener(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === "{" || text[index] === "[") return index;
  }
  return -1;
}

/** Whether a bracket opens a value, and is not one of the prose ("fill in {name} here"). */
function looksLikeJson(text: string, start: number): boolean {
  const inside = text.slice(start + 1, start + 1 + KEY_CHARACTERS_MAX).trimStart();
  if (text[start] === "[") return /^[{["'\-\dtfn]/.test(inside);
  return /^(["'}]|[A-Za-z_$][\w$]*\s*:)/.test(inside);
}

interface Scan {
  readonly end: JsonCandidate["end"];
  /** One past the last character of the value. */
  readonly stop: number;
}

/** From an opening bracket to the one that closes it. */
function scanValue(text: string, start: number): Scan {
  const walk = walkBrackets(text, start, (depth) => depth === 0);
  if (walk.isStopped) return { end: "whole", stop: walk.stop };
  const tail = text.slice(start).trimEnd().replace(/`{3}$/, "").trimEnd();
  // An odd quote leaves the walk inside a string; a text that ends in a bracket was finished all the same.
  const isOpen = /[}\]]$/.test(tail) || (!walk.isInString && tail.endsWith('"'));
  return { end: isOpen ? "open" : "cut", stop: start + tail.length };
}
