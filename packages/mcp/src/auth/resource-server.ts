/**
 * The side of OAuth 2.1 that guards what is served (RFC 6750, RFC 9728): finds out who asks, or says how to be let in.
 * The token stays here: what is passed on is a principal, which holds none, so that it can reach no other server.
 */
import { documentFetch } from "../http/document-fetch.ts";
import { guardedFetch } from "../http/guarded-fetch.ts";
import { NetworkPolicy } from "../http/network-policy.ts";
import type { Principal } from "../server/mcp-service.ts";
import type { ResourceServerConfig } from "./resource-server-config.ts";
import { TokenRefusedError } from "./token-refused-error.ts";
import { TokenVerifier } from "./token-verifier.ts";

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;
const WELL_KNOWN = "/.well-known/oauth-protected-resource";

export interface ResourceServerOptions {
  readonly config: ResourceServerConfig;
  /** The URL that clients know the guarded endpoint by. */
  readonly resource: string;
  /** Of callers whose tokens name none. */
  readonly tenant: string;
}

/** Either who asks, or what to answer. */
export type Admission =
  | { readonly principal: Principal; readonly response?: never }
  | { readonly principal?: never; readonly response: Response };

export class ResourceServer {
  readonly #config: ResourceServerConfig;
  readonly #resource: URL;
  readonly #verifier: TokenVerifier;

  constructor({ config, resource, tenant }: ResourceServerOptions) {
    const { issuer, jwks, network } = config;
    const written = typeof jwks === "string" ? [...issuer, jwks] : issuer;
    const fetch = documentFetch(guardedFetch({ policy: new NetworkPolicy({ ...network, written }) }));
    this.#config = config;
    this.#resource = new URL(resource);
    this.#verifier = new TokenVerifier({ config, fetch, tenant });
  }

  /** Where `metadata` is served, without credentials. */
  get metadataUrl(): URL {
    const path = this.#resource.pathname.replace(/\/$/, "");
    return new URL(`${WELL_KNOWN}${path}`, this.#resource);
  }

  /** The document of RFC 9728: whom to ask for a token. */
  metadata(): Response {
    const { issuer, scopes } = this.#config;
    return Response.json({
      resource: this.#resource.href,
      authorization_servers: issuer,
      bearer_methods_supported: ["header"],
      ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    });
  }

  /** Never rejects. */
  async authenticate(request: Request): Promise<Admission> {
    try {
      const principal = await this.#verifier.verify(tokenOf(request));
      const response = this.requireScopes(principal, this.#config.scopes);
      return response === undefined ? { principal } : { response };
    } catch (error) {
      return {
        response: this.#refuse(error instanceof TokenRefusedError ? error : new TokenRefusedError("malformed")),
      };
    }
  }

  /** What to answer to somebody who may not do this; nothing when they may. */
  requireScopes(principal: Principal, scopes: readonly string[]): Response | undefined {
    if (scopes.every((scope) => principal.scopes.includes(scope))) return undefined;
    const needed = [...new Set([...this.#config.scopes, ...scopes])];
    return this.#challenge(403, {
      error: "insufficient_scope",
      error_description: "The token does not allow this.",
      scope: needed.join(" "),
    });
  }

  #refuse(error: TokenRefusedError): Response {
    if (error.fault === "unavailable")
      return Response.json(error, { status: 503, headers: { "retry-after": "5", "cache-control": "no-store" } });
    const { scopes } = this.#config;
    return this.#challenge(401, {
      // Who shows no token is not told of an error (RFC 6750, section 3.1).
      ...(error.fault === "missing" ? {} : { error: "invalid_token", error_description: error.message }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    });
  }

  #challenge(status: 401 | 403, fields: Readonly<Record<string, string>>): Response {
    const all = { ...fields, resource_metadata: this.metadataUrl.href };
    const challenge = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    const headers = { "www-authenticate": `Bearer ${challenge.join(", ")}`, "cache-control": "no-store" };
    const { error = "unauthorized", error_description: message = "A token is needed." } = fields;
    return Response.json({ error, error_description: message }, { status, headers });
  }
}

/** Only from the one header: never from the address, which is logged. Throws TokenRefusedError. */
function tokenOf({ headers, url }: Request): string {
  if (new URL(url).searchParams.has("access_token")) throw new TokenRefusedError("malformed");
  const shown = headers.get("authorization");
  if (shown === null) throw new TokenRefusedError("missing");
  const token = BEARER.exec(shown)?.[1];
  if (token === undefined) throw new TokenRefusedError("malformed");
  return token;
}
