/** A whole answer of a model as a cache keeps it, in the pieces in which it came. */
import type { ModelStreamPart } from "@agentmesh/ports";
import * as z from "@agentmesh/core/zod";

/** Another form of what is kept, or of what is sent for a request, has another number: what older versions kept is not found. */
export const ANSWER_FORMAT = 1;

const Piece = z.tuple([z.enum(["text", "reasoning"]), z.string()]);
const CachedAnswer = z.strictObject({
  v: z.literal(ANSWER_FORMAT),
  warnings: z.array(z.string()),
  pieces: z.array(Piece),
});
export type CachedAnswer = z.infer<typeof CachedAnswer>;

/** Undefined for what is none: absent, damaged, or of another version. */
export function readAnswer(body: string | undefined): CachedAnswer | undefined {
  if (body === undefined) return undefined;
  try {
    return CachedAnswer.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** The stream as it was, without what it cost then: nobody was asked. */
export function* replayAnswer({ warnings, pieces }: CachedAnswer): Generator<ModelStreamPart> {
  yield { type: "start", warnings };
  for (const [type, delta] of pieces) yield { type, delta };
  yield { type: "end", reason: "stop", usage: { inputTokens: 0, outputTokens: 0, isExact: true } };
}

/** Puts an answer together while it comes; gives it up when it grows too large to keep. */
export class AnswerRecorder {
  readonly #charactersMax: number;
  #warnings: readonly string[] = [];
  #pieces: z.infer<typeof Piece>[] = [];
  #characters = 0;

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  add(part: ModelStreamPart): void {
    if (part.type === "start") this.#warnings = part.warnings;
    if (part.type !== "text" && part.type !== "reasoning") return;
    this.#characters += part.delta.length;
    if (this.#characters <= this.#charactersMax) this.#pieces.push([part.type, part.delta]);
    else this.#pieces = [];
  }

  /** Undefined when it was too large. */
  answer(): CachedAnswer | undefined {
    if (this.#characters > this.#charactersMax) return undefined;
    return { v: ANSWER_FORMAT, warnings: [...this.#warnings], pieces: this.#pieces };
  }
}
