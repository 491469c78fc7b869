/** How an error reaches whoever called: as JSON on standard output, or as message and hint on standard error. */
import { type ErrorRecord, MeshError } from "@agentmesh/core";
import { exitCodeOfError } from "../exit-code.ts";
import type { Output } from "./output.ts";

/** Returns the exit code. */
export function reportError(error: unknown, output: Output): number {
  if (error instanceof SuppressedError) return reportFirst(error, output);
  const record = errorRecord(error);
  if (output.isJson) output.jsonLine({ error: record });
  else explainError(record, output);
  if (output.isVerbose && error instanceof Error) for (const line of (error.stack ?? "").split("\n")) output.warn(line);
  return exitCodeOfError(record.code);
}

/** Something went wrong, and then something else while things were put away: the exit code is that of the first. */
function reportFirst({ error, suppressed }: SuppressedError, output: Output): number {
  const exit = reportError(suppressed, output);
  reportError(error, output);
  return exit;
}

/** For people. */
export function explainError({ code, message, hint }: ErrorRecord, output: Output): void {
  const [first = "", ...rest] = message.split("\n");
  output.warn({ style: "red", text: `error ${code}:` }, ` ${first}`);
  for (const line of rest) output.warn(line);
  if (hint !== "") output.warn({ style: "dim", text: "  hint: " }, hint);
}

/** What is not a MeshError is a mistake of ours, and says so. */
function errorRecord(error: unknown): ErrorRecord {
  if (error instanceof MeshError) {
    const { code, message, hint, facts } = error;
    return { code, message, hint, facts };
  }
  return {
    code: "AM_INTERNAL",
    message: error instanceof Error ? error.message : String(error),
    hint: "This is a mistake in AgentMesh. Run it again with --verbose and report what it says.",
    facts: {},
  };
}
