/** Tiny models for a test: written, loaded, closed and removed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Model, ModelError, ModelRequest, ModelStreamPart, ModelUsage } from "@agentmesh/ports";
import { onTestFinished } from "vitest";
import { type LlamaCppModel, type LlamaCppModelConfig, loadLlamaCppModel } from "../../src/index.ts";
import { type TinyModel, writeTinyModel } from "../tiny-gguf.ts";

export type LoadOptions = Omit<LlamaCppModelConfig, "model">;

/** A folder that lives as long as the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-llama-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Load options of every test: small, and one thread, since test machines are busy. */
export const SMALL: LoadOptions = { contextTokens: 1_024, threads: 1 };

export async function loadTiny(tiny: TinyModel, options: LoadOptions = {}): Promise<LlamaCppModel> {
  const file = join(testFolder(), "tiny.gguf");
  writeTinyModel(file, tiny);
  const model = await loadLlamaCppModel({ model: file, ...SMALL, ...options }, process.env);
  onTestFinished(() => model.close());
  return model;
}

export interface Heard {
  readonly parts: readonly ModelStreamPart[];
  readonly deltas: readonly string[];
  readonly text: string;
  readonly usage: ModelUsage;
  readonly reason: string;
}

export async function hear(model: Model, request: ModelRequest, signal = AbortSignal.timeout(60_000)): Promise<Heard> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(request, signal)) parts.push(part);
  const deltas = parts.flatMap((part) => (part.type === "text" ? [part.delta] : []));
  const end = parts.at(-1);
  if (end?.type !== "end") throw new Error("the stream has no end");
  return { parts, deltas, text: deltas.join(""), usage: end.usage, reason: end.reason };
}

export async function failureOf(work: Promise<unknown>): Promise<ModelError> {
  return await work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as ModelError,
  );
}

export function ask(text: string, more: Omit<ModelRequest, "messages"> = {}): ModelRequest {
  return { messages: [{ role: "user", text }], ...more };
}
