/** The part of node-llama-cpp 3.22 that we use, by its own documentation. Its types are not here: it is not installed with us. */

/** A token of a model's vocabulary. */
export type Token = number;
type Tokenizer = (text: string, specialTokens?: boolean, options?: "trimLeadingSpace") => Token[];

interface LlamaText {
  tokenize(tokenizer: Tokenizer): Token[];
}

export type ChatItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly string[] };

interface ChatWrapper {
  generateContextState(options: { readonly chatHistory: readonly ChatItem[] }): { readonly contextText: LlamaText };
}

export interface LlamaModel {
  readonly tokenizer: Tokenizer;
  readonly tokens: { readonly bos: Token | null; readonly shouldPrependBosToken: boolean };
  readonly trainContextSize: number;
  readonly fileInfo: { readonly metadata: { readonly tokenizer?: { readonly chat_template?: unknown } } };
  isEogToken(token: Token): boolean;
  detokenize(tokens: readonly Token[], specialTokens?: boolean, lastTokens?: readonly Token[]): string;
  createContext(options: {
    readonly contextSize: number;
    readonly sequences: number;
    readonly threads: number;
    readonly swaFullCache: boolean;
  }): Promise<LlamaContext>;
}

interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
}

export interface LlamaSequence {
  readonly model: LlamaModel;
  /** Where the next evaluated token goes: how many are loaded. */
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: readonly Token[]): { readonly firstDifferentIndex: number };
  adaptStateToTokens(tokens: readonly Token[], allowShift: boolean): Promise<void>;
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>;
  evaluate(
    tokens: readonly Token[],
    options: Sampling & { readonly grammarEvaluationState?: GrammarState; readonly yieldEogToken: boolean },
  ): AsyncGenerator<Token, void, undefined>;
}

/** Opaque to us. */
export interface LlamaGrammar {
  readonly grammar: string;
}
export interface GrammarState {
  clone(): GrammarState;
}

export interface ChatChunk {
  /** `segment`: not part of the answer itself, such as thoughts. */
  readonly type?: "segment" | undefined;
  readonly text: string;
  readonly tokens: readonly Token[];
}

export interface LlamaChat {
  readonly chatWrapper: ChatWrapper;
  generateResponse(
    history: readonly ChatItem[],
    options: Sampling & {
      readonly grammar?: LlamaGrammar;
      readonly signal: AbortSignal;
      readonly maxTokens: number;
      readonly repeatPenalty: false;
      readonly customStopTriggers?: readonly string[];
      readonly contextShift: { readonly size: number };
      readonly onResponseChunk: (chunk: ChatChunk) => void;
    },
  ): Promise<{ readonly metadata: { readonly stopReason: string } }>;
}

export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  createGrammar(options: { readonly grammar: string }): Promise<LlamaGrammar>;
}

export interface LlamaLibrary {
  getLlama(options: {
    readonly gpu: false | "auto";
    readonly build: "never";
    readonly skipDownload: true;
    readonly progressLogs: false;
    readonly maxThreads: number;
    readonly logger: (level: string, message: string) => void;
  }): Promise<Llama>;
  readonly LlamaChat: new (options: { readonly contextSequence: LlamaSequence }) => LlamaChat;
  readonly LlamaGrammarEvaluationState: new (options: {
    readonly model: LlamaModel;
    readonly grammar: LlamaGrammar;
  }) => GrammarState;
  resolveModelFile(
    uri: string,
    options: {
      readonly directory: string;
      readonly download: "auto" | false;
      readonly cli: false;
      readonly signal?: AbortSignal;
      readonly onProgress?: (status: { readonly totalSize: number; readonly downloadedSize: number }) => void;
    },
  ): Promise<string>;
}

/** `location`: as `findLlamaCpp` gives it. Takes a third of a second: nobody imports it who does not need it. */
export async function importLlamaLibrary(location: string): Promise<LlamaLibrary> {
  return (await import(location)) as LlamaLibrary;
}
