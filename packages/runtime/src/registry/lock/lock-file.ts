/** Reads and writes the lock file of tools. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { LockFileError } from "./lock-file-error.ts";
import { lockText, ToolLock } from "./tool-lock.ts";

/** Undefined when there is none. Throws LockFileError. */
export function readLockFile(file: string): ToolLock | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new LockFileError(file, "it is no JSON", error);
  }
  const parsed = ToolLock.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LockFileError(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`);
}

/** As a whole or not at all. Throws LockFileError. */
export function writeLockFile(file: string, lock: ToolLock): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, lockText(lock));
    renameSync(draft, file);
  } catch (error) {
    throw new LockFileError(file, "it cannot be written", error);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new LockFileError(file, "it cannot be read", error);
  }
}
