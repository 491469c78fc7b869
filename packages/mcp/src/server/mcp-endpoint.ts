/**
 * MCP over HTTP, as a function from request to response, for clients of every revision: those of today one request at a time,
 * those of 2025 by session. Who asks is found out before: nothing here reads a token.
 */
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpHttpHandler,
  type McpRequestContext,
  type McpServer,
  originValidationResponse,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { McpService, Principal } from "./mcp-service.ts";
import { McpSessions, type SessionLimits } from "./mcp-sessions.ts";
import { RequestSeal } from "./request-seal.ts";
import { followSubscriptions, servedServer, tellChanges } from "./served-server.ts";
import type { ServingParts } from "./serving.ts";

export interface McpEndpointOptions extends Partial<SessionLimits> {
  /** Names that this server is reached by, without ports; default: those of this machine. */
  readonly hosts?: readonly string[];
  /** Names of web sites that may call it from a browser; default: those of this machine. */
  readonly origins?: readonly string[];
  /** What questions and tasks are sealed with, at least 32 characters: they stay good for as long as it is the same. Absent: until the process ends. */
  readonly key?: string | undefined;
}

const LIMITS: SessionLimits = { sessionsMax: 1_000, ownSessionsMax: 100, idleMs: 1_800_000, bodyBytesMax: 4_194_304 };
/** Tenants whose news are passed on at the same time. */
const TENANTS_MAX = 1_000;
/** Streams of news of one tenant. */
const SUBSCRIPTIONS_MAX = 256;

interface TenantHandler extends McpHttpHandler {
  readonly stop: () => void;
}

export class McpEndpoint {
  readonly #parts: ServingParts;
  readonly #options: McpEndpointOptions;
  readonly #limits: SessionLimits;
  readonly #sessions: McpSessions;
  /** By tenant: what changes for one is no other's business. */
  readonly #handlers = new Map<string, TenantHandler>();

  constructor(service: McpService, options: McpEndpointOptions = {}) {
    const { hosts: _hosts, origins: _origins, key, ...limits } = options;
    this.#options = options;
    this.#limits = { ...LIMITS, ...limits };
    this.#parts = { service, principalOf, seal: new RequestSeal(key, principalOf) };
    this.#sessions = new McpSessions(this.#limits, async (transport, { tenant }) => {
      const server = servedServer(this.#parts);
      const uris = followSubscriptions(server);
      tellChanges(server, service, { tenant, uris });
      await server.connect(transport);
      return server;
    });
  }

  /** Open sessions of clients of 2025. */
  get sessions(): number {
    return this.#sessions.size;
  }

  async fetch(request: Request, principal: Principal): Promise<Response> {
    const { hosts = localhostAllowedHostnames(), origins = localhostAllowedOrigins() } = this.#options;
    const refused =
      hostHeaderValidationResponse(request, [...hosts]) ?? originValidationResponse(request, [...origins]);
    if (refused !== undefined) return refused;
    const authInfo = authInfoOf(principal);
    const maxRequestBodySize = this.#limits.bodyBytesMax;
    if (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
      return this.#sessions.handle({ request, principal, authInfo });
    return this.#handlerOf(principal.tenant).fetch(request, { authInfo });
  }

  /** Cancels what is being answered. */
  async close(): Promise<void> {
    await Promise.all([this.#sessions.close(), ...[...this.#handlers.keys()].map((tenant) => this.#forget(tenant))]);
  }

  #handlerOf(tenant: string): TenantHandler {
    const known = this.#handlers.get(tenant);
    if (known !== undefined) {
      // The last used stands last.
      this.#handlers.delete(tenant);
      this.#handlers.set(tenant, known);
      return known;
    }
    const [oldest] = this.#handlers.keys();
    if (this.#handlers.size >= TENANTS_MAX && oldest !== undefined) void this.#forget(oldest);
    const handler = createMcpHandler((context) => this.#serverFor(context), {
      legacy: "reject",
      maxSubscriptions: SUBSCRIPTIONS_MAX,
      maxRequestBodySize: this.#limits.bodyBytesMax,
    });
    const stop = this.#parts.service.onChange(tenant, (change) => {
      if (change.kind === "tools") handler.notify.toolsChanged();
      else if (change.kind === "prompts") handler.notify.promptsChanged();
      else if (change.kind === "resources") handler.notify.resourcesChanged();
      else handler.notify.resourceUpdated(change.uri);
    });
    const made = { ...handler, stop };
    this.#handlers.set(tenant, made);
    return made;
  }

  /** For one request. */
  async #serverFor({ authInfo, requestInfo }: McpRequestContext): Promise<McpServer> {
    const principal = principalIn(authInfo);
    const isCall = requestInfo?.headers.get("mcp-method") === "tools/call";
    const { service } = this.#parts;
    // Whoever cannot be told which tools there are, is told so by the call itself.
    const callable = isCall ? await service.tools({ principal }).catch(() => undefined) : undefined;
    return servedServer(this.#parts, callable);
  }

  async #forget(tenant: string): Promise<void> {
    const handler = this.#handlers.get(tenant);
    this.#handlers.delete(tenant);
    handler?.stop();
    await handler?.close();
  }
}

const NOBODY: Principal = { tenant: "", subject: "", scopes: [] };

/** The SDK passes it through, and never looks at it. */
function authInfoOf(principal: Principal): AuthInfo {
  return { token: "", clientId: principal.subject, scopes: [...principal.scopes], extra: { principal } };
}

function principalOf({ http }: ServerContext): Principal {
  return principalIn(http?.authInfo);
}

function principalIn(authInfo: AuthInfo | undefined): Principal {
  return (authInfo?.extra?.["principal"] as Principal | undefined) ?? NOBODY;
}
