/** Where models are kept: outside of any repository, shared by all projects of a user. One folder a model, one GGUF file in it. */
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type CatalogueModel, downloadBytes, MODEL_CATALOGUE } from "./model-catalogue.ts";

/** `process.env`, or what a test puts in its place. */
export type PullEnvironment = Readonly<Record<string, string | undefined>>;

/** `models` in `$AGENTMESH_CACHE`, or in `~/.cache/agentmesh`. */
export function modelsFolder(environment: PullEnvironment): string {
  const configured = environment["AGENTMESH_CACHE"];
  const cache =
    configured === undefined || configured === ""
      ? join(environment["HOME"] ?? homedir(), ".cache", "agentmesh")
      : resolve(configured);
  return join(cache, "models");
}

export function modelFile(model: CatalogueModel, environment: PullEnvironment): string {
  return join(modelsFolder(environment), model.alias, model.file);
}

/** Whether the file is there in full size; its checksum was verified when it came. */
export async function isPulled(model: CatalogueModel, environment: PullEnvironment): Promise<boolean> {
  const found = await stat(modelFile(model, environment)).catch(() => undefined);
  return found?.size === model.bytes;
}

export interface ListedLocalModel {
  readonly alias: string;
  /** Where it is; absent when it was not pulled. */
  readonly file?: string;
  /** Of the file. */
  readonly bytes: number;
  /** What pulling it downloads; absent when it is here. */
  readonly downloadBytes?: number;
  /** Absent for files that somebody else put into the cache. */
  readonly kind?: CatalogueModel["kind"];
  readonly terms?: CatalogueModel["terms"];
}

/** The catalogue, and what else stands in the cache. Never fails: what cannot be read is not there. */
export async function listLocalModels(environment: PullEnvironment): Promise<readonly ListedLocalModel[]> {
  const known = await Promise.all(MODEL_CATALOGUE.map((model) => listed(model, environment)));
  return [...known, ...(await foreign(environment))];
}

async function listed(model: CatalogueModel, environment: PullEnvironment): Promise<ListedLocalModel> {
  const { alias, bytes, kind, terms } = model;
  const isHere = await isPulled(model, environment);
  return {
    alias,
    bytes,
    kind,
    terms,
    ...(isHere ? { file: modelFile(model, environment) } : { downloadBytes: downloadBytes(model) }),
  };
}

async function foreign(environment: PullEnvironment): Promise<readonly ListedLocalModel[]> {
  const known = new Set(MODEL_CATALOGUE.map(({ alias }) => alias));
  const folder = modelsFolder(environment);
  const models: ListedLocalModel[] = [];
  for (const alias of (await readdir(folder).catch((): string[] => [])).sort()) {
    if (known.has(alias) || alias.startsWith(".")) continue;
    const names = await readdir(join(folder, alias)).catch((): string[] => []);
    for (const name of names.filter((candidate) => candidate.endsWith(".gguf"))) {
      const file = join(folder, alias, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined) models.push({ alias, file, bytes: found.size });
    }
  }
  return models;
}
