/** What kind of thing a string argument names, as far as its name and format tell. */
import type { JsonObject } from "@agentmesh/core";
import type { GoalLiterals } from "./goal-literals.ts";

export type ValueKind = "path" | "url" | "email" | "text";

const URL_FORMAT = /^(uri|url|iri)/;
const URL_NAME = /(^|[_-])(url|uri|href|link)s?$|[a-z](Url|URL|Uri|URI)s?$/i;
const PATH_NAME =
  /(^|[_-])(path|file|filename|file_name|filepath|dir|directory|folder|source|destination)s?$|[a-z](Path|File|Filename|FileName|Dir|Directory|Folder)s?$/;

export function valueKind(name: string, { format }: JsonObject): ValueKind {
  if ((typeof format === "string" && URL_FORMAT.test(format)) || URL_NAME.test(name)) return "url";
  if (format === "email" || /e-?mail$/i.test(name)) return "email";
  return PATH_NAME.test(name) ? "path" : "text";
}

/** The texts of a part that can stand for the kind. A text in quotes is meant as such, so that runs of words are not asked. */
export function textsOfKind(kind: ValueKind, literals: GoalLiterals): readonly string[] {
  switch (kind) {
    case "path":
      return literals.paths;
    case "url":
      return literals.urls;
    case "email":
      return literals.emails;
    case "text":
      return literals.quoted.length > 0 ? literals.quoted : literals.runs;
  }
}
