/** Records a cassette: decorates servers and models, and writes down what they say. Changes nothing of it. */
import { canonicalJson, type Json, type JsonObject, type MeshError, type ToolSpec } from "@agentmesh/core";
import {
  type Model,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
  ToolCallError,
  type ToolSource,
} from "@agentmesh/ports";
import type { SecretMask } from "../driver/secret-mask.ts";
import {
  type Cassette,
  CASSETTE_VERSION,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedModel,
  type RecordedServer,
  type RecordedTool,
} from "./cassette-document.ts";
import { assertWritable, writeCassette } from "./cassette-file.ts";
import { requestDocument, requestHash } from "./cassette-request.ts";

export class CassetteRecorder {
  readonly file: string;
  readonly #mask: SecretMask;
  readonly #sources: ToolSource[] = [];
  readonly #servers = new Map<string, RecordedServer>();
  readonly #models = new Map<string, RecordedModel & { counts: Record<string, number> }>();
  readonly #calls: RecordedCall[] = [];
  readonly #answers: RecordedAnswer[] = [];

  /** Throws CassetteFileError when nothing could be written there. */
  constructor(file: string, mask: SecretMask) {
    assertWritable(file);
    this.file = file;
    this.#mask = mask;
  }

  source(source: ToolSource): ToolSource {
    this.#sources.push(source);
    return {
      server: source.server,
      status: () => source.status(),
      connect: (signal) => source.connect(signal),
      reset: () => source.reset?.(),
      tools: () => source.tools(),
      runEnded: async (run) => source.runEnded?.(run),
      onChange: (listener) => source.onChange(listener),
      call: async (tool, args, options) => {
        const recorded = this.#begin(`${source.server}.${tool}`, args);
        try {
          const result = await source.call(tool, args, options);
          recorded.result = { value: result.value, isChecked: result.isChecked };
          return result;
        } catch (error) {
          if (error instanceof ToolCallError) recorded.error = { ...errorOf(error), outcome: error.outcome };
          throw error;
        }
      },
      close: async () => {
        this.#keepServer(source);
        await source.close();
      },
    };
  }

  /** `name`: in the configuration; `caller`: the node call or task attempt that asks. */
  model(model: Model, { name, caller }: { readonly name: string; readonly caller: string }): Model {
    const known = this.#modelNamed(name, model);
    return {
      id: model.id,
      ...(model.identity === undefined ? {} : { identity: model.identity }),
      capabilities: model.capabilities,
      stream: (request, signal) => this.#stream(model, { name, caller, request, signal }),
      countTokens: async (request) => {
        const count = await model.countTokens(request);
        if (count.isExact) known.counts[requestHash(request, this.#mask)] = count.tokens;
        return count;
      },
      close: () => model.close(),
    };
  }

  /** Once everything is closed. Throws CassetteFileError. */
  save(roles: Readonly<Record<string, string>>): void {
    for (const source of this.#sources) if (!this.#servers.has(source.server)) this.#keepServer(source);
    const known = Object.entries(roles).filter(([, name]) => this.#models.has(name));
    const cassette: Cassette = {
      cassette: CASSETTE_VERSION,
      servers: sorted(this.#servers),
      models: sorted(this.#models),
      roles: Object.fromEntries(known.sort(([left], [right]) => (left < right ? -1 : 1))),
      // What goes on at once is recorded in no order that would be the same the next time.
      calls: this.#calls.toSorted(by(({ tool, args }) => `${tool} ${canonicalJson(args)}`)),
      answers: this.#answers.toSorted(by(({ model, caller }) => `${model} ${caller}`)),
    };
    const text = JSON.stringify(cassette);
    writeCassette(this.file, JSON.parse(this.#mask.mask(text)) as Json);
  }

  #begin(tool: string, args: JsonObject): RecordedCall {
    const call: RecordedCall = { tool, args };
    this.#calls.push(call);
    return call;
  }

  #modelNamed(name: string, { id, capabilities }: Model): { counts: Record<string, number> } {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const model = { id, capabilities, counts: {} };
    this.#models.set(name, model);
    return model;
  }

  async *#stream(model: Model, { name, caller, request, signal }: ModelAsking): AsyncGenerator<ModelStreamPart> {
    const answer: RecordedAnswer = { model: name, caller, request: requestDocument(request), said: [] };
    this.#answers.push(answer);
    try {
      for await (const part of model.stream(request, signal)) {
        add(answer, part);
        yield part;
      }
    } catch (error) {
      if (error instanceof ModelError) {
        const { retryAfterMs } = error;
        answer.error = { ...errorOf(error), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      }
      throw error;
    }
  }

  /** A closed server tells of no tools any more. */
  #keepServer(source: ToolSource): void {
    const { state, transport, protocolVersion, error } = source.status();
    if (this.#servers.has(source.server) || (state !== "ready" && state !== "failed")) return;
    this.#servers.set(source.server, {
      transport,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      tools: source.tools().map(recordedTool),
      ...(error === undefined ? {} : { error: errorOf(error) }),
    });
  }
}

interface ModelAsking {
  readonly name: string;
  readonly caller: string;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

function add(answer: RecordedAnswer, part: ModelStreamPart): void {
  if (part.type === "start") {
    if (part.warnings.length > 0) answer.warnings = [...part.warnings];
  } else if (part.type === "end") answer.end = { reason: part.reason, usage: part.usage };
  else addPiece(answer, part.type, part.delta);
}

function addPiece({ said }: RecordedAnswer, type: "text" | "reasoning", delta: string): void {
  const last = said.at(-1);
  if (last !== undefined && type === "text" && "text" in last) last.text.push(delta);
  else if (last !== undefined && type === "reasoning" && "reasoning" in last) last.reasoning.push(delta);
  else said.push(type === "text" ? { text: [delta] } : { reasoning: [delta] });
}

function recordedTool(spec: ToolSpec): RecordedTool {
  const { name: _name, server: _server, rawDescription: _raw, annotations: _annotations, ...tool } = spec;
  return tool;
}

function errorOf({ code, message, hint, facts, retryable }: MeshError) {
  return { code, message, hint, facts, retryable };
}

function sorted<Value>(named: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...named].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** By a text, as computers order it; what is equal stays in its order. */
function by<Item>(textOf: (item: Item) => string): (left: Item, right: Item) => number {
  return (left, right) => {
    const [first, second] = [textOf(left), textOf(right)];
    return first < second ? -1 : first > second ? 1 : 0;
  };
}
