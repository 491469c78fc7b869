/**
 * Connections of clients of 2025 over HTTP: each has a server of its own, so that cancelling, questions in the middle of a call
 * and news reach it. Bounded in number and in idle time; nobody but its principal can use one.
 */
import { randomUUID } from "node:crypto";
import { type AuthInfo, type McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Principal } from "./mcp-service.ts";
import { whenBodyEnds } from "./response-body.ts";

export interface SessionLimits {
  /** Of all principals together. */
  readonly sessionsMax: number;
  /** Of one principal: its longest unused one goes for a new one. */
  readonly ownSessionsMax: number;
  /** After so long without a request or an open stream a session ends, in milliseconds. */
  readonly idleMs: number;
  readonly bodyBytesMax: number;
}

export interface SessionRequest {
  readonly request: Request;
  readonly principal: Principal;
  readonly authInfo: AuthInfo;
}

interface Session {
  readonly owner: string;
  readonly server: McpServer;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  usedAtMs: number;
  openStreams: number;
}

const RETRY_SECONDS = 30;
const SESSION_NOT_FOUND = -32_001;
const SERVER_ERROR = -32_000;

/** A server of its own on this transport. */
type ConnectSession = (transport: WebStandardStreamableHTTPServerTransport, principal: Principal) => Promise<McpServer>;

export class McpSessions {
  readonly #limits: SessionLimits;
  readonly #connect: ConnectSession;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: ReturnType<typeof setInterval>;

  constructor(limits: SessionLimits, connect: ConnectSession) {
    this.#limits = limits;
    this.#connect = connect;
    this.#sweep = setInterval(() => this.#endIdle(), Math.max(1, Math.min(limits.idleMs / 2, 30_000)));
    this.#sweep.unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  async handle(asked: SessionRequest): Promise<Response> {
    const id = asked.request.headers.get("mcp-session-id");
    if (id === null) return this.#open(asked);
    const session = this.#sessions.get(id);
    if (session === undefined || session.owner !== ownerOf(asked.principal)) return refusal(404, "Session not found");
    return this.#pass(session, asked);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
  }

  async #open(asked: SessionRequest): Promise<Response> {
    if (asked.request.method !== "POST") return refusal(400, "Mcp-Session-Id header is required");
    const owner = ownerOf(asked.principal);
    if (!(await this.#makeRoom(owner))) return refusal(503, "Too many sessions");
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: this.#limits.bodyBytesMax,
      onsessioninitialized: (id) => void this.#sessions.set(id, session),
      onsessionclosed: (id) => this.#end(id),
    });
    const server = await this.#connect(transport, asked.principal);
    const session: Session = { owner, server, transport, usedAtMs: Date.now(), openStreams: 0 };
    const response = await this.#pass(session, asked);
    // It was no request to begin a session.
    if (transport.sessionId === undefined) await server.close();
    return response;
  }

  async #pass(session: Session, { request, authInfo }: SessionRequest): Promise<Response> {
    session.usedAtMs = Date.now();
    session.openStreams += 1;
    const ended = (): void => {
      session.openStreams -= 1;
      session.usedAtMs = Date.now();
    };
    try {
      return whenBodyEnds(await session.transport.handleRequest(request, { authInfo }), ended);
    } catch (error) {
      ended();
      throw error;
    }
  }

  /** False when there is none. */
  async #makeRoom(owner: string): Promise<boolean> {
    const own = [...this.#sessions].filter(([, session]) => session.owner === owner);
    const isFull = own.length >= this.#limits.ownSessionsMax || this.#sessions.size >= this.#limits.sessionsMax;
    if (!isFull) return true;
    const [oldest] = own
      .filter(([, { openStreams }]) => openStreams === 0)
      .toSorted(([, left], [, right]) => left.usedAtMs - right.usedAtMs);
    if (oldest === undefined) return false;
    await this.#end(oldest[0]);
    return true;
  }

  #endIdle(): void {
    const before = Date.now() - this.#limits.idleMs;
    for (const [id, { usedAtMs, openStreams }] of this.#sessions)
      if (openStreams === 0 && usedAtMs < before) void this.#end(id);
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.server.close();
  }
}

function ownerOf({ tenant, subject }: Principal): string {
  return JSON.stringify([tenant, subject]);
}

function refusal(status: number, message: string): Response {
  const code = status === 404 ? SESSION_NOT_FOUND : SERVER_ERROR;
  const headers = status === 503 ? { "retry-after": String(RETRY_SECONDS) } : {};
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}
