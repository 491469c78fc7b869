/** From the name of a model in a configuration to the file that holds it. */
import { open, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BrokenModelFileError } from "./broken-model-file-error.ts";
import { type Environment, modelsFolder } from "./cache-folder.ts";
import { findLlamaCpp } from "./llama-cpp-folder.ts";
import { importLlamaLibrary } from "./llama-library.ts";
import { UnknownModelFileError } from "./unknown-model-file-error.ts";

const HUB_URI = /^(hf|huggingface|https?):/;

/**
 * `model`: a name that was pulled, a path to a GGUF file, or a hub URI whose file was fetched before. Throws
 * UnknownModelFileError, BrokenModelFileError.
 */
export async function findModelFile(model: string, environment: Environment): Promise<string> {
  const file = await locate(model, environment);
  await checkHeader(file, model);
  return file;
}

async function locate(model: string, environment: Environment): Promise<string> {
  if (HUB_URI.test(model)) return await fetchHubModel(model, { environment, isFetching: false });
  if (/[/\\]|\.gguf$/i.test(model)) return resolve(model);
  const folder = join(modelsFolder(environment), model);
  const names = await readdir(folder).catch((): string[] => []);
  const name = names.filter((candidate) => candidate.endsWith(".gguf")).sort()[0];
  if (name === undefined) throw new UnknownModelFileError(model, folder);
  return join(folder, name);
}

export interface HubRequest {
  readonly environment: Environment;
  /** False: only what is here already. */
  readonly isFetching: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, bytesTotal: number) => void;
}

/** The file of a hub URI (`hf:user/model:quant`) or URL, by node-llama-cpp's own resolver. */
export async function fetchHubModel(uri: string, request: HubRequest): Promise<string> {
  const { environment, isFetching, signal, onProgress } = request;
  const library = await importLlamaLibrary(findLlamaCpp(environment));
  const directory = join(modelsFolder(environment), "hub");
  try {
    return await library.resolveModelFile(uri, {
      directory,
      download: isFetching ? "auto" : false,
      cli: false,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined
        ? {}
        : { onProgress: ({ downloadedSize, totalSize }) => onProgress(downloadedSize, totalSize) }),
    });
  } catch (error) {
    if (isFetching) throw error;
    throw new UnknownModelFileError(uri, directory);
  }
}

/** Bytes of a GGUF file before its first key: magic, version and two counts. */
const HEADER_BYTES = 24;
const MAGIC = "GGUF";
const VERSIONS: ReadonlySet<number> = new Set([2, 3]);

/** llama.cpp ends its process on some files that are no models: what can be seen early is. */
async function checkHeader(file: string, model: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UnknownModelFileError(model, file);
  if (!found.isFile()) throw new BrokenModelFileError(file, "it is not a file");
  const handle = await open(file);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
    const isGguf = bytesRead === HEADER_BYTES && header.toString("latin1", 0, MAGIC.length) === MAGIC;
    if (!isGguf) throw new BrokenModelFileError(file, "it is not a GGUF file");
    const version = header.readUInt32LE(MAGIC.length);
    if (!VERSIONS.has(version)) throw new BrokenModelFileError(file, `its GGUF version is ${version}`);
  } finally {
    await handle.close();
  }
}
