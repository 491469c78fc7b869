/** The composer for chat models: streams an answer in which every citation is one of a task that has a result. */
import { complete } from "@agentmesh/models";
import {
  type ComposedAnswer,
  type Composer,
  type ComposerRequest,
  type Model,
  ModelError,
  type NodeContext,
} from "@agentmesh/ports";
import { observedModel } from "../observed-model.ts";
import { CitationFilter } from "./citation-filter.ts";
import { composerMessages, RESULTS_CHARACTERS_MAX } from "./composer-prompt.ts";
import { EmptyAnswerError } from "./empty-answer-error.ts";

/** Tokens of one answer, reasoning included. */
const ANSWER_TOKENS_MAX = 8_000;
/** Of a known context, the part that results may fill, in characters: half of it, at three characters a token. */
const RESULT_CHARACTERS_A_TOKEN = 1.5;

export class ChatComposer implements Composer {
  /**
   * What is reported piece by piece is, put together, the text that is returned. Throws NoModelError without a model for
   * the role, ModelError as the model does (AM_MODEL_REQUEST_REFUSED when it declined), EmptyAnswerError.
   */
  async compose(request: ComposerRequest, context: NodeContext): Promise<ComposedAnswer> {
    const model = await context.model("composer");
    const filter = new CitationFilter(new Set(request.results.map(({ task }) => task)));
    const pieces: string[] = [];
    const show = (delta: string): void => {
      if (delta === "") return;
      pieces.push(delta);
      context.report({ type: "text", delta });
    };
    const heard = observedModel(model, (part) => {
      if (part.type === "text") show(filter.push(part.delta));
      else if (part.type === "reasoning") context.report({ type: "reasoning", delta: part.delta });
    });
    const { contextTokens = Number.POSITIVE_INFINITY } = model.capabilities;
    const charactersMax = Math.min(RESULTS_CHARACTERS_MAX, contextTokens * RESULT_CHARACTERS_A_TOKEN);
    const messages = composerMessages(request, charactersMax);
    const { endReason } = await complete(heard, { messages, maxOutputTokens: ANSWER_TOKENS_MAX }, context.signal);
    if (endReason === "refused") throw refusal(model);
    show(filter.end());
    const text = pieces.join("");
    if (text.trim() === "") throw new EmptyAnswerError(model.id);
    return { text, citations: filter.citations, removedCitations: filter.removedCitations };
  }
}

function refusal(model: Model): ModelError {
  return new ModelError({
    code: "AM_MODEL_REQUEST_REFUSED",
    message: `${model.id} declined to write the answer.`,
    hint: "State the goal in other words, or give the role composer another model. The results are kept: agentmesh show RUN",
    facts: { model: model.id, by: "model" },
  });
}
