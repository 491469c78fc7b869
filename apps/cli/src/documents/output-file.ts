/** Where a command puts a document: a file that was named, or standard output. */
import { writeFile } from "node:fs/promises";
import { UsageError } from "../arguments/usage-error.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is no folder",
  EISDIR: "it is a folder",
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "it may not be written",
  ENOSPC: "the disk is full",
};

/** Throws UsageError for a file that cannot be written. */
export async function writeOutputFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const message = `The file ${file} cannot be written: ${REASONS[code] ?? (code || String(error))}.`;
    throw new UsageError(message, "Name a file that you may write with -o FILE, or leave it out for standard output.");
  }
}
