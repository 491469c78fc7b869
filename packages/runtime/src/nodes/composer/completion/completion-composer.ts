/**
 * The composer for base models, which only continue a text: one call and one sentence a result, in plan order. The model
 * does not choose what it cites: each sentence ends with the id of its own result. A sentence with a number or a name that
 * neither the task nor the result holds, or that tells nothing of the result, is sampled again, and in the end the result
 * itself is quoted.
 *
 * It reports results one by one; it does not answer a question over several of them, and the goal is not shown to it.
 */
import { complete } from "@agentmesh/models";
import type { ComposedAnswer, Composer, ComposerRequest, ComposerResult, Model, NodeContext } from "@agentmesh/ports";
import { EmptyAnswerError } from "../empty-answer-error.ts";
import { resultCall } from "./result-call.ts";
import { CUT_MARK, cutText, resultText } from "./result-text.ts";
import { SENTENCE_GRAMMAR, sentencePrompt, type SentenceSubject } from "./sentence-prompt.ts";
import { isTelling, unsupportedWords } from "./sentence-support.ts";

/** Sentences sampled of one result. */
export const SENTENCE_SAMPLES_MAX = 3;
/** Results that get a sentence; the others are counted. */
export const SENTENCES_MAX = 50;
const QUOTE_CHARACTERS_MAX = 240;
const SENTENCE_TOKENS_MAX = 120;
const SAMPLING = { temperature: 0.3, topK: 40, minP: 0.1 };
/** Characters of a result that names and numbers are looked up in. */
const SOURCE_CHARACTERS_MAX = 100_000;
const SENTENCE = /^\P{Ll}[^\n]*\.$/u;

export interface CompletionComposerOptions {
  /** Makes answers repeatable: sample n of a result takes seed + n. Absent: as CompletionPlannerOptions.seed. */
  readonly seed?: number;
}

export class CompletionComposer implements Composer {
  readonly #options: CompletionComposerOptions;

  constructor(options: CompletionComposerOptions = {}) {
    this.#options = options;
  }

  /**
   * A sentence is reported when it is final, whole: it may still be replaced while it is written. Throws NoModelError
   * without a model for the role, ModelError as the model does, EmptyAnswerError when there is nothing to tell.
   */
  async compose(request: ComposerRequest, context: NodeContext): Promise<ComposedAnswer> {
    const model = await context.model("composer");
    const pieces: string[] = [];
    const show = (sentence: string): void => {
      const delta = pieces.length === 0 ? sentence : ` ${sentence}`;
      pieces.push(delta);
      context.report({ type: "text", delta });
    };
    const told = request.results.slice(0, SENTENCES_MAX);
    for (const result of told) show(await this.#sentence(result, model, context));
    const more = request.results.length - told.length;
    if (more > 0) show(`${more} more ${more === 1 ? "result is" : "results are"} not told here.`);
    if (pieces.length === 0) throw new EmptyAnswerError(model.id);
    return { text: pieces.join(""), citations: told.map(({ task }) => task), removedCitations: [] };
  }

  async #sentence(result: ComposerResult, model: Model, context: NodeContext): Promise<string> {
    const text = resultText(result.value);
    const subject = { call: resultCall(result), result: text === "" ? "nothing" : text };
    for (let attempt = 0; attempt < SENTENCE_SAMPLES_MAX; attempt += 1) {
      const sentence = await this.#sample(subject, attempt, { model, context });
      if (isBelievable(sentence, subject, result.reason ?? "")) return cited(sentence, result.task);
    }
    return cited(quote(subject.result), result.task);
  }

  async #sample(
    subject: SentenceSubject,
    attempt: number,
    { model, context }: { readonly model: Model; readonly context: NodeContext },
  ): Promise<string> {
    const { seed: first } = this.#options;
    const seed = first === undefined ? attempt : first + attempt;
    const isHeld = model.capabilities.output === "grammar";
    const { text } = await complete(
      model,
      {
        messages: [{ role: "user", text: sentencePrompt(subject) }],
        ...(isHeld ? { output: { name: "sentence", grammar: SENTENCE_GRAMMAR } } : { stopSequences: ["\n"] }),
        sampling: { ...SAMPLING, ...(first === undefined && attempt === 0 ? {} : { seed }) },
        maxOutputTokens: SENTENCE_TOKENS_MAX,
      },
      context.signal,
    );
    // A backend that stops on its own terms may have gone on behind the line.
    return isHeld ? text.trim() : (text.trim().split("\n")[0] ?? "").trim();
  }
}

/** A whole sentence, of what is known only. Brackets would look like citations. */
function isBelievable(sentence: string, { call, result }: SentenceSubject, reason: string): boolean {
  if (!SENTENCE.test(sentence) || /[[\]]/.test(sentence)) return false;
  const text = result.slice(0, SOURCE_CHARACTERS_MAX);
  const task = `${call}\n${reason.slice(0, SOURCE_CHARACTERS_MAX)}`;
  return unsupportedWords(sentence, [task, text]).length === 0 && isTelling(sentence, task, text);
}

/** `It is done.` of task t1 is `It is done [t1].` */
function cited(sentence: string, task: string): string {
  return `${sentence.replace(/\.$/, "")} [${task}].`;
}

/** The result itself on one line, in quotes; its own brackets are no citations. */
function quote(result: string): string {
  const line = result
    .replaceAll(/\s*\n\s*/g, "; ")
    .replaceAll("[", "(")
    .replaceAll("]", ")");
  return `"${cutText(line, QUOTE_CHARACTERS_MAX).replace(CUT_MARK, "...")}".`;
}
