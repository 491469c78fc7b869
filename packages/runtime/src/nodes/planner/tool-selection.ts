/**
 * Which tools a planner shows a model: all of them while they are few, else those whose words meet the goal's (BM25+
 * over server, name, description and argument names, no network, no weights). The rest is known by name only.
 */
import { isJsonObject, type Json, type ToolSpec } from "@agentmesh/core";
import MiniSearch from "minisearch";
import { goalStems, wordsOf, wordStem } from "./tool-words.ts";

/** Tools shown at most: past this, a model picks worse, and an output schema takes backends long to compile. */
export const TOOLS_SHOWN_MAX = 32;
/** Characters of all shown schemas and descriptions together: about 8,000 tokens. */
export const TOOL_CHARACTERS_MAX = 32_000;
/** What a tool costs besides its own text: its branch of the output schema. */
const TOOL_OVERHEAD_CHARACTERS = 300;
/** Shown whatever their size: with none, nothing could be planned. */
const TOOLS_SHOWN_MIN = 4;
/** Characters of a description that are searched: the first sentences say what a tool does, the rest how. */
const DESCRIPTION_CHARACTERS_SEARCHED = 300;

const TOOL_BOOST = { name: 2, server: 2, description: 1, args: 0.5 };
const SERVER_BOOST = { server: 2, tools: 1 };
/** How much of its server's score a tool gets: tools of one server work together. */
const SERVER_WEIGHT = 0.3;

export interface ToolSelectionRequest {
  readonly goal: string;
  readonly tools: readonly ToolSpec[];
  /** Names that are shown in any case. */
  readonly always?: ReadonlySet<string>;
  /** TOOL_CHARACTERS_MAX when absent. */
  readonly charactersMax?: number;
}

export interface ToolSelection {
  /** By name, so that the same tools give the same prompt. */
  readonly shown: readonly ToolSpec[];
  /** Names of all others, in order. */
  readonly others: readonly string[];
}

export function selectTools(request: ToolSelectionRequest): ToolSelection {
  const { goal, tools, always = new Set(), charactersMax = TOOL_CHARACTERS_MAX } = request;
  const characters = tools.reduce((sum, tool) => sum + toolCharacters(tool), 0);
  if (tools.length <= TOOLS_SHOWN_MAX && characters <= charactersMax) return { shown: byName(tools), others: [] };
  const shown = new Set(tools.filter(({ name }) => always.has(name)));
  let room = charactersMax - [...shown].reduce((sum, tool) => sum + toolCharacters(tool), 0);
  for (const tool of rankTools(goal, tools)) {
    const size = toolCharacters(tool);
    if (shown.size >= TOOLS_SHOWN_MAX) break;
    if (shown.has(tool) || (size > room && shown.size >= TOOLS_SHOWN_MIN)) continue;
    shown.add(tool);
    room -= size;
  }
  return {
    shown: byName([...shown]),
    others: tools
      .filter((tool) => !shown.has(tool))
      .map(({ name }) => name)
      .sort(),
  };
}

/** The tools that share a word with the goal, best first; equal ones in the order given. */
export function rankTools(goal: string, tools: readonly ToolSpec[]): readonly ToolSpec[] {
  const servers = serverIndex(tools);
  const index = toolIndex(tools);
  const scores = new Map<number, number>();
  const add = (id: number, score: number): void => void scores.set(id, (scores.get(id) ?? 0) + score);
  for (const [stem, weight] of goalStems(goal)) {
    for (const { id, score } of index.search(stem, { ...ONE_STEM, boost: TOOL_BOOST })) add(Number(id), weight * score);
    for (const { id, score } of servers.index.search(stem, { ...ONE_STEM, boost: SERVER_BOOST })) {
      for (const position of servers.positions.get(String(id)) ?? []) add(position, weight * score * SERVER_WEIGHT);
    }
  }
  const ranked = [...scores].sort(([one, left], [other, right]) => right - left || one - other);
  return ranked.map(([position]) => tools[position]).filter((tool) => tool !== undefined);
}

/** A stem is looked up as it is: it has been through the words of the goal. */
const ONE_STEM = { tokenize: (stem: string) => [stem], processTerm: (stem: string) => stem };

function toolIndex(tools: readonly ToolSpec[]): MiniSearch {
  const index = newIndex(["name", "server", "description", "args"]);
  index.addAll(
    tools.map((tool, id) => ({
      id,
      name: `${tool.tool} ${tool.title ?? ""}`,
      server: tool.server,
      description: tool.description.slice(0, DESCRIPTION_CHARACTERS_SEARCHED),
      args: argumentWords(tool),
    })),
  );
  return index;
}

/** One document a server: all its tools together. */
function serverIndex(tools: readonly ToolSpec[]): {
  readonly index: MiniSearch;
  readonly positions: ReadonlyMap<string, readonly number[]>;
} {
  const positions = Map.groupBy(tools.keys(), (position) => tools[position]?.server ?? "");
  const index = newIndex(["server", "tools"]);
  index.addAll(
    [...positions].map(([server, members]) => ({
      id: server,
      server,
      tools: members.map((position) => searchedText(tools[position])).join(" "),
    })),
  );
  return { index, positions };
}

function searchedText(tool: ToolSpec | undefined): string {
  return tool === undefined ? "" : `${tool.tool} ${tool.description.slice(0, DESCRIPTION_CHARACTERS_SEARCHED)}`;
}

function newIndex(fields: string[]): MiniSearch {
  return new MiniSearch({
    fields,
    tokenize: (text) => [...wordsOf(text)],
    processTerm: (word) => wordStem(word) ?? null,
  });
}

function argumentWords({ inputSchema }: ToolSpec): string {
  const { properties } = inputSchema;
  if (!isJsonObject(properties)) return "";
  return Object.entries(properties)
    .map(([name, schema]) => `${name} ${descriptionOf(schema)} ${valuesOf(schema)}`)
    .join(" ");
}

function descriptionOf(schema: Json): string {
  const description = isJsonObject(schema) ? schema["description"] : undefined;
  return typeof description === "string" ? description.slice(0, DESCRIPTION_CHARACTERS_SEARCHED) : "";
}

function valuesOf(schema: Json): string {
  const values = isJsonObject(schema) ? schema["enum"] : undefined;
  return Array.isArray(values) ? values.filter((value) => typeof value === "string").join(" ") : "";
}

function toolCharacters({ description, inputSchema }: ToolSpec): number {
  return TOOL_OVERHEAD_CHARACTERS + description.length + JSON.stringify(inputSchema).length;
}

function byName(tools: readonly ToolSpec[]): readonly ToolSpec[] {
  return [...tools].sort((left, right) => (left.name < right.name ? -1 : Number(left.name > right.name)));
}
