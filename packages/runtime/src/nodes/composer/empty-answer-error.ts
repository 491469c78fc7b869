/** A model ended its answer without a word. */
import { MeshError } from "@agentmesh/core";

/** Code AM_ANSWER_EMPTY. `facts`: model. */
export class EmptyAnswerError extends MeshError {
  constructor(modelId: string) {
    super({
      code: "AM_ANSWER_EMPTY",
      message: `${modelId} ended its answer without a word.`,
      hint: "Run it again, or give the role composer another model. The results are kept: agentmesh show RUN",
      facts: { model: modelId },
      retryable: true,
    });
  }
}
