/** A model in memory, inside the child process: generates and counts, one request per sequence at a time. */
import {
  importLlamaLibrary,
  type Llama,
  type LlamaGrammar,
  type LlamaLibrary,
  type LlamaModel,
  type Sampling,
  type Token,
} from "./llama-library.ts";
import { PieceDecoder } from "./piece-decoder.ts";
import { chatHistory, promptTokens } from "./prompt-tokens.ts";
import { SequencePool, type Slot } from "./sequence-pool.ts";
import { StopScanner } from "./stop-scanner.ts";
import { WorkerFault } from "./worker-fault.ts";
import type { Generation, LoadedModel, WorkerLoad } from "./worker-message.ts";

/** Tokens of a prompt that are read between two looks at the signal: the batch size of llama.cpp. */
const PREFILL_TOKENS = 512;
/** Of the context, tokens that stay free: llama.cpp begins to shift before it is quite full. */
const SPARE_TOKENS = 8;
/** Grammars kept compiled: a planner's changes with the tools, a composer has none. */
const GRAMMARS_MAX = 16;

export interface GenerationEvents {
  readonly onStart: (counts: { readonly inputTokens: number; readonly cachedInputTokens: number }) => void;
  /** Called once per token that has a text of its own. */
  readonly onDelta: (kind: "text" | "reasoning", text: string) => void;
}

export interface GenerationEnd {
  readonly reason: "stop" | "length";
  readonly outputTokens: number;
}

interface Work extends GenerationEvents {
  readonly generation: Generation;
  readonly signal: AbortSignal;
  readonly tokens: readonly Token[];
  readonly grammar: LlamaGrammar | undefined;
  /** Tokens of the answer, at most. */
  readonly room: number;
}

export class LoadedLlama {
  readonly #library: LlamaLibrary;
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #pool: SequencePool;
  /** Renders prompts, whichever sequence works on them. */
  readonly #chat: Slot["chat"];
  readonly #grammars = new Map<string, LlamaGrammar>();
  readonly info: LoadedModel;

  private constructor(parts: {
    readonly library: LlamaLibrary;
    readonly llama: Llama;
    readonly model: LlamaModel;
    readonly slots: readonly Slot[];
    readonly contextTokens: number;
  }) {
    this.#library = parts.library;
    this.#llama = parts.llama;
    this.#model = parts.model;
    this.#pool = new SequencePool(parts.slots);
    this.#chat = parts.slots[0]?.chat;
    const prompt = this.#chat === undefined ? "completion" : "chat";
    this.info = { prompt, contextTokens: parts.contextTokens };
  }

  /** Throws WorkerFault (`load`). llama.cpp may end the process instead. */
  static async load(load: WorkerLoad): Promise<LoadedLlama> {
    try {
      const library = await importLlamaLibrary(load.library);
      const llama = await library.getLlama({
        gpu: load.useGpu ? "auto" : false,
        build: "never",
        skipDownload: true,
        progressLogs: false,
        maxThreads: load.threads,
        logger: reportErrors,
      });
      const model = await llama.loadModel({ modelPath: load.file });
      const contextSize = Math.min(load.contextTokens, model.trainContextSize);
      const { threads, sequences } = load;
      // Without the full cache, models with a sliding window forget the beginning that the next request shares.
      const context = await model.createContext({ contextSize, sequences, threads, swaFullCache: true });
      const isChat = typeof model.fileInfo.metadata.tokenizer?.chat_template === "string";
      const slots = Array.from({ length: sequences }, (): Slot => {
        const sequence = context.getSequence();
        return isChat ? { sequence, chat: new library.LlamaChat({ contextSequence: sequence }) } : { sequence };
      });
      return new LoadedLlama({
        library,
        llama,
        model,
        slots,
        contextTokens: Math.min(contextSize, context.contextSize),
      });
    } catch (error) {
      throw new WorkerFault({ kind: "load", message: error instanceof Error ? error.message : String(error) });
    }
  }

  countTokens(messages: Generation["messages"]): number {
    return promptTokens(this.#model, this.#chat, messages).length;
  }

  /** Throws WorkerFault (`context`, `grammar`) before anything is generated; the signal's reason when it aborts. */
  async generate(generation: Generation, events: GenerationEvents, signal: AbortSignal): Promise<GenerationEnd> {
    const tokens = promptTokens(this.#model, this.#chat, generation.messages);
    const free = this.info.contextTokens - tokens.length - SPARE_TOKENS;
    if (free < 1) throw noRoom(tokens.length, this.info.contextTokens);
    const grammar = generation.grammar === undefined ? undefined : await this.#grammar(generation.grammar);
    const slot = await this.#pool.take(tokens, signal);
    const room = Math.min(generation.outputTokensMax, free);
    const work: Work = { ...events, generation, signal, tokens, grammar, room };
    try {
      const cachedInputTokens = await prefill(slot, work);
      events.onStart({ inputTokens: tokens.length, cachedInputTokens });
      return await (slot.chat === undefined ? this.#complete(slot, work) : answer(slot.chat, work));
    } finally {
      this.#pool.give(slot);
    }
  }

  async #grammar(text: string): Promise<LlamaGrammar> {
    const known = this.#grammars.get(text);
    if (known !== undefined) return known;
    const grammar = await this.#llama.createGrammar({ grammar: text }).catch((error: unknown) => {
      throw new WorkerFault({ kind: "grammar", message: error instanceof Error ? error.message : String(error) });
    });
    if (this.#grammars.size >= GRAMMARS_MAX) this.#grammars.delete(this.#grammars.keys().next().value ?? "");
    this.#grammars.set(text, grammar);
    return grammar;
  }

  /** Goes on with the text itself, as a base model does. */
  async #complete({ sequence }: Slot, work: Work): Promise<GenerationEnd> {
    const { grammar, generation, signal, tokens, room } = work;
    const state =
      grammar === undefined
        ? undefined
        : new this.#library.LlamaGrammarEvaluationState({ model: this.#model, grammar });
    const options = { ...samplingOf(generation), yieldEogToken: true };
    const generated = sequence.evaluate(
      tokens.slice(sequence.nextTokenIndex),
      state === undefined ? options : { ...options, grammarEvaluationState: state },
    );
    const decoder = new PieceDecoder(this.#model);
    const scanner = new StopScanner(generation.stopSequences ?? []);
    const show = (text: string): void => {
      const shown = scanner.push(text);
      if (shown !== "") work.onDelta("text", shown);
    };
    let outputTokens = 0;
    let reason: GenerationEnd["reason"] = "stop";
    for await (const token of generated) {
      signal.throwIfAborted();
      if (this.#model.isEogToken(token)) break;
      outputTokens += 1;
      show(decoder.push(token));
      if (scanner.isStopped) break;
      if (outputTokens < room) continue;
      reason = "length";
      break;
    }
    show(decoder.flush());
    const rest = scanner.flush();
    if (rest !== "") work.onDelta("text", rest);
    return { reason, outputTokens };
  }
}

/** Reads the prompt in pieces, all but its last token; gives back how many tokens were known from before. */
async function prefill({ sequence }: Slot, { tokens, signal }: Work): Promise<number> {
  const before = tokens.slice(0, -1);
  await sequence.adaptStateToTokens(before, false);
  const cached = sequence.nextTokenIndex;
  for (let start = cached; start < before.length; start += PREFILL_TOKENS) {
    signal.throwIfAborted();
    await sequence.evaluateWithoutGeneratingNewTokens(before.slice(start, start + PREFILL_TOKENS));
  }
  signal.throwIfAborted();
  return cached;
}

/** Answers in the roles of a chat. */
async function answer(chat: NonNullable<Slot["chat"]>, work: Work): Promise<GenerationEnd> {
  const { generation, signal, grammar, room } = work;
  let outputTokens = 0;
  const { metadata } = await chat.generateResponse(chatHistory(generation.messages), {
    ...samplingOf(generation),
    ...(grammar === undefined ? {} : { grammar }),
    ...(generation.stopSequences === undefined ? {} : { customStopTriggers: generation.stopSequences }),
    signal,
    maxTokens: room,
    // On by default, and it punishes the punctuation of JSON.
    repeatPenalty: false,
    // It never gets to shifting: `room` ends before.
    contextShift: { size: 1 },
    onResponseChunk: ({ type, text, tokens }) => {
      outputTokens += tokens.length;
      if (text !== "") work.onDelta(type === "segment" ? "reasoning" : "text", text);
    },
  });
  return { reason: metadata.stopReason === "maxTokens" ? "length" : "stop", outputTokens };
}

function samplingOf({ temperature, topP, topK, minP, seed }: Generation): Sampling {
  return {
    temperature: temperature ?? 0,
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function noRoom(tokens: number, limit: number): WorkerFault {
  return new WorkerFault({ kind: "context", message: `${tokens} of ${limit} tokens`, tokens, limit });
}

/** To the standard error: the parent keeps its last lines for the case that this process dies. */
function reportErrors(level: string, message: string): void {
  if (level === "error" || level === "fatal") process.stderr.write(`${message.trimEnd()}\n`);
}
