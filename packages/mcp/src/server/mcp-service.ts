/**
 * What is served over MCP, without the protocol: tools, resources, prompts and tasks of whoever asks. Knows no revision and no
 * transport; who implements it knows nothing of JSON-RPC. Results are MCP's own shapes.
 */
import type { Json, JsonObject } from "@agentmesh/core";

/** Who asks. What one principal is told, another one of the same tenant may be told too; of other tenants nothing. */
export interface Principal {
  readonly tenant: string;
  /** The subject of a token; `local` for whoever started the process. */
  readonly subject: string;
  readonly scopes: readonly string[];
}

export interface ServedTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  /** `readOnlyHint`, `destructiveHint`, `idempotentHint`, `openWorldHint`. */
  readonly annotations?: JsonObject;
}

/** Something that the client is asked for in the middle of a call. `params` as MCP has them. */
export interface AskedInput {
  readonly method: "elicitation/create" | "sampling/createMessage" | "roots/list";
  readonly params?: JsonObject;
}
export type AskedInputs = Readonly<Record<string, AskedInput>>;

/** What the client can be asked for, and whether it takes a task in place of a result. */
export interface ClientAbilities {
  readonly form: boolean;
  readonly url: boolean;
  readonly sampling: boolean;
  readonly tasks: boolean;
}

export interface ServedRequest {
  readonly principal: Principal;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** `_meta` of the request, without the protocol's own keys. */
  readonly meta: JsonObject;
  readonly client: ClientAbilities;
}

/** The answers to what was asked for, with the state that came with the question: it is as it was given. */
export interface InputReply {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly state?: Json;
}

export interface CallProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A request that may take long, and in the middle of which the client may be asked for something. */
export interface ServedCall extends ServedRequest {
  /** Absent: the first round. */
  readonly reply?: InputReply;
  /** Only what has grown is passed on. */
  readonly progress: (progress: CallProgress) => void;
  readonly log: (level: LogLevel, data: Json) => void;
}
export type LogLevel = "debug" | "info" | "notice" | "warning" | "error" | "critical" | "alert" | "emergency";

export type ServedAnswer =
  | { readonly kind: "result"; readonly result: JsonObject }
  /** `state` comes back with the answers. `abandoned`: called when a client that stays connected cancels in place of answering. */
  | {
      readonly kind: "input";
      readonly requests: AskedInputs;
      readonly state?: Json;
      readonly abandoned?: () => void;
    }
  /** Only for a client that takes tasks; the task can be asked for from now on. */
  | { readonly kind: "task"; readonly task: ServedTask };

export interface ServedTask {
  readonly id: string;
  readonly status: "working" | "input_required" | "completed" | "cancelled" | "failed";
  readonly message?: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** How long to wait before asking again, in milliseconds. */
  readonly pollMs: number;
  /** Of `input_required`; a key never stands for two questions. */
  readonly requests?: AskedInputs;
  /** Of `completed`: the result of the call. */
  readonly result?: JsonObject;
  /** Of `failed`. */
  readonly error?: { readonly code: number; readonly message: string };
}

/** `uri`: the resource has changed. */
export type ServedChange =
  | { readonly kind: "tools" }
  | { readonly kind: "prompts" }
  | { readonly kind: "resources" }
  | { readonly kind: "resource"; readonly uri: string };

export interface ServedResources {
  list(request: ServedRequest): Promise<readonly JsonObject[]>;
  templates(request: ServedRequest): Promise<readonly JsonObject[]>;
  /** Throws ServedNameError. */
  read(uri: string, call: ServedCall): Promise<ServedAnswer>;
}

export interface ServedPrompts {
  list(request: ServedRequest): Promise<readonly JsonObject[]>;
  /** Throws ServedNameError. */
  get(name: string, args: Readonly<Record<string, string>>, call: ServedCall): Promise<ServedAnswer>;
}

export interface CompletionQuery {
  /** `{type: "ref/prompt", name}` or `{type: "ref/resource", uri}`. */
  readonly ref: JsonObject;
  readonly argument: { readonly name: string; readonly value: string };
}

export interface ServedCompletions {
  complete(query: CompletionQuery, request: ServedRequest): Promise<readonly string[]>;
}

/** Every method throws ServedNameError for a task that the principal has not got. */
export interface ServedTasks {
  get(id: string, request: ServedRequest): Promise<ServedTask>;
  /** Answers to what the task has asked for; those to other questions are passed over. */
  update(id: string, answers: Readonly<Record<string, unknown>>, request: ServedRequest): Promise<void>;
  cancel(id: string, request: ServedRequest): Promise<void>;
}

export interface McpService {
  readonly identity: { readonly name: string; readonly title?: string; readonly version: string };
  readonly instructions?: string;
  readonly resources?: ServedResources;
  readonly prompts?: ServedPrompts;
  readonly tasks?: ServedTasks;
  readonly completions?: ServedCompletions;
  /** Whether calls say something by `log`: to clients of 2025. */
  readonly hasLogs?: boolean;
  /** In a stable order. */
  tools(request: Pick<ServedRequest, "principal">): Promise<readonly ServedTool[]>;
  /** `args` fit the tool's schema. A MeshError becomes a result that says so. */
  callTool(tool: ServedTool, args: JsonObject, call: ServedCall): Promise<ServedAnswer>;
  /** Told of what has changed for a tenant; returns the way to stop. */
  onChange(tenant: string, listener: (change: ServedChange) => void): () => void;
}
