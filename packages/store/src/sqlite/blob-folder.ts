/**
 * Large values of a store, each in a file beside it: `STORE.blobs/HASH`. A file is whole and on the disk before the row that
 * tells of it is committed; a crash in between leaves a file without a row, which pruning removes.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { textDigest } from "../text-digest.ts";

/** In UTF-8. Smaller ones are read faster from the table than from files of their own. */
const TABLE_BYTES_MAX = 64 * 1_024;

/** Nothing else becomes the name of a file. */
const HASH = /^[A-Za-z0-9_-]{43}$/;
/** Of what is being written, or was when the process died. */
const UNFINISHED = ".new";
const OURS = /^[A-Za-z0-9_-]{43}(\.new)?$/;

/** Whatever throws throws what `node:fs` does. */
export class BlobFolder {
  /** Undefined for a store in memory. */
  readonly #path: string | undefined;
  #isKept = false;

  /** `store`: its path. The folder is made when it is first needed. */
  constructor(store: string) {
    this.#path = store === ":memory:" ? undefined : `${store}.blobs`;
  }

  /** Whether a value has its place here; else it stands in the table. */
  takes(hash: string, text: string): boolean {
    return this.#path !== undefined && Buffer.byteLength(text) > TABLE_BYTES_MAX && HASH.test(hash);
  }

  /** Bytes of a value's file; undefined when there is none. */
  bytes(hash: string): number | undefined {
    const path = this.#fileOf(hash);
    return path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.size;
  }

  /** Undefined when the file is not there, or does not hold what its name says. */
  read(hash: string): string | undefined {
    const path = this.#fileOf(hash);
    if (path === undefined) return undefined;
    try {
      const text = readFileSync(path, "utf8");
      return textDigest(text).hash === hash ? text : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Within a transaction, so that nobody else writes or removes. On the disk when it returns. */
  write(hash: string, text: string): void {
    const path = this.#fileOf(hash);
    if (path === undefined) return;
    const folder = dirname(path);
    this.#keepFolder(folder);
    const unfinished = path + UNFINISHED;
    writeFileSync(unfinished, text, { mode: 0o600, flush: true });
    renameSync(unfinished, path);
    syncFolder(folder);
  }

  /** Names of files that are ours: values, and what was not written to its end. */
  names(): readonly string[] {
    if (this.#path === undefined) return [];
    try {
      return readdirSync(this.#path).filter((name) => OURS.test(name));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** `name`: one of `names`. Within a transaction, and only when no row, committed or not, is of that name. */
  remove(name: string): void {
    if (this.#path !== undefined && OURS.test(name)) rmSync(join(this.#path, name), { force: true });
  }

  #fileOf(hash: string): string | undefined {
    return this.#path !== undefined && HASH.test(hash) ? join(this.#path, hash) : undefined;
  }

  /** Its own name must be on the disk too, once in each opening: another process may have died before it was. */
  #keepFolder(folder: string): void {
    const isMade = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
    if (this.#isKept && !isMade) return;
    this.#isKept = false;
    syncFolder(dirname(folder));
    this.#isKept = true;
  }
}

/** Windows opens no folders, and writes their entries itself. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "ENOENT";
}
