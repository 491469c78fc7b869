/** A plan as it stands in a file: its text, for places in it, and the document. Whether it is a plan is the mesh's business. */
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { faultOf, positionOf } from "./json-text.ts";
import { PlanFileError } from "./plan-file-error.ts";
import { readingFault } from "./reading-fault.ts";
import { sourceExcerpt } from "./source-excerpt.ts";

/** Plans of 100,000 tasks are smaller; in bytes. */
const PLAN_BYTES_MAX = 64 * 1024 * 1024;

export interface PlanFile {
  readonly path: string;
  readonly text: string;
  readonly document: unknown;
}

/** Whether a word of the command line names a plan file and is not part of a goal. */
export function isPlanFileName(word: string): boolean {
  return [".json", ".mesh"].includes(extname(word).toLowerCase());
}

/** Throws PlanFileError. */
export async function readPlanFile(path: string): Promise<PlanFile> {
  if (extname(path).toLowerCase() === ".mesh")
    throw new PlanFileError(`${path}: the mesh text form is not read yet.`, "Write the plan as JSON.", { file: path });
  const text = (await readText(path)).replace(/^\ufeff/, "");
  try {
    return { path, text, document: JSON.parse(text) as unknown };
  } catch {
    throw brokenJson(path, text);
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= PLAN_BYTES_MAX) return await readFile(path, "utf8");
  } catch (error) {
    const hint = "Give the path of a plan in JSON, or put a goal in quotes and leave out the ending .json.";
    throw new PlanFileError(`The plan file ${path} ${readingFault(error)}.`, hint, { file: path });
  }
  const message = `The plan file ${path} is larger than ${PLAN_BYTES_MAX} bytes.`;
  throw new PlanFileError(message, "Use `each` for many tasks alike.", { file: path, bytesMax: PLAN_BYTES_MAX });
}

function brokenJson(path: string, text: string): PlanFileError {
  const offset = faultOf(text) ?? text.length;
  const { line, column } = positionOf(text, offset);
  const what = offset >= text.trimEnd().length ? "it ends too early" : `"${text[offset] ?? ""}" cannot stand here`;
  const { source, caret } = sourceExcerpt(text, { start: offset, end: offset + 1 });
  const message = `The plan file ${path} is not JSON: line ${line}, column ${column}: ${what}.`;
  return new PlanFileError(message, `Look at: ${source.trim()}`, { file: path, line, column, source, caret });
}
