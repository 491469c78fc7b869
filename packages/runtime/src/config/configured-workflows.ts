/** Reads the plans that a configuration names under `workflows`. */
import { readFile, stat } from "node:fs/promises";
import { MeshError } from "@agentmesh/core";
import { type WorkflowBook, workflowBook } from "../workflows/workflow-book.ts";
import { WorkflowError } from "../workflows/workflow-error.ts";
import { ConfigInvalidError } from "./config-invalid-error.ts";
import { findSourced, type SourcedValue } from "./sourced-value.ts";

/** Of one plan, in bytes. */
const PLAN_BYTES_MAX = 64 * 1024 * 1024;

/** A file under `workflows` that is no plan in JSON. */
class WorkflowFileError extends MeshError {
  constructor(path: string, says: string) {
    super({
      code: "AM_PLAN_FILE",
      message: `${path} ${says}.`,
      hint: "Give the path of a plan in JSON.",
      facts: { path },
    });
  }
}

/** `named`: paths, absolute, or plans. Throws ConfigInvalidError. */
export async function configuredWorkflows(
  named: Readonly<Record<string, unknown>>,
  settings: SourcedValue,
  file: string | undefined,
): Promise<WorkflowBook> {
  const documents: (readonly [string, unknown])[] = [];
  let at: readonly string[] = ["workflows"];
  try {
    for (const [name, value] of Object.entries(named)) {
      at = ["workflows", name];
      documents.push([name, typeof value === "string" ? await planIn(value) : value]);
    }
    at = ["workflows"];
    return workflowBook(documents);
  } catch (error) {
    if (!(error instanceof WorkflowFileError) && !(error instanceof WorkflowError)) throw error;
    const origin = findSourced(settings, at)?.origin ?? { kind: "default" };
    throw new ConfigInvalidError(file, [{ path: at, origin, message: error.message, suggestion: error.hint }]);
  }
}

/** Throws WorkflowFileError. */
async function planIn(path: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > PLAN_BYTES_MAX) throw new WorkflowFileError(path, `is larger than ${PLAN_BYTES_MAX} bytes`);
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof WorkflowFileError) throw error;
    throw new WorkflowFileError(path, "cannot be read");
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
  } catch {
    throw new WorkflowFileError(path, "is not JSON");
  }
}
