import { modelContract } from "@agentmesh/ports/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type LlamaCppModel, loadLlamaCppModel } from "../../src/index.ts";
import { type TinyModel, writeTinyModel } from "../tiny-gguf.ts";
import { type LoadOptions, SMALL } from "./tiny-model.ts";

const folder = mkdtempSync(join(tmpdir(), "agentmesh-llama-"));
const keepers: LlamaCppModel[] = [];
afterAll(async () => {
  for (const keeper of keepers) await keeper.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One model for each test, all in one process: the keeper holds it between them. */
function subjectOf(name: string, tiny: TinyModel, options: LoadOptions) {
  const file = join(folder, `${name}.gguf`);
  writeTinyModel(file, tiny);
  const load = () => loadLlamaCppModel({ model: file, ...SMALL, ...options }, process.env);
  let isKept = false;
  return async () => {
    if (!isKept) keepers.push(await load());
    isKept = true;
    return { model: await load() };
  };
}

const noisy: LoadOptions = { maxOutputTokens: 30, sampling: { temperature: 1, seed: 5 } };
const scripted = { say: "One, two, three, four, five, six, seven." };

modelContract("llama.cpp, a chat model", subjectOf("chat", scripted, {}));
modelContract("llama.cpp, a base model", subjectOf("base", { hasChatTemplate: false }, noisy));
modelContract("llama.cpp, one request at a time", subjectOf("single", {}, { ...noisy, sequences: 1 }));
