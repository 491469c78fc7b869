/** A GGUF file as a Model: its text streams token by token out of a child process, and is held to a grammar on the way. */
import { realpath, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { JsonSchema } from "@agentmesh/core";
import {
  type Model,
  type ModelCapabilities,
  ModelError,
  type ModelRequest,
  type ModelSampling,
  type ModelStreamPart,
  type TokenCount,
} from "@agentmesh/ports";
import type { Environment } from "./cache-folder.ts";
import { LlamaCppModelConfig } from "./llama-cpp-config.ts";
import { findLlamaCpp } from "./llama-cpp-folder.ts";
import { cancelledCall, modelErrorOf } from "./llama-cpp-failure.ts";
import { findModelFile } from "./model-file.ts";
import { ModelProcess } from "./model-process.ts";
import { LOOSE_KEYWORDS, type SchemaGrammar, schemaGrammar } from "./schema-grammar.ts";
import { StreamQueue } from "./stream-queue.ts";
import type { Generation, LoadedModel, WorkerLoad, WorkerReport } from "./worker-message.ts";

/** Enough for the prompt of a plan over a dozen tools, and small beside the weights of any model. */
export const DEFAULT_CONTEXT_TOKENS = 8_192;
/** Of one answer, where nobody says: plans and answers are far below, and one that loops is cut here. */
const OUTPUT_TOKENS_MAX = 4_096;
/** Two roles that take turns keep their prompts read. */
const DEFAULT_SEQUENCES = 2;
/** More threads only wait for the same memory. */
const THREADS_MAX = 8;

/** The processes that run, by what they have loaded. */
const processes = new Map<string, ModelProcess>();

/**
 * `environment`: `process.env`, or what a test puts in its place. Loads the model, so that its capabilities are known. Throws LlamaCppMissingError, UnknownModelFileError (a ModelError),
 * BrokenModelFileError, ModelCrashedError (a ModelError).
 */
export async function loadLlamaCppModel(input: LlamaCppModelConfig, environment: Environment): Promise<LlamaCppModel> {
  const config = LlamaCppModelConfig.parse(input);
  const library = findLlamaCpp(environment);
  const file = await realpath(await findModelFile(config.model, environment));
  const id = `llama-cpp:${config.model}`;
  const load: WorkerLoad = {
    library,
    file,
    contextTokens: config.contextTokens ?? DEFAULT_CONTEXT_TOKENS,
    sequences: config.sequences ?? DEFAULT_SEQUENCES,
    threads: config.threads ?? defaultThreads(),
    useGpu: config.gpu ?? false,
  };
  const holder = holdProcess(id, load, environment);
  try {
    const { size, mtimeMs } = await stat(file);
    const identity = JSON.stringify([file, size, mtimeMs, load.contextTokens, load.useGpu, config]);
    return new LlamaCppModel({ id, identity, config }, { process: holder, loaded: await holder.open() });
  } catch (error) {
    holder.release();
    throw error;
  }
}

/**
 * One processor stays free: llama.cpp's threads wait for each other without sleeping, so that one which has to share its
 * processor holds up all (measured on two busy ones: 0.7 ms a token with one thread, 70 to 120 ms with two).
 */
function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism() - 1, THREADS_MAX));
}

function holdProcess(model: string, load: WorkerLoad, environment: Environment): ModelProcess {
  const key = JSON.stringify(load);
  const running = processes.get(key);
  if (running !== undefined) return running.hold();
  const started = new ModelProcess({ model, load, environment }, () => processes.delete(key));
  processes.set(key, started);
  return started.hold();
}

interface Configured {
  readonly id: string;
  /** The file as it is now: another one under the same name is another model. */
  readonly identity: string;
  readonly config: LlamaCppModelConfig;
}

interface Running {
  readonly process: ModelProcess;
  readonly loaded: LoadedModel;
}

/** Grammars of schemas that were compiled before, by the schema object. */
type Grammars = WeakMap<object, SchemaGrammar>;

export class LlamaCppModel implements Model {
  readonly id: string;
  readonly identity: string;
  readonly capabilities: ModelCapabilities;
  readonly #config: LlamaCppModelConfig;
  readonly #process: ModelProcess;
  readonly #grammars: Grammars = new WeakMap();
  readonly #open = new Set<AbortController>();
  #isClosed = false;

  constructor({ id, identity, config }: Configured, { process, loaded }: Running) {
    this.id = id;
    this.identity = identity;
    this.#config = config;
    this.#process = process;
    const { prompt, contextTokens } = loaded;
    this.capabilities = { output: config.output ?? "grammar", prompt, contextTokens };
  }

  /** The child process, which may be another one after a crash; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    this.#check(signal);
    const held = this.#held(request);
    await this.#reopen();
    this.#check(signal);
    const queue = new StreamQueue<ModelStreamPart>();
    const reader = new ReportReader(this.id, held.warnings, queue);
    const closing = new AbortController();
    this.#open.add(closing);
    const call = this.#process.call(
      { type: "generate", generation: this.#generation(request, held.grammar) },
      { onReport: (report) => reader.read(report, this.#process.recentErrors()), onLost: (error) => queue.fail(error) },
    );
    const stop = (): void => {
      call.cancel();
      queue.fail(cancelledCall(this.id), true);
    };
    signal.addEventListener("abort", stop, { once: true });
    closing.signal.addEventListener("abort", stop, { once: true });
    try {
      yield* queue.read();
    } finally {
      signal.removeEventListener("abort", stop);
      this.#open.delete(closing);
      call.cancel();
    }
  }

  async countTokens(request: ModelRequest): Promise<TokenCount> {
    this.#check();
    await this.#reopen();
    const tokens = await new Promise<number>((resolve, reject) => {
      this.#process.call(
        { type: "count", messages: messagesOf(request) },
        {
          onReport: (report) => {
            if (report.type === "counted") resolve(report.tokens);
            else if (report.type === "failed") reject(modelErrorOf(this.id, report.failure, []));
          },
          onLost: reject,
        },
      );
    });
    return { tokens, isExact: true };
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const closing of this.#open) closing.abort();
      this.#process.release();
    }
    return Promise.resolve();
  }

  #check(signal?: AbortSignal): void {
    if (this.#isClosed || signal?.aborted === true) throw cancelledCall(this.id);
  }

  /** After a crash the file is loaded again. */
  async #reopen(): Promise<void> {
    try {
      await this.#process.open();
    } catch (error) {
      if (error instanceof ModelError) throw error;
      throw modelErrorOf(
        this.id,
        { kind: "load", message: error instanceof Error ? error.message : String(error) },
        [],
      );
    }
  }

  #held({ output }: ModelRequest): { readonly grammar?: string; readonly warnings: readonly string[] } {
    if (output === undefined || this.capabilities.output !== "grammar") return { warnings: [] };
    if (output.grammar !== undefined) return { grammar: output.grammar, warnings: [] };
    const { grammar, left } = this.#grammarOf(output.schema);
    return { grammar, warnings: leftWarning(left) };
  }

  #grammarOf(schema: JsonSchema): SchemaGrammar {
    const loose = this.#config.looseKeywords ?? LOOSE_KEYWORDS;
    if (typeof schema === "boolean") return schemaGrammar(schema, { loose });
    const known = this.#grammars.get(schema) ?? schemaGrammar(schema, { loose });
    this.#grammars.set(schema, known);
    return known;
  }

  #generation(request: ModelRequest, grammar: string | undefined): Generation {
    return {
      messages: messagesOf(request),
      outputTokensMax: request.maxOutputTokens ?? this.#config.maxOutputTokens ?? OUTPUT_TOKENS_MAX,
      ...samplingOf(this.#config.sampling, request.sampling),
      ...(grammar === undefined ? {} : { grammar }),
      ...(request.stopSequences === undefined ? {} : { stopSequences: [...request.stopSequences] }),
    };
  }
}

/** Turns the reports of one generation into the parts of its stream. */
class ReportReader {
  readonly #model: string;
  readonly #warnings: readonly string[];
  readonly #queue: StreamQueue<ModelStreamPart>;
  #input = { inputTokens: 0, cachedInputTokens: 0 };

  constructor(model: string, warnings: readonly string[], queue: StreamQueue<ModelStreamPart>) {
    this.#model = model;
    this.#warnings = warnings;
    this.#queue = queue;
  }

  read(report: WorkerReport, recentErrors: readonly string[]): void {
    if (report.type === "started") {
      const { inputTokens, cachedInputTokens } = report;
      this.#input = { inputTokens, cachedInputTokens };
      this.#queue.push({ type: "start", warnings: this.#warnings });
    } else if (report.type === "delta") {
      this.#queue.push({ type: report.kind, delta: report.text });
    } else if (report.type === "ended") {
      const usage = { ...this.#input, outputTokens: report.outputTokens, isExact: true };
      this.#queue.push({ type: "end", reason: report.reason, usage });
      this.#queue.end();
    } else if (report.type === "failed") {
      this.#queue.fail(modelErrorOf(this.#model, report.failure, recentErrors));
    }
  }
}

function messagesOf(request: ModelRequest): Generation["messages"] {
  return request.messages.map(({ role, text }) => ({ role, text }));
}

type DefinedSampling = Partial<Pick<Generation, keyof ModelSampling>>;

function samplingOf(configured: LlamaCppModelConfig["sampling"], asked: ModelSampling | undefined): DefinedSampling {
  const entries = Object.entries({ ...configured, ...asked }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** Places named in one warning. */
const LEFT_SHOWN_MAX = 5;

function leftWarning(left: SchemaGrammar["left"]): readonly string[] {
  if (left.length === 0) return [];
  const shown = left.slice(0, LEFT_SHOWN_MAX).map(({ path, keyword }) => `${keyword} at ${path || "the root"}`);
  const more = left.length > LEFT_SHOWN_MAX ? ` and ${left.length - LEFT_SHOWN_MAX} more` : "";
  return [`The grammar does not hold these parts of the schema: ${shown.join(", ")}${more}.`];
}
