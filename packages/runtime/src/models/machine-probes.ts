/** Looks at this machine for models, for a configuration that names none. */
import * as z from "@agentmesh/core/zod";
import type { ModelProbes } from "../config/detect-models.ts";

/** What `GET /api/tags` of Ollama says, as far as it is read. */
const OllamaTags = z.object({ models: z.array(z.object({ name: z.string() })) });

/** `hasLocalModel`: whether the small local model and what runs it are there; asked without network. */
export function machineProbes(hasLocalModel: (name: string) => boolean | Promise<boolean>): ModelProbes {
  return { ollamaModels, hasLocalModel };
}

async function ollamaModels(baseUrl: string, timeoutMs: number): Promise<readonly string[]> {
  try {
    const response = await fetch(`${baseUrl}/api/tags`, { signal: AbortSignal.timeout(timeoutMs), redirect: "error" });
    return OllamaTags.parse(await response.json()).models.map((model) => model.name);
  } catch {
    return []; // nothing runs there, or something else does
  }
}
