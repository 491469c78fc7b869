/**
 * Plays a cassette: gives its servers and models, which answer what was recorded and nothing else. Calls are found by what
 * they ask, in any order; the same call, made again, gets the next recorded answer.
 */
import {
  canonicalJson,
  compilePlan,
  type CompiledTask,
  isJsonObject,
  type Json,
  type JsonObject,
  MESH_SERVER,
  serverOfUse,
  type Plan,
} from "@agentmesh/core";
import { estimateRequestTokens } from "@agentmesh/models";
import {
  type Model,
  ModelError,
  type ModelErrorCode,
  type ModelRequest,
  type ModelStreamPart,
  ToolCallError,
  type ToolCallErrorCode,
  type ToolResult,
  type ToolSource,
} from "@agentmesh/ports";
import type { SecretMask } from "../driver/secret-mask.ts";
import type { Cassette, RecordedAnswer, RecordedCall, RecordedModel } from "./cassette-document.ts";
import {
  type CassetteMisfit,
  CassetteMisfitError,
  type CassetteMismatch,
  CassetteMismatchError,
  CassetteUnusedError,
  mismatchOptions,
} from "./cassette-error.ts";
import { contentText, requestDocument, requestHash } from "./cassette-request.ts";
import { differencesBetween } from "./json-difference.ts";
import { RecordedQueue } from "./recorded-queue.ts";
import { RecordedSource } from "./recorded-source.ts";

export interface CassettePlayerOptions {
  readonly file: string;
  readonly cassette: Cassette;
  readonly mask: SecretMask;
  /** Servers that are there besides the recorded ones: functions of the program. */
  readonly others: ReadonlySet<string>;
}

export class CassettePlayer {
  readonly #options: CassettePlayerOptions;
  readonly #calls: RecordedQueue<RecordedCall>;
  readonly #answers: RecordedQueue<RecordedAnswer>;
  #mismatch: CassetteMismatch | undefined;

  constructor(options: CassettePlayerOptions) {
    const { cassette, mask } = options;
    this.#options = options;
    this.#calls = new RecordedQueue(cassette.calls, {
      name: "calls",
      keyOf: ({ tool, args }) => `${tool} ${contentText(args, mask)}`,
      groupOf: ({ tool }) => tool,
    });
    this.#answers = new RecordedQueue(cassette.answers, {
      name: "answers",
      keyOf: ({ model, request }) => `${model} ${contentText(request, mask)}`,
      groupOf: ({ model }) => model,
    });
  }

  get roles(): Readonly<Record<string, string>> {
    return this.#options.cassette.roles;
  }

  /** The names of its models. */
  get models(): readonly string[] {
    return Object.keys(this.#options.cassette.models);
  }

  sources(): readonly ToolSource[] {
    return Object.entries(this.#options.cassette.servers).map(
      ([server, recorded]) => new RecordedSource(server, recorded, (tool, args) => this.#call(tool, args)),
    );
  }

  model(name: string): Model {
    const recorded: RecordedModel = this.#options.cassette.models[name] ?? {
      id: name,
      capabilities: { output: "text" },
    };
    const { id, capabilities, counts = {} } = recorded;
    const { mask } = this.#options;
    return {
      id,
      capabilities: capabilities as Model["capabilities"],
      stream: (request, signal) => this.#stream(name, request, signal),
      countTokens: (request) => {
        const tokens = counts[requestHash(request, mask)];
        return Promise.resolve(
          tokens === undefined ? { tokens: estimateRequestTokens(request), isExact: false } : { tokens, isExact: true },
        );
      },
      close: () => Promise.resolve(),
    };
  }

  /** What can be known before anything starts: tools that were not recorded, and calls whose arguments stand in the plan. Throws CassetteMisfitError. */
  assertFits(plan: Plan): void {
    const misfits = compilePlan(plan).tasks.flatMap((task) => [
      ...this.#missingTools(task),
      ...this.#missingCall(task),
    ]);
    if (misfits.length > 0) throw new CassetteMisfitError(this.#options.file, misfits);
  }

  /** `isWhole`: everything that was to run has run. Throws CassetteMismatchError, or CassetteUnusedError. */
  assertPlayed(isWhole: boolean): void {
    if (this.#mismatch !== undefined) throw new CassetteMismatchError(this.#mismatch);
    if (!isWhole) return;
    const unused = [
      ...this.#calls.left(({ tool, args }) => `${tool} ${canonicalJson(args)}`),
      ...this.#answers.left(({ model, caller }) => `${model}, asked by ${caller}`),
    ];
    if (unused.length > 0) throw new CassetteUnusedError(this.#options.file, unused);
  }

  /** Throws ToolCallError. */
  #call(tool: string, args: JsonObject): ToolResult {
    const found = this.#calls.take(`${tool} ${contentText(args, this.#options.mask)}`);
    if (found === undefined) {
      const nearest = this.#calls.nearest(tool, (call) => this.#differences(call.args, args));
      const what = `The call ${tool} ${canonicalJson(args).slice(0, 200)}`;
      throw new ToolCallError({ ...this.#differ({ called: tool, what, ...nearest }), outcome: "refused" });
    }
    if (found.result !== undefined) return found.result;
    if (found.error === undefined)
      throw new ToolCallError({ ...UNANSWERED, facts: { tool }, code: "AM_TOOL_CANCELLED", outcome: "unknown" });
    const { code, ...error } = found.error;
    throw new ToolCallError({ ...error, code: code as ToolCallErrorCode });
  }

  async *#stream(name: string, request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const asked = requestDocument(request);
    const found = this.#answers.take(`${name} ${contentText(asked, this.#options.mask)}`);
    if (found === undefined) {
      const nearest = this.#answers.nearest(name, (answer) => this.#differences(answer.request, asked));
      throw new ModelError(this.#differ({ called: name, what: `What the model "${name}" was asked`, ...nearest }));
    }
    yield { type: "start", warnings: found.warnings ?? [] };
    for (const { type, delta } of piecesOf(found)) {
      signal.throwIfAborted();
      yield { type, delta };
    }
    yield endOf(name, found);
  }

  #differences(recorded: Json, asked: Json) {
    const { mask } = this.#options;
    const masked = JSON.parse(mask.mask(JSON.stringify(asked))) as Json;
    return differencesBetween(recorded, masked);
  }

  #differ(mismatch: Omit<CassetteMismatch, "file">): ReturnType<typeof mismatchOptions> {
    const full = { file: this.#options.file, ...mismatch };
    this.#mismatch ??= full;
    return mismatchOptions(full);
  }

  #missingTools({ spec }: CompiledTask): readonly CassetteMisfit[] {
    const { cassette, others } = this.#options;
    const uses = typeof spec.onError === "object" ? [spec.use, spec.onError.use] : [spec.use];
    return uses.flatMap((use) => {
      const [server = "", ...rest] = use.split(".");
      const recorded = cassette.servers[server];
      if (server === MESH_SERVER || others.has(server) || serverOfUse(use) === undefined) return [];
      if (recorded === undefined)
        return [{ task: spec.id, tool: use, problem: `is a tool of "${server}", a server that was not recorded` }];
      const isThere = recorded.error !== undefined || recorded.tools.some(({ tool }) => tool === rest.join("."));
      return isThere ? [] : [{ task: spec.id, tool: use, problem: "was not recorded" }];
    });
  }

  /** Only of calls that are made in any case. */
  #missingCall({ spec, args, dependencies, when, list, until }: CompiledTask): readonly CassetteMisfit[] {
    const [server = ""] = spec.use.split(".");
    const isOpen =
      [...args.wires(), ...dependencies].length > 0 || [when, list, until].some((part) => part !== undefined);
    if (isOpen || spec.approve !== undefined || this.#options.cassette.servers[server] === undefined) return [];
    const value = args.resolve(() => undefined);
    if (!isJsonObject(value) || this.#calls.has(`${spec.use} ${contentText(value, this.#options.mask)}`)) return [];
    return [{ task: spec.id, tool: spec.use, problem: `was not recorded with ${canonicalJson(value).slice(0, 200)}` }];
  }
}

const UNANSWERED = {
  message: "Whoever recorded this call left before it was answered.",
  hint: "Record the cassette again.",
};

function* piecesOf({
  said,
}: RecordedAnswer): Generator<{ readonly type: "text" | "reasoning"; readonly delta: string }> {
  for (const part of said) {
    const type = "text" in part ? "text" : "reasoning";
    for (const delta of "text" in part ? part.text : part.reasoning) yield { type, delta };
  }
}

/** The last part. Throws ModelError where the recorded answer ended with one. */
function endOf(model: string, { end, error }: RecordedAnswer): ModelStreamPart {
  if (end !== undefined) {
    const { cachedInputTokens, ...usage } = end.usage;
    const cached = cachedInputTokens === undefined ? {} : { cachedInputTokens };
    return { type: "end", reason: end.reason, usage: { ...usage, ...cached } };
  }
  if (error === undefined) throw new ModelError({ ...UNANSWERED, facts: { model }, code: "AM_MODEL_CANCELLED" });
  const { code, retryAfterMs, ...rest } = error;
  throw new ModelError({
    ...rest,
    code: code as ModelErrorCode,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
