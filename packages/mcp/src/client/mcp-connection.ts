/**
 * One connection to one MCP server, from handshake to goodbye. It is never used again: when it is lost, a new one is
 * made, with a transport and a client of its own. Loads the SDK, so it is itself loaded when a server is first wanted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import { ToolCallError, type ToolCallOptions, type ToolResult } from "@agentmesh/ports";
import {
  type CallToolResult,
  Client,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientContext,
  type ClientOptions,
  type ElicitResult,
  type Transport,
} from "@modelcontextprotocol/client";
import * as z from "@agentmesh/core/zod";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { type ByteLimits, MESSAGE_BYTES_MAX } from "../transport/byte-limits.ts";
import { Deadline } from "../tool/deadline.ts";
import { HttpTransport } from "../transport/http-transport.ts";
import { SseTransport } from "../transport/sse-transport.ts";
import { callFailure, wasNeverReceived } from "./mcp-call-failure.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import type { CalledTool } from "../tool/call-failure.ts";
import { becomesTask, lateSignal, patientAnswer } from "./call-patience.ts";
import { callInRounds, NEVER_MS } from "./call-rounds.ts";
import { callCapabilities, connectionCapabilities } from "./client-capabilities.ts";
import type { EraMemory } from "./era-memory.ts";
import { answerInput, rootsAnswer } from "./input-requests.ts";
import { mendToolList } from "./listed-tools.ts";
import { promptTools, type ReadableTool, resourceTools } from "./readable-tool.ts";
import { ServerStartError } from "./server-start-error.ts";
import { startFailure } from "./start-failure.ts";
import { type StartedTask, unwrapTask, wrapTask } from "./started-task.ts";
import { exitText, StdioTransport } from "../transport/stdio-transport.ts";
import { type Discovery, discover } from "./tool-discovery.ts";
import { tellMeta } from "../tool/tell-meta.ts";
import { toolResult } from "../tool/tool-output.ts";
import { ToolSubscription } from "./tool-subscription.ts";

const CLIENT_INFO = { name: "agentmesh", title: "AgentMesh", version: "0.1.0" };
const MODERN_REVISION = "2026-07-28";
/** How long a stdio server may leave the question for the newer era unanswered before it is taken for an older one. */
const STDIO_PROBE_MS = 2_000;
/** How long a server may take to hear that a task is cancelled. */
const CANCEL_MS_MAX = 10_000;
const LIST_PAGES_MAX = 200;
/** Changes of the tool list within this time are looked at once. */
const REFRESH_DELAY_MS = 200;
/** How long the tool list waits for the subscription to its changes. */
const SUBSCRIBE_MS = 500;

type Protocol = McpServerConfig["protocol"];

export interface ConnectionOptions {
  readonly server: string;
  readonly config: McpServerConfig;
  readonly eras: EraMemory;
  /** Whether some call may have a person asked. */
  readonly canAsk: boolean;
  /** Gives up the start. */
  readonly signal: AbortSignal;
  /** Told once, when the connection is gone without having been closed. */
  readonly onLost: (connection: McpConnection) => void;
  /** The server changed its tools. */
  readonly onTools: (connection: McpConnection) => void;
}

export interface ConnectionCall {
  readonly spec: ToolSpec;
  readonly args: JsonObject;
  readonly options: ToolCallOptions;
  readonly deadline: Deadline;
}

/** The server cannot have begun the call: it may be sent again over a new connection. */
export const NEVER_RECEIVED = Symbol("never received");

/** What a server answers that does not speak as it did. */
const MISUNDERSTANDINGS: ReadonlySet<string> = new Set(["AM_SERVER_PROTOCOL", "AM_SERVER_HTTP_STATUS"]);

/** Connects and lists the tools. Rejects with ServerStartError only, when nothing of the attempt is left. */
export async function openConnection(options: ConnectionOptions): Promise<McpConnection> {
  const { config, eras } = options;
  if (eras.verdict !== undefined) {
    try {
      return await attempt(options, config.protocol);
    } catch (error) {
      if (!(error instanceof ServerStartError) || !MISUNDERSTANDINGS.has(error.code)) throw error;
      eras.forget();
    }
  }
  try {
    return await attempt(options, config.protocol);
  } catch (error) {
    // An older server may leave when it is asked for the newer era.
    const isProbeDeath = error instanceof ServerStartError && error.code === "AM_SERVER_EXITED";
    if (!isProbeDeath || config.transport !== "stdio" || config.protocol !== "auto") throw error;
    return attempt(options, "legacy");
  }
}

async function attempt(options: ConnectionOptions, protocol: Protocol): Promise<McpConnection> {
  const { server, config, signal } = options;
  using deadline = new Deadline(signal, config.startTimeoutMs);
  const connection = new McpConnection(options, protocol);
  try {
    await deadline.race(connection.open(deadline.signal));
    return connection;
  } catch (error) {
    await connection.abandon();
    throw startFailure({ server, config, stdio: connection.stdio, ended: deadline.end }, error);
  }
}

export class McpConnection {
  readonly #options: ConnectionOptions;
  readonly #client: Client;
  readonly #transport: StdioTransport | HttpTransport | SseTransport;
  #discovery: Discovery = { tools: [], warnings: [] };
  #specs: ReadonlyMap<string, ToolSpec> = new Map();
  #readable: ReadonlyMap<string, ReadableTool> = new Map();
  #subscription: ToolSubscription | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;
  #lists = 0;
  /** Of the list that is being read: tools that are not as MCP says, and why they are left out. */
  #leftOut: (readonly [name: string, reason: string])[] = [];
  /** Under way, in the order in which they began. */
  readonly #open = new Set<ConnectionCall>();
  /** Told when the last call under way is over. */
  #onIdle = (): void => {};
  #isReady = false;
  #isLeft = false;
  #isClosed = false;

  constructor(options: ConnectionOptions, protocol: Protocol) {
    const { config } = options;
    this.#options = options;
    const limits: ByteLimits = { outputBytesMax: config.outputBytesMax, messageBytesMax: MESSAGE_BYTES_MAX };
    this.#transport = newTransport(config, limits);
    this.#client = new Client(CLIENT_INFO, clientOptions(protocol, options));
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client has no other way
    this.#client.onclose = () => this.#lost();
    this.#client.setNotificationHandler("notifications/tools/list_changed", () => this.#listSoon());
    if (config.prompts)
      this.#client.setNotificationHandler("notifications/prompts/list_changed", () => this.#listSoon());
    if (options.canAsk)
      this.#client.setRequestHandler("elicitation/create", ({ params }, context) => this.#elicit(params, context));
    if (config.roots.length > 0) this.#client.setRequestHandler("roots/list", () => rootsAnswer(config.roots));
  }

  get discovery(): Discovery {
    return this.#discovery;
  }

  /** The MCP revision that both sides agreed on. */
  get protocolVersion(): string | undefined {
    return this.#client.getNegotiatedProtocolVersion();
  }

  /** What the server calls itself, and its version. */
  get serverName(): string {
    const { name, version } = this.#client.getServerVersion() ?? {};
    return `${name ?? ""} ${version ?? ""}`;
  }

  get isOpen(): boolean {
    return this.#isReady && !this.#isClosed;
  }

  get stdio(): StdioTransport | undefined {
    return this.#transport instanceof StdioTransport ? this.#transport : undefined;
  }

  spec(tool: string): ToolSpec | undefined {
    return this.#specs.get(tool);
  }

  toolNames(): Iterable<string> {
    return this.#specs.keys();
  }

  /**
   * Undefined while the tools are as the server last said. Else, since it has said that they changed, they are listed again
   * now: resolves when that is done, or has failed and the old list stands.
   */
  get refresh(): Promise<void> | undefined {
    return this.#refreshTimer === undefined || !this.isOpen ? this.#refreshing : this.#refreshNow();
  }

  async open(signal: AbortSignal): Promise<void> {
    const { eras, config } = this.#options;
    const prior = config.protocol === "legacy" ? undefined : eras.verdict;
    await this.#client.connect(this.#transport, {
      signal,
      timeout: NEVER_MS,
      ...(prior === undefined ? {} : { prior }),
    });
    this.#takeMessages();
    await this.#subscribe();
    await this.#list(signal);
    this.#isReady = true;
    if (prior === undefined) this.#learnEra();
  }

  /** Rejects with ToolCallError only. */
  async call(call: ConnectionCall): Promise<ToolResult | StartedTask | typeof NEVER_RECEIVED> {
    const { spec, deadline } = call;
    const { config } = this.#options;
    const hadSession = this.#hasSession();
    let answer: CallToolResult;
    let hasBegun = false;
    this.#open.add(call);
    try {
      const onRound = (): void => {
        hasBegun = true;
      };
      const readable = this.#readable.get(spec.tool);
      answer =
        readable === undefined
          ? await this.#answer(call, onRound)
          : { content: [], structuredContent: await readable.read(call.args, this.#client, deadline.signal) };
    } catch (error) {
      if (error instanceof ToolCallError) throw error;
      if (deadline.end === undefined && !hasBegun && wasNeverReceived(error, hadSession)) return NEVER_RECEIVED;
      throw callFailure(error, { called: spec, deadline, config, lossText: () => this.lossText() });
    } finally {
      this.#open.delete(call);
      if (this.#open.size === 0) this.#onIdle();
    }
    tellMeta(answer, call.options);
    return unwrapTask(answer, spec) ?? toolResult(answer, spec, config.outputSchema);
  }

  /** Rejects as `callInRounds` does, and with DeadlineReached. */
  #answer(call: ConnectionCall, onRound: () => void): Promise<CallToolResult> {
    const { roots } = this.#options.config;
    const round = { client: this.#client, call, roots, onRound };
    if (!becomesTask(this.#client, call)) return callInRounds({ ...round, signal: call.deadline.signal });
    const asked = callInRounds({ ...round, signal: lateSignal(call.deadline) });
    return patientAnswer(asked, call.deadline, (answer) => void this.#endTask(answer, call.spec));
  }

  /** Of a call whose time is over. Never rejects. */
  async #endTask(answer: CallToolResult, called: CalledTool): Promise<void> {
    try {
      const taskId = unwrapTask(answer, called)?.state.taskId;
      if (taskId !== undefined) await this.askTask("tasks/cancel", { taskId }, AbortSignal.timeout(CANCEL_MS_MAX));
    } catch {
      // It goes on, as its caller was told that it may.
    }
  }

  /** A request about a task. Rejects as the SDK does. */
  askTask(method: string, params: { readonly taskId: string }, signal: AbortSignal): Promise<unknown> {
    const capabilities = callCapabilities({ canAsk: this.#options.canAsk, roots: this.#options.config.roots });
    return this.#client.request(
      { method, params: { ...params, _meta: { [CLIENT_CAPABILITIES_META_KEY]: capabilities } } },
      z.looseObject({}),
      { signal, timeout: NEVER_MS, headers: { "Mcp-Name": params.taskId } },
    );
  }

  /** How the connection ended; continues `Server "x" ...`. */
  lossText(): string {
    const { stdio } = this;
    if (this.#isLeft) return "was closed";
    if (stdio === undefined) return "closed the connection";
    if (stdio.isEndless) return "wrote a message without end";
    if (stdio.isGarbled) return "wrote what is not MCP to its standard output";
    if (stdio.exit === undefined) return "closed the connection";
    const last = stdio.errorLines.at(-1);
    return last === undefined ? exitText(stdio.exit) : `${exitText(stdio.exit)}, saying "${last}"`;
  }

  /** Says goodbye. Resolves when nothing of the connection is left; never rejects. */
  async close(): Promise<void> {
    this.#isLeft = this.isOpen;
    this.#stop();
    await this.#client.close().catch(() => {});
    await this.stdio?.close();
  }

  /**
   * For a connection that no new call may use: waits for the answers to those under way, which may be that they were
   * never received, then abandons it. Never rejects.
   */
  async retire(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    if (this.#open.size > 0) await promise;
    await this.abandon();
  }

  /** As `close`, without manners: for a connection that failed. */
  async abandon(): Promise<void> {
    this.#stop();
    const { stdio } = this;
    await (stdio === undefined ? this.#transport.close().catch(() => {}) : stdio.abandon());
  }

  /** The SDK refuses an answer that is a task, and every tool of a list for one that is wrong. */
  #takeMessages(): void {
    const transport: Transport = this.#transport;
    const receive = transport.onmessage;
    if (receive === undefined) return;
    const isModern = this.#client.getProtocolEra() === "modern";
    const leaveOut = (name: string, reason: string): void => void this.#leftOut.push([name, reason]);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport of the SDK has no other way
    transport.onmessage = (message, extra) => {
      const mended = mendToolList(message, { isModern, leaveOut });
      receive(isModern ? wrapTask(mended) : mended, extra);
    };
  }

  #learnEra(): void {
    const result = this.#client.getDiscoverResult();
    this.#options.eras.learn(result === undefined ? { kind: "legacy" } : { kind: "modern", discover: result });
  }

  /**
   * In the older eras a server asks over the connection, not within a call: when calls of several callers are open, nobody
   * is asked, since it might be the wrong one.
   */
  async #elicit(params: unknown, context: ClientContext): Promise<ElicitResult> {
    const asking = [...this.#open].filter(({ options }) => options.onInput !== undefined);
    const callers = new Set(asking.map(({ options }) => options.caller?.run));
    const call = asking.at(-1);
    if (call === undefined || callers.size > 1) return { action: "cancel" };
    const { spec: called, options, deadline } = call;
    const onInput: ToolCallOptions["onInput"] = (request, signal) =>
      options.onInput?.(request, AbortSignal.any([signal, context.mcpReq.signal])) ??
      Promise.resolve({ action: "cancel" });
    const answer = answerInput({ method: "elicitation/create", params }, { called, deadline, onInput }, []);
    return (await answer.catch(() => ({ action: "cancel" }))) as ElicitResult;
  }

  /** Before the tools are listed, so that no change is missed; a server that takes its time is listed again later. */
  async #subscribe(): Promise<void> {
    const changes = this.#client.getServerCapabilities()?.tools?.listChanged === true;
    if (!changes || this.#client.getProtocolEra() !== "modern") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#subscription = new ToolSubscription(this.#client, () => {
      resolve();
      if (this.#lists > 0) this.#listSoon();
    });
    await Promise.race([promise, sleep(SUBSCRIBE_MS, undefined, { ref: false })]);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const list = ++this.#lists;
    const { server, config } = this.#options;
    // The SDK prints when it is asked for tools that were not promised.
    const hasTools = this.#client.getServerCapabilities()?.tools !== undefined;
    const options = { signal, timeout: NEVER_MS, cacheMode: "refresh" as const };
    this.#leftOut = [];
    const listed = hasTools ? (await this.#client.listTools(undefined, options)).tools : [];
    const readable = await this.#listReadable(signal);
    if (list !== this.#lists) return;
    this.#discovery = discover(listed, readable, { server, config, leftOut: this.#leftOut });
    const own = new Set(listed.map(({ name }) => name));
    this.#readable = new Map(readable.filter(({ spec }) => !own.has(spec.tool)).map((tool) => [tool.spec.tool, tool]));
    this.#specs = new Map(this.#discovery.tools.map((spec) => [spec.tool, spec]));
  }

  /** What is no tool of the server, and can be read as if it were. */
  async #listReadable(signal: AbortSignal): Promise<readonly ReadableTool[]> {
    const { server, config } = this.#options;
    const { resources, prompts } = this.#client.getServerCapabilities() ?? {};
    return [
      ...(config.resources && resources !== undefined ? resourceTools(server) : []),
      ...(config.prompts && prompts !== undefined ? await promptTools(server, this.#client, signal) : []),
    ];
  }

  #listSoon(): void {
    if (this.#refreshTimer !== undefined || this.#isClosed) return;
    this.#refreshTimer = setTimeout(() => void this.#refreshNow(), REFRESH_DELAY_MS).unref();
  }

  #refreshNow(): Promise<void> {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = undefined;
    const listing = this.#listAgain().finally(() => {
      if (this.#refreshing === listing) this.#refreshing = undefined;
    });
    this.#refreshing = listing;
    return listing;
  }

  /** When it fails, the list that is known stands; the next call shows what is wrong. */
  async #listAgain(): Promise<void> {
    if (!this.#isReady) return this.#listSoon();
    using deadline = new Deadline(AbortSignal.any([]), this.#options.config.startTimeoutMs);
    try {
      await this.#list(deadline.signal);
    } catch {
      return;
    }
    if (!this.#isClosed) this.#options.onTools(this);
  }

  #hasSession(): boolean {
    return this.#transport instanceof HttpTransport && this.#transport.sessionId !== undefined;
  }

  #lost(): void {
    const wasClosed = this.#isClosed;
    this.#stop();
    if (!wasClosed && this.#isReady) this.#options.onLost(this);
  }

  #stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#refreshTimer);
    this.#subscription?.close();
  }
}

function newTransport(config: McpServerConfig, limits: ByteLimits): StdioTransport | HttpTransport | SseTransport {
  if (config.transport === "stdio") return new StdioTransport(config, limits);
  return config.isSse ? new SseTransport(config, limits) : new HttpTransport(config, limits);
}

function clientOptions(protocol: Protocol, { config, canAsk }: ConnectionOptions): ClientOptions {
  const { transport, roots, startTimeoutMs } = config;
  // Who may speak nothing else has as long as its start may take.
  const probe = transport === "stdio" ? { timeoutMs: protocol === "modern" ? startTimeoutMs : STDIO_PROBE_MS } : {};
  const mode = protocol === "modern" ? { pin: MODERN_REVISION } : protocol;
  return {
    capabilities: connectionCapabilities({ canAsk, roots }),
    versionNegotiation: { mode, probe },
    listMaxPages: LIST_PAGES_MAX,
    inputRequired: { autoFulfill: false },
    // The SDK's default compiles schemas to code, which must never happen to a stranger's schema.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  };
}
