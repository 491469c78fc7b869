/** Says in one sentence why a part of a goal cannot be planned. Names of tools and arguments are bounded; descriptions are not told. */
import type { PlanGrammar } from "./plan-grammar.ts";

const PART_CHARACTERS_MAX = 120;
const NAME_CHARACTERS_MAX = 60;
const TOOLS_TOLD_MAX = 3;

export function noToolReason({ part, tools }: Extract<PlanGrammar, { readonly isPossible: false }>): string {
  const about = `"${cut(part, PART_CHARACTERS_MAX)}"`;
  if (tools.length === 0) return `no tool has to do with ${about}`;
  const lacking = tools.filter(({ missing }) => missing !== undefined).slice(0, TOOLS_TOLD_MAX);
  if (lacking.length === 0) return `no tool takes the values that ${about} names`;
  const wants = lacking.map(({ tool, missing = "" }) => `${tool.name} needs "${cut(missing, NAME_CHARACTERS_MAX)}"`);
  return `${about} does not say all that a call needs (${wants.join(", ")}), and this model copies values from the goal, it writes none`;
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax).toWellFormed()}...`;
}
