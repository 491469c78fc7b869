/** Functions of this process as a server of tools. A call costs a function call; the checks and errors are those of every tool. */
import { createHash } from "node:crypto";
import { isJson, type Json, jsonPointer, type JsonObject, type ToolSpec } from "@agentmesh/core";
import type { ServerState, ServerStatus, ToolCallOptions, ToolResult, ToolSource } from "@agentmesh/ports";
import {
  type CalledTool,
  cancelledBeforeSent,
  endedInCall,
  outputInvalid,
  outputTooLarge,
  serverUnavailable,
  toolFailed,
  toolUnknown,
} from "../tool/call-failure.ts";
import { ChangeListeners } from "../tool/change-listeners.ts";
import type { LocalTool } from "./define-tool.ts";
import { LocalCall, LocalCalls } from "./local-calls.ts";
import { DEFAULT_CALL_TIMEOUT_MS, DEFAULT_OUTPUT_BYTES_MAX } from "../mcp-server-config.ts";
import { plainCopy } from "./plain-copy.ts";
import { requireServerName, toolId } from "../tool/server-name.ts";
import type { StandardIssue } from "./standard-schema.ts";
import { ToolDefinitionError } from "./tool-definition-error.ts";
import { toolFingerprint } from "../tool/tool-fingerprint.ts";

/** So many of the faults of an argument or output are told. */
const ISSUES_MAX = 5;

export interface LocalToolSourceOptions {
  /** The name under which plans address the tools: `server.tool`. */
  readonly server: string;
  readonly tools: readonly LocalTool[];
  /** Of a call without one of its own, in milliseconds. */
  readonly timeoutMs?: number;
  /** Of one result, as JSON. */
  readonly outputBytesMax?: number;
}

interface Served {
  readonly local: LocalTool;
  readonly spec: ToolSpec;
}

export class LocalToolSource implements ToolSource {
  readonly server: string;
  readonly #served = new Map<string, Served>();
  readonly #specs: readonly ToolSpec[];
  readonly #timeoutMs: number;
  readonly #outputBytesMax: number;
  readonly #listeners = new ChangeListeners();
  readonly #calls = new LocalCalls();
  #state: ServerState = "idle";

  /** Throws ServerNameError, or ToolDefinitionError when two tools have one name. */
  constructor({ server, tools, timeoutMs, outputBytesMax }: LocalToolSourceOptions) {
    this.server = requireServerName(server);
    this.#timeoutMs = timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.#outputBytesMax = outputBytesMax ?? DEFAULT_OUTPUT_BYTES_MAX;
    for (const local of tools) {
      if (this.#served.has(local.name)) {
        throw new ToolDefinitionError(local.name, { says: "is defined twice", hint: "Give each tool its own name." });
      }
      this.#served.set(local.name, { local, spec: specOf(server, local) });
    }
    this.#specs = [...this.#served.values()].map(({ spec }) => spec);
  }

  /** The text of the function: one that was changed is another one. What it calls is not seen. */
  identity(tool: string): string {
    return createHash("sha256")
      .update(this.#served.get(tool)?.local.source ?? "")
      .digest("base64url");
  }

  status(): ServerStatus {
    return { server: this.server, state: this.#state, transport: "local", tools: this.#specs.length };
  }

  connect(_signal: AbortSignal): Promise<ServerStatus> {
    if (this.#state === "idle") this.#become("ready");
    return Promise.resolve(this.status());
  }

  tools(): readonly ToolSpec[] {
    return this.#specs;
  }

  call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    try {
      return this.#start(tool, args, options);
    } catch (error) {
      return rejected(error);
    }
  }

  /** What a function gives at once is its result at once; only what it promises is waited for. */
  #start(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult> {
    const served = this.#served.get(tool);
    if (this.#state === "closed") throw serverUnavailable(this.#calledAs(tool), {});
    if (this.#state === "idle") this.#become("ready");
    if (served === undefined) throw toolUnknown(this.#calledAs(tool), this.#served.keys());
    if (options.signal.aborted) throw cancelledBeforeSent(served.spec);
    const call = new LocalCall(options, options.timeoutMs ?? served.local.timeoutMs ?? this.#timeoutMs);
    const result = this.#run(served, args, call);
    return result instanceof Promise ? this.#wait(served, call, result) : Promise.resolve(result);
  }

  async #wait({ spec }: Served, call: LocalCall, result: Promise<ToolResult>): Promise<ToolResult> {
    this.#calls.watch(call);
    try {
      return await call.settle(result);
    } catch (error) {
      throw call.end === undefined ? error : endedInCall(spec, call.end, call.timeoutMs);
    }
  }

  #calledAs(tool: string): CalledTool {
    return { name: toolId(this.server, tool), server: this.server, tool };
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): Promise<void> {
    if (this.#state !== "closed") this.#become("closed");
    return Promise.resolve();
  }

  #run({ local, spec }: Served, args: JsonObject, call: LocalCall): Eventual<ToolResult> {
    const parsed = local.input["~standard"].validate(args);
    const output = next(parsed, (input) => {
      if (input.issues === undefined) return outputOf(spec, () => local.run(input.value, call.context()));
      const text = `its arguments are invalid: ${issueTexts(input.issues).join("; ")}`;
      throw toolFailed(spec, { text, retryable: false });
    });
    return next(output, (given) => {
      if (local.output === undefined) return { value: this.#json(spec, wrapped(given)), isChecked: false };
      return next(local.output["~standard"].validate(given), (checked) => {
        if (checked.issues !== undefined) throw brokenOutput(spec, checked.issues);
        return { value: this.#json(spec, checked.value), isChecked: true };
      });
    });
  }

  /** A copy, as JSON: what the function does with its object later changes nothing. */
  #json(spec: ToolSpec, value: unknown): Json {
    const plain = plainCopy(value);
    if (plain !== undefined && plain.bytesMax <= this.#outputBytesMax) return plain.copy;
    let text: string | undefined;
    try {
      text = JSON.stringify(value) as string | undefined;
    } catch (error) {
      throw notJson(spec, error instanceof Error ? error.message : String(error));
    }
    if (text === undefined) throw notJson(spec, "nothing of it is JSON");
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#outputBytesMax) throw outputTooLarge(spec, { bytes, bytesMax: this.#outputBytesMax });
    const copy: unknown = JSON.parse(text);
    if (!isJson(copy)) throw notJson(spec, "it nests too deep");
    return copy;
  }

  #become(state: ServerState): void {
    this.#state = state;
    this.#listeners.tell();
  }
}

type Eventual<Value> = Value | Promise<Value>;

/** Goes on with a value at once, with a promised one later. */
function next<Value, Result>(value: Eventual<Value>, go: (value: Value) => Eventual<Result>): Eventual<Result> {
  return value instanceof Promise ? value.then(go) : go(value);
}

/** What the function gives; what it throws, now or later, is the failure of the tool. */
function outputOf(spec: ToolSpec, run: () => unknown): unknown {
  const failed = (error: unknown): never => {
    const text = error instanceof Error ? error.message : String(error);
    throw toolFailed(spec, { text, retryable: true, cause: error });
  };
  try {
    const given = run();
    return isThenable(given) ? Promise.resolve(given).catch(failed) : given;
  } catch (error) {
    return failed(error);
  }
}

/** Query builders and their like are promised values that are no Promise. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

async function rejected(error: unknown): Promise<never> {
  throw error;
}

function specOf(server: string, local: LocalTool): ToolSpec {
  const { name, title, description, inputSchema, outputSchema, effect, isOpenWorld } = local;
  return {
    name: toolId(server, name),
    server,
    tool: name,
    ...(title === undefined ? {} : { title }),
    description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    effect,
    isOpenWorld,
    fingerprint: toolFingerprint({ name, description, inputSchema, outputSchema, annotations: undefined }),
  };
}

/** A result that is no JSON object of its own, as an MCP tool would give it. */
function wrapped(output: unknown): unknown {
  if (output === undefined) return { text: "", content: [] };
  return typeof output === "string" ? { text: output, content: [{ type: "text", text: output }] } : output;
}

function brokenOutput(spec: ToolSpec, issues: readonly StandardIssue[]): Error {
  const told = issues.slice(0, ISSUES_MAX);
  return outputInvalid(
    spec,
    told.map((issue) => ({ path: pointerOf(issue), keyword: "schema", message: issue.message })),
  );
}

function notJson(spec: ToolSpec, message: string): Error {
  return outputInvalid(spec, [{ path: "", keyword: "json", message }]);
}

function issueTexts(issues: readonly StandardIssue[]): readonly string[] {
  return issues.slice(0, ISSUES_MAX).map((issue) => `${pointerOf(issue) || "/"} ${issue.message}`);
}

function pointerOf({ path = [] }: StandardIssue): string {
  return jsonPointer(path.map((part) => String(typeof part === "object" ? part.key : part)));
}
