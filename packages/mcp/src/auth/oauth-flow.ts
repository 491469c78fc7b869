/** One way through OAuth 2.1, from a challenge to tokens: by a refresh token, by a program's credentials, or by a person. */
import { randomBytes } from "node:crypto";
import {
  auth,
  computeScopeUnion,
  discoverOAuthServerInfo,
  OAuthError,
  type OAuthServerInfo,
  refreshAuthorization,
} from "@modelcontextprotocol/client";
import type { Fetch } from "../http/guarded-fetch.ts";
import { OAuthClient } from "./oauth-client.ts";
import type { OAuthConfig } from "./oauth-config.ts";
import { refusalCode } from "./reticent-fetch.ts";
import { SignInError } from "./sign-in-error.ts";
import type { SignIn, Tokens } from "./token-store.ts";

const STATE_BYTES = 32;

/** What a server says when it wants a token, or another one. */
export interface Challenge {
  readonly resourceMetadataUrl?: URL | undefined;
  readonly scope?: string | undefined;
}

/** Somebody who can be sent to a web page. */
export interface SignInPerson {
  /** Where their browser comes back to. */
  readonly redirectUrl: string;
  /** Sends them there; resolves with what they come back with. */
  readonly authorize: (url: URL) => Promise<URLSearchParams>;
}

export interface OAuthFlowOptions {
  readonly config: OAuthConfig;
  /** The URL of the MCP server. */
  readonly resource: string;
  readonly fetch: Fetch;
  /** Changed here. */
  readonly signIn: SignIn;
  readonly challenge: Challenge;
}

export class OAuthFlow {
  readonly #options: OAuthFlowOptions;

  constructor(options: OAuthFlowOptions) {
    this.#options = options;
  }

  /** False when there is nothing to refresh, or nothing that is still good. */
  async refresh(): Promise<boolean> {
    const { signIn, resource } = this.#options;
    const { tokens } = signIn;
    if (tokens?.refresh_token === undefined) return false;
    // Looked up anew: the server may have moved to another issuer, which is to see nothing of this one's.
    const info = await discoverOAuthServerInfo(resource, this.#discovery());
    try {
      return await this.#redeem(info, tokens, tokens.refresh_token);
    } catch (error) {
      if (!(error instanceof OAuthError) || refusalCode(error) === undefined) throw error;
      delete signIn.tokens;
      return false;
    }
  }

  /** Gets a new token; resolves with the scope that was asked for. */
  async authorize(person: SignInPerson | undefined): Promise<string | undefined> {
    const { config, challenge } = this.#options;
    const isPersons = config.grant === "authorization_code";
    if (isPersons && person === undefined) throw this.#needed();
    const scope = computeScopeUnion(config.scopes.join(" "), challenge.scope);
    const state = randomBytes(STATE_BYTES).toString("base64url");
    const client = this.#client(isPersons ? { state, redirectUrl: person?.redirectUrl } : {});
    const result = await this.#auth(client, { scope, forceReauthorization: true });
    if (result === "AUTHORIZED" || person === undefined) return scope;
    const url = this.#webPage(client.authorizationUrl);
    const back = await person.authorize(url);
    if (back.get("state") !== state)
      throw this.#failed("what came back from the browser belongs to no sign-in of ours");
    const authorizationCode = back.get("code");
    if (authorizationCode === null) throw this.#failed("the sign-in was refused");
    await this.#auth(client, { scope, authorizationCode, iss: back.get("iss") ?? undefined });
    return computeScopeUnion(scope, url.searchParams.get("scope") ?? undefined);
  }

  async #redeem(info: OAuthServerInfo, tokens: Tokens, refreshToken: string): Promise<boolean> {
    const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = info;
    const issuer = metadata?.issuer ?? authorizationServerUrl;
    const client = this.#client();
    const clientInformation = client.clientInformation({ issuer });
    if (issuer !== tokens.issuer || clientInformation === undefined) return false;
    const asked = definedOf({
      metadata,
      clientInformation,
      refreshToken,
      resource: resourceMetadata?.resource,
      addClientAuthentication: client.addClientAuthentication,
      fetchFn: this.#options.fetch,
    });
    const given = await refreshAuthorization(authorizationServerUrl, { ...asked, clientInformation, refreshToken });
    client.saveTokens({ ...definedOf({ scope: tokens.scope }), ...given, issuer });
    return true;
  }

  #auth(client: OAuthClient, more: object): ReturnType<typeof auth> {
    return auth(client, { serverUrl: this.#options.resource, ...this.#discovery(), ...definedOf(more) });
  }

  #discovery() {
    const { fetch, challenge } = this.#options;
    return definedOf({ fetchFn: fetch, resourceMetadataUrl: challenge.resourceMetadataUrl });
  }

  #client(more: { readonly state?: string; readonly redirectUrl?: string | undefined } = {}): OAuthClient {
    const { config, signIn } = this.#options;
    return new OAuthClient({ config, signIn, checkIssuer: (issuer) => this.#checkIssuer(issuer), ...more });
  }

  #checkIssuer(issuer: string): void {
    const { issuer: meant = issuer } = this.#options.config;
    if (issuer.replace(/\/$/, "") !== meant.replace(/\/$/, ""))
      throw this.#failed("it names another authorization server than the configured issuer");
  }

  /** A page of another kind could be a program on the person's machine. */
  #webPage(url: URL | undefined): URL {
    if (url === undefined || !/^https?:$/.test(url.protocol)) throw this.#failed("its sign-in page is no web page");
    return url;
  }

  #needed(): SignInError {
    return new SignInError({
      code: "AM_SIGN_IN_NEEDED",
      origin: new URL(this.#options.resource).origin,
      why: "somebody has to sign in first",
      hint: "Sign in once with: agentmesh login SERVER",
    });
  }

  #failed(why: string): SignInError {
    return failed(this.#options.resource, why);
  }
}

/** What went wrong on the way, as the operator reads it. */
export function signInFailure(resource: string, cause: unknown): SignInError {
  if (cause instanceof SignInError) return cause;
  const code = cause instanceof OAuthError ? refusalCode(cause) : undefined;
  if (code !== undefined) return failed(resource, `its authorization server says ${code}`, cause);
  if (isFlowError(cause)) return failed(resource, "its authorization server does not answer as it has to", cause);
  return new SignInError({
    code: "AM_SIGN_IN_UNAVAILABLE",
    origin: new URL(resource).origin,
    why: "its authorization server cannot be asked now",
    hint: "Is its authorization server running, and reachable from here?",
    cause,
  });
}

function failed(resource: string, why: string, cause?: unknown): SignInError {
  const hint = "Look at auth.oauth of this server: its issuer, clientId, scopes and secret.";
  return new SignInError({ code: "AM_SIGN_IN_FAILED", origin: new URL(resource).origin, why, hint, cause });
}

/** What the SDK throws itself, in contrast to what comes from below it. */
function isFlowError(error: unknown): boolean {
  return error instanceof Error && !("code" in error) && !(error instanceof TypeError);
}

type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** Without what is undefined. */
function definedOf<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;
}
