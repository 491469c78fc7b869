/** A server as a cassette has it: its tools as they were, and answers from the recording. No process, no network. */
import { type JsonObject, MeshError, type ToolSpec } from "@agentmesh/core";
import type { ServerState, ServerStatus, ToolResult, ToolSource } from "@agentmesh/ports";
import type { RecordedServer, RecordedTool } from "./cassette-document.ts";

/** `tool` is `server.tool`. Throws ToolCallError. */
export type AnswerCall = (tool: string, args: JsonObject) => ToolResult;

export class RecordedSource implements ToolSource {
  readonly server: string;
  readonly #recorded: RecordedServer;
  readonly #answer: AnswerCall;
  readonly #tools: readonly ToolSpec[];
  readonly #error: MeshError | undefined;
  readonly #listeners = new Set<() => void>();
  #state: ServerState = "idle";

  constructor(server: string, recorded: RecordedServer, answer: AnswerCall) {
    this.server = server;
    this.#recorded = recorded;
    this.#answer = answer;
    this.#tools = recorded.tools.map((tool) => specOf(server, tool));
    this.#error = recorded.error === undefined ? undefined : new MeshError(recorded.error);
  }

  status(): ServerStatus {
    const { transport, protocolVersion } = this.#recorded;
    return {
      server: this.server,
      state: this.#state,
      transport,
      tools: this.#tools.length,
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      ...(this.#state === "failed" && this.#error !== undefined ? { error: this.#error } : {}),
    };
  }

  connect(): Promise<ServerStatus> {
    if (this.#state === "idle") this.#become(this.#error === undefined ? "ready" : "failed");
    return Promise.resolve(this.status());
  }

  tools(): readonly ToolSpec[] {
    return this.#tools;
  }

  async call(tool: string, args: JsonObject): Promise<ToolResult> {
    await this.connect();
    return this.#answer(`${this.server}.${tool}`, args);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    if (this.#state !== "closed") this.#become("closed");
    return Promise.resolve();
  }

  #become(state: ServerState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function specOf(server: string, { title, outputSchema, isDestructive, ...tool }: RecordedTool): ToolSpec {
  return {
    ...tool,
    name: `${server}.${tool.tool}`,
    server,
    ...(title === undefined ? {} : { title }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(isDestructive === undefined ? {} : { isDestructive }),
  };
}
