/** A server of tools: an MCP server behind its proxy, or functions of this process. The mesh sees no difference. */
import type { Json, JsonObject, MeshError, ToolSpec } from "@agentmesh/core";

export type ServerState = "idle" | "connecting" | "ready" | "failed" | "closed";

export interface ServerStatus {
  readonly server: string;
  readonly state: ServerState;
  readonly transport: "stdio" | "http" | "local";
  readonly tools: number;
  /** The MCP revision that both sides agreed on; absent for local tools. */
  readonly protocolVersion?: string;
  /** From the start of the connection to the tool list, in milliseconds. */
  readonly connectMs?: number;
  readonly error?: MeshError;
  /** What discovery left out, and why. */
  readonly warnings?: readonly string[];
  /** Open now, where each tenant or run has its own. */
  readonly connections?: number;
}

/** One part of a tool's result, as MCP defines it (text, image, audio, resource, resource_link). */
export type ContentBlock = JsonObject;

export interface ToolResult {
  /** `structuredContent` when the tool gives it, else `{ text, content }` (DESIGN 5). */
  readonly value: Json;
  /** True when `value` was checked against the tool's output schema. */
  readonly isChecked: boolean;
  /** What is wrong with the value that was given all the same, as that it breaks the tool's own schema. */
  readonly warnings?: readonly string[];
}

/** Whom a call is made for. */
export interface ToolCaller {
  readonly tenant: string;
  readonly run: string;
}

/** What a server wants to know of a person in the middle of a call (MCP elicitation). Untrusted text. */
export type InputRequest =
  | { readonly mode: "form"; readonly message: string; readonly schema: JsonObject }
  | { readonly mode: "url"; readonly message: string; readonly url: string };

/** `content` fits the schema of the form. `cancel`: nobody answered. */
export type InputAnswer =
  | { readonly action: "accept"; readonly content?: JsonObject }
  | { readonly action: "decline" | "cancel" };

export interface ToolCallOptions {
  readonly signal: AbortSignal;
  /** A source that keeps a connection for each run or tenant chooses by it. Absent: the shared connection. */
  readonly caller?: ToolCaller;
  /** Sent in `_meta` besides the idempotency key, such as the trace context. */
  readonly meta?: JsonObject;
  /** Asks a person; never rejects. Absent: the server is told that nobody can be asked. */
  readonly onInput?: (request: InputRequest, signal: AbortSignal) => Promise<InputAnswer>;
  /** In milliseconds; starts anew when the tool reports progress. Absent: what its server's configuration says. */
  readonly timeoutMs?: number | undefined;
  /** Sent as `_meta["agentmesh/idempotencyKey"]`; the same for every repetition of one ambiguous attempt. */
  readonly idempotencyKey: string;
  /**
   * Shown the tool as its server lists it, right before the call is sent; throws ToolCallError to stop it. A source whose
   * tools cannot change need not ask.
   */
  readonly admit?: (tool: ToolSpec) => void;
  /** Told the `_meta` of the result, also of one that says that the call has failed. */
  readonly onMeta?: (meta: JsonObject) => void;
  /** Progress that the tool reports; never stored. */
  readonly onProgress?: (progress: ToolProgress) => void;
}

export interface ToolProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export interface ToolSource {
  readonly server: string;
  /**
   * What, besides what a tool says of itself, makes it another one: where its server is, whose rights it has there, its
   * version. For cache keys. A digest, since configurations hold secrets. `tool`: the server's own name. Absent: nothing is.
   */
  identity?(tool: string): string;
  status(): ServerStatus;
  /** Connects and lists once; later calls return the same promise while it holds. Never rejects: a failure is in `status()`. */
  connect(signal: AbortSignal): Promise<ServerStatus>;
  /** Ends every pause before the next attempt to connect, also that of a crash loop. */
  reset?(): void;
  /** The tools of the last successful discovery. */
  tools(): readonly ToolSpec[];
  /**
   * Calls a tool by the server's own name. Rejects with ToolCallError only; a source of runs of this mesh with
   * ChildSuspendedError too.
   */
  call(tool: string, args: JsonObject, options: ToolCallOptions): Promise<ToolResult>;
  /** The run makes no more calls: what is kept for it alone may go. Never rejects. */
  runEnded?(run: string): Promise<void>;
  /** Told whenever the tools or the status change; returns the way to stop. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
