/** Local models: whether one is ready to run, and how one gets here, together with what runs it. */
import { DEFAULT_LOCAL_MODEL, type ListedLocalModel, listLocalModels, pullModel } from "@agentmesh/models";
import { MeshError } from "@agentmesh/core";
import type { Output } from "../terminal/output.ts";
import { explainError } from "../terminal/report-error.ts";
import { canRunLlamaCpp, type LlamaCppPackage, loadLlamaCpp } from "./llama-cpp.ts";
import { megabytes, PullDisplay } from "./pull-display.ts";

/** Whether it can be used without anything being fetched. */
export async function hasLocalModel(name: string): Promise<boolean> {
  const found = await knownModel(name);
  return found?.file !== undefined && (await canRunLlamaCpp(process.env));
}

/**
 * What pulling a model of the catalogue would fetch, with terms: for people, before they agree. Undefined when nothing
 * would be, and for what is named by its address.
 */
export async function downloadNotice(name: string): Promise<string | undefined> {
  const found = await knownModel(name);
  if (found?.downloadBytes === undefined) return undefined;
  const terms = found.terms === undefined ? "" : ` under the ${found.terms.name}, ${found.terms.url}`;
  const hasRunner = await canRunLlamaCpp(process.env);
  return `${name} (${megabytes(found.downloadBytes)})${terms}${hasRunner ? "" : ", and llama.cpp (85 MB), which runs it"}`;
}

export interface LocalPull {
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Fetches what is not here yet and shows how it goes. Throws ModelPullError, and what installing llama.cpp throws. */
export async function pullLocalModel(
  name: string,
  { output, signal }: LocalPull,
): Promise<{ file: string; isNew: boolean }> {
  const environment = process.env;
  const display = new PullDisplay(output);
  const llamaCpp = await loadLlamaCpp();
  const install = () => llamaCpp?.installLlamaCpp({ environment, signal, onProgress: (line) => output.say(line) });
  const fetchHub = async (uri: string, runner: LlamaCppPackage): Promise<string> => {
    await install();
    const onProgress = (bytes: number, bytesTotal: number): void =>
      display.amount("downloading", { bytes, bytesTotal });
    return await runner.fetchHubModel(uri, { environment, isFetching: true, signal, onProgress });
  };
  try {
    const pulled = await pullModel(name, {
      environment,
      signal,
      onProgress: (progress) => display.show(progress),
      ...(llamaCpp === undefined ? {} : { fetchHub: (uri) => fetchHub(uri, llamaCpp) }),
    });
    display.end();
    await install();
    return pulled;
  } finally {
    display.end();
  }
}

/** For the first run: the small model, if it can be had. Says what went wrong and goes on without it. */
export async function prepareLocalModel(output: Output): Promise<void> {
  const notice = await downloadNotice(DEFAULT_LOCAL_MODEL);
  if (notice !== undefined) {
    output.say(`No model is configured: fetching ${notice}, once.`);
    output.say("To skip this, set AGENTMESH_NO_MODEL=1.");
  }
  try {
    await pullLocalModel(DEFAULT_LOCAL_MODEL, { output, signal: new AbortController().signal });
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    explainError(error, output);
  }
}

async function knownModel(name: string): Promise<ListedLocalModel | undefined> {
  return (await listLocalModels(process.env)).find(({ alias }) => alias === name);
}
