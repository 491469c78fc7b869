/** What one model in a configuration says to this adapter. Other keys belong to the layers around it. */
import * as z from "@agentmesh/core/zod";
import { LOOSE_KEYWORDS } from "./schema-grammar.ts";

export const LlamaCppModelConfig = z.object({
  /** A model that was pulled by name, a path to a GGUF file, or a hub URI (`hf:user/model:quant`). */
  model: z.string().min(1),
  /** Room for prompt and answer of one request; DEFAULT_CONTEXT_TOKENS when absent. Never more than the model was trained with. */
  contextTokens: z.int().min(1).optional(),
  /** All processors but one, up to eight, when absent. */
  threads: z.int().min(1).max(1_024).optional(),
  /** Only with a node-llama-cpp of one's own: the managed one has no binaries for graphics cards. */
  gpu: z.boolean().optional(),
  /** Requests that are worked on at once, each with a context of its own; 2 when absent. */
  sequences: z.int().min(1).max(64).optional(),
  /** `text`: answers are not held to a schema. */
  output: z.enum(["grammar", "text"]).optional(),
  /** Parts of a schema that the grammar need not hold, since answers are validated anyway; all of LOOSE_KEYWORDS when absent. */
  looseKeywords: z.array(z.enum(LOOSE_KEYWORDS)).optional(),
  /** Used where a request says nothing. */
  sampling: z
    .object({
      temperature: z.number().optional(),
      topP: z.number().optional(),
      topK: z.int().optional(),
      minP: z.number().optional(),
      seed: z.int().optional(),
    })
    .optional(),
  maxOutputTokens: z.int().min(1).optional(),
});
export type LlamaCppModelConfig = z.infer<typeof LlamaCppModelConfig>;
