/** Reads and writes cassettes. */
import { accessSync, constants, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isJson, isJsonObject, type Json } from "@agentmesh/core";
import { Cassette, CASSETTE_VERSION } from "./cassette-document.ts";
import { CassetteFileError } from "./cassette-error.ts";
import { cassetteText, unfolded } from "./cassette-text.ts";

/** A whole run with long answers is smaller; in bytes. */
const CASSETTE_BYTES_MAX = 256 * 1024 * 1024;
const RECORD = "Record one with: agentmesh run ... --record FILE";

/** Throws CassetteFileError. */
export function readCassette(file: string): Cassette {
  const document = parsed(file, readText(file));
  const version = isJsonObject(document) ? document["cassette"] : undefined;
  if (typeof version === "number" && version > CASSETTE_VERSION)
    throw new CassetteFileError(file, {
      problem: `was recorded by a newer version (format ${version}, this one knows ${CASSETTE_VERSION})`,
      hint: "Use the newer version, or record it again.",
    });
  const cassette = Cassette.safeParse(unfolded(document));
  if (cassette.success) return cassette.data;
  const [issue] = cassette.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at /${issue.path.join("/")}`;
  throw new CassetteFileError(file, {
    problem: `is no cassette${where}: ${issue?.message ?? "unknown"}`,
    hint: RECORD,
  });
}

/** Throws CassetteFileError. */
export function writeCassette(file: string, cassette: Json): void {
  try {
    writeFileSync(file, cassetteText(cassette));
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** Throws CassetteFileError: better before a long run than after it. */
export function assertWritable(file: string): void {
  try {
    const isThere = statSync(file, { throwIfNoEntry: false })?.isFile();
    accessSync(isThere === true ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw notWritable(file, error);
  }
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size <= CASSETTE_BYTES_MAX) return readFileSync(file, "utf8");
  } catch (error) {
    throw new CassetteFileError(file, { problem: `cannot be read: ${reasonOf(error)}`, hint: RECORD });
  }
  throw new CassetteFileError(file, { problem: `is larger than ${CASSETTE_BYTES_MAX} bytes`, hint: RECORD });
}

function parsed(file: string, text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new CassetteFileError(file, { problem: `is not JSON: ${reasonOf(error)}`, hint: RECORD });
  }
  if (isJson(document)) return document;
  throw new CassetteFileError(file, { problem: "nests too deep", hint: RECORD });
}

function notWritable(file: string, error: unknown): CassetteFileError {
  return new CassetteFileError(file, {
    problem: `cannot be written: ${reasonOf(error)}`,
    hint: "Name a file in a folder that is there and may be written.",
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return code === "ENOENT" ? "it is not there" : (code ?? message ?? String(error));
}
