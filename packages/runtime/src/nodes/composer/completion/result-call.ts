/**
 * The call behind a result as a composer knows it: the tool's own name, and the values that the task's reason names. The
 * arguments themselves may hold whole documents, and are not handed to a composer.
 */
import { goalLiterals, properNames } from "../../planner/completion/goal-literals.ts";
import type { ComposerResult } from "@agentmesh/ports";

const NAME_CHARACTERS_MAX = 60;

/** `search_nodes("Nadia Petrova")`; with the whole reason in quotes when it names no value. */
export function resultCall({ tool, reason = "" }: ComposerResult): string {
  const name = plainLine(tool.slice(tool.indexOf(".") + 1)).slice(0, NAME_CHARACTERS_MAX);
  const literals = goalLiterals(plainLine(reason));
  const { quoted, paths, urls, emails, numbers } = literals;
  const values = [...quoted, ...paths, ...urls, ...emails, ...properNames(literals), ...numbers];
  const told = values.length > 0 || reason === "" ? values : [plainLine(reason)];
  return `${name}(${told.map((value) => JSON.stringify(value)).join(", ")})`;
}

function plainLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
}
