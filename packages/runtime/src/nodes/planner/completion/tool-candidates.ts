/**
 * The tools that are looked at for a part of a goal: those whose words meet it, best first. A tool that changes something
 * is only among them when the part asks for such a change, so that "read a.txt" can never become a call that writes it.
 */
import { rankTools } from "../tool-selection.ts";
import { goalStems, wordsOf, wordStem } from "../tool-words.ts";
import { propertiesIn } from "./argument-schema.ts";
import { isPath } from "./goal-literals.ts";
import { nameWords, type PlanTool } from "./plan-tool.ts";

export interface CandidateTool {
  readonly tool: PlanTool;
  /** How well its name fits the part: 2 for the verb, 1 for the kind of file. */
  readonly nameRank: number;
}

export interface CandidateSearch {
  readonly text: string;
  /** Lower case. */
  readonly verb: string;
}

/** Tools looked at for one part; fewer are offered. */
const RANKED_MAX = 8;
const DESCRIPTION_CHARACTERS_SEARCHED = 300;
/** Words of a tool's name that say that it changes something. */
const CHANGES = stemsOf(
  "add append apply approve assign book cancel clear close commit copy create delete deploy disable drop edit enable " +
    "erase execute import insert install kill make merge modify move order pay post publish push put remove rename " +
    "replace reset restart run save send set start stop submit toggle transfer trigger uninstall update upload write",
);
/** Verbs that any tool may carry out. */
const GENERAL_VERBS: ReadonlySet<string> = new Set(
  "check do get give let look make run see show take tell use".split(" "),
);
/** What people say, and what tools call it. */
const MEANINGS: Readonly<Record<string, string>> = {
  add: "sum",
  change: "set edit update",
  erase: "delete",
  load: "read",
  mail: "send",
  make: "create",
  message: "send",
  open: "read",
  plus: "sum",
  print: "read",
  put: "write set add",
  remember: "add create",
  rename: "move",
  show: "read list",
  store: "write save",
  total: "sum",
};

/** What tools call the files of an extension; others are text. */
const FILE_KINDS: Readonly<Record<string, string>> = {
  csv: "text csv",
  docx: "word document",
  gif: "media image",
  html: "text html",
  jpeg: "media image",
  jpg: "media image",
  json: "text json",
  md: "text markdown",
  mp3: "media audio",
  mp4: "media video",
  pdf: "pdf",
  png: "media image",
  pptx: "presentation ppt",
  wav: "media audio",
  xlsx: "excel",
  xml: "text xml",
  yaml: "text yaml",
};

export class ToolCandidates {
  readonly #tools: ReadonlyMap<string, PlanTool>;
  readonly #stems: ReadonlyMap<PlanTool, ReadonlySet<string>>;
  readonly #known = new Map<string, readonly CandidateTool[]>();

  constructor(tools: readonly PlanTool[]) {
    this.#tools = new Map(tools.map((tool) => [tool.spec.name, tool]));
    this.#stems = new Map(tools.map((tool) => [tool, ownStems(tool)]));
  }

  /** Empty when no tool shares a word with the text. */
  for({ text, verb }: CandidateSearch): readonly CandidateTool[] {
    const key = `${verb}\n${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const words = searchWords(text);
    const asked = goalStems(words);
    const verbs = GENERAL_VERBS.has(verb) ? new Map<string, number>() : goalStems(searchWords(verb));
    const kinds = new Set(goalStems(fileKinds(text).join(" ")).keys());
    const ranked = rankTools(
      words,
      [...this.#tools.values()].map(({ spec }) => spec),
    )
      .flatMap(({ name }) => this.#tools.get(name) ?? [])
      .filter((tool) => this.#sharesWord(tool, asked) && isAskedFor(tool, asked))
      .slice(0, RANKED_MAX)
      .map((tool) => {
        const stems = stemsInName(tool);
        const isKind = stems.some((stem) => kinds.has(stem));
        return { tool, nameRank: (stems.some((stem) => verbs.has(stem)) ? 2 : 0) + (isKind ? 1 : 0) };
      });
    this.#known.set(key, ranked);
    return ranked;
  }

  /** A tool is not looked at for the words of its neighbours. */
  #sharesWord(tool: PlanTool, asked: ReadonlyMap<string, number>): boolean {
    const stems = this.#stems.get(tool);
    return stems !== undefined && [...asked.keys()].some((stem) => stems.has(stem));
  }
}

/** The words of a tool itself, and of the name of its server. */
function ownStems({ spec }: PlanTool): ReadonlySet<string> {
  const { server, tool, title = "", description, inputSchema } = spec;
  const names = propertiesIn(inputSchema).map(([name]) => name);
  const text = [server, tool, title, description.slice(0, DESCRIPTION_CHARACTERS_SEARCHED), ...names].join(" ");
  return new Set(wordsOf(text).flatMap((word) => wordStem(word) ?? []));
}

/** A path says only what kind of file it is, so that its words find no tool. */
function searchWords(text: string): string {
  const words = text.split(" ").map((word) => {
    const bare = bareWord(word);
    return isPath(bare) ? "file" : `${bare} ${entryOf(MEANINGS, bare.toLowerCase())}`;
  });
  return [...words, ...fileKinds(text)].join(" ");
}

function fileKinds(text: string): readonly string[] {
  const paths = text.split(" ").map(bareWord).filter(isPath);
  return paths.flatMap((path) => {
    const extension = /\.([A-Za-z0-9]{1,7})$/.exec(path)?.[1];
    return extension === undefined ? [] : entryOf(FILE_KINDS, extension.toLowerCase()) || "text";
  });
}

function bareWord(word: string): string {
  return word.replace(/[)"'”’`\],;:!?.]+$/, "");
}

function entryOf(table: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(table, key) ? (table[key] ?? "") : "";
}

function isAskedFor(tool: PlanTool, asked: ReadonlyMap<string, number>): boolean {
  const changes = stemsInName(tool).filter((stem) => CHANGES.has(stem));
  return changes.length === 0 || changes.some((stem) => asked.has(stem));
}

function stemsInName({ spec }: PlanTool): readonly string[] {
  return nameWords(spec.tool).flatMap((word) => wordStem(word) ?? []);
}

function stemsOf(words: string): ReadonlySet<string> {
  return new Set(words.split(" ").flatMap((word) => wordStem(word) ?? []));
}
