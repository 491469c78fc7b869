/**
 * The sign-in to one server of the configuration, shared by all its connections. A token is renewed a little before it
 * ends, or when the server refuses it, once for all who wait for it; a failure is told to all of them as well. Whoever
 * asks with a token that was renewed meanwhile just gets the new one.
 */
import { randomBytes } from "node:crypto";
import {
  auth,
  computeScopeUnion,
  discoverOAuthServerInfo,
  isStrictScopeSuperset,
  OAuthError,
  refreshAuthorization,
} from "@modelcontextprotocol/client";
import type { Fetch } from "../http/guarded-fetch.ts";
import { OAuthClient } from "./oauth-client.ts";
import type { OAuthConfig } from "./oauth-config.ts";
import { refusalCode, reticentFetch } from "./reticent-fetch.ts";
import { SignInError } from "./sign-in-error.ts";
import {
  FileTokenStore,
  MemoryTokenStore,
  type SignIn,
  signInFile,
  type Tokens,
  type TokenStore,
} from "./token-store.ts";

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

export interface OAuthSessionOptions {
  readonly config: OAuthConfig;
  /** The URL of the MCP server. */
  readonly resource: string;
  /** For small documents, with credentials. */
  readonly fetch: Fetch;
  readonly store?: TokenStore | undefined;
}

/** A token is renewed when this part of its life is left, and at most so long before its end. */
const EARLY_PART = 0.1;
const EARLY_MS_MAX = 60_000;
/** A failure stands for so long: who asks meanwhile is told the same. */
const FAILURE_MS = 2_000;
const STATE_BYTES = 32;

export class OAuthSession {
  person: SignInPerson | undefined;
  readonly #options: OAuthSessionOptions;
  readonly #store: TokenStore;
  readonly #fetch: Fetch;
  #signIn: Promise<SignIn> | undefined;
  #renewal: Promise<void> | undefined;
  #failure: { readonly error: SignInError; readonly endMs: number } | undefined;
  #challenge: Challenge = {};
  /** All that was asked for, so that a step-up loses nothing and ends. */
  #asked: string | undefined;

  constructor(options: OAuthSessionOptions) {
    const { config, resource, store } = options;
    const isPersons = config.grant === "authorization_code";
    const file = signInFile(resource, config.clientId ?? config.clientMetadataUrl ?? "");
    this.#options = options;
    this.#store = store ?? (isPersons ? new FileTokenStore(file) : new MemoryTokenStore());
    this.#fetch = reticentFetch(options.fetch);
  }

  /** The token to show; none when there never was one. Rejects with SignInError when it has ended and no other is given. */
  async token(): Promise<string | undefined> {
    const { tokens } = await this.#read();
    if (tokens === undefined || !isEnding(tokens)) return tokens?.access_token;
    try {
      await this.#renewOnce(tokens.access_token);
    } catch (error) {
      if (hasEnded(tokens)) throw error;
    }
    return (await this.#read()).tokens?.access_token;
  }

  /** The server refused `shown`. Resolves when there is another. Rejects with SignInError. */
  async renew(shown: string | undefined, challenge: Challenge): Promise<void> {
    this.#challenge = challenge;
    await this.#renewOnce(shown);
  }

  /** The server wants more than the token allows. False when that was asked for already. Rejects with SignInError. */
  async stepUp(shown: string | undefined, challenge: Challenge): Promise<boolean> {
    const { tokens } = await this.#read();
    if (tokens?.access_token !== shown) return true;
    const wanted = computeScopeUnion(this.#asked, tokens?.scope, challenge.scope);
    if (!isStrictScopeSuperset(wanted, this.#asked)) return false;
    this.#challenge = { ...challenge, scope: wanted };
    await this.#renewOnce(shown, true);
    return true;
  }

  async #renewOnce(shown: string | undefined, isStepUp = false): Promise<void> {
    const { tokens } = await this.#read();
    if (this.#renewal === undefined && tokens?.access_token !== shown) return;
    if (this.#failure !== undefined && performance.now() < this.#failure.endMs) throw this.#failure.error;
    this.#renewal ??= this.#renew(shown, isStepUp).finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #renew(shown: string | undefined, isStepUp: boolean): Promise<void> {
    this.#failure = undefined;
    try {
      const signIn = await this.#reread();
      // Another process was faster.
      if (signIn.tokens !== undefined && signIn.tokens.access_token !== shown && !hasEnded(signIn.tokens)) return;
      if (isStepUp || !(await this.#refresh(signIn))) await this.#authorize(signIn);
      await this.#store.write(signIn);
    } catch (cause) {
      const error = this.#failureOf(cause);
      this.#failure = { error, endMs: performance.now() + FAILURE_MS };
      throw error;
    }
  }

  /** False when there is nothing to refresh, or nothing that is still good. */
  async #refresh(signIn: SignIn): Promise<boolean> {
    const { tokens } = signIn;
    if (tokens?.refresh_token === undefined) return false;
    const client = this.#client(signIn);
    // Looked up anew: the server may have moved to another issuer, which is to see nothing of this one's.
    const info = await discoverOAuthServerInfo(this.#options.resource, {
      ...this.#resourceMetadata(),
      fetchFn: this.#fetch,
    });
    const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = info;
    const issuer = metadata?.issuer ?? authorizationServerUrl;
    const clientInformation = client.clientInformation({ issuer });
    if (issuer !== tokens.issuer || clientInformation === undefined) return false;
    const { addClientAuthentication } = client;
    try {
      const given = await refreshAuthorization(authorizationServerUrl, {
        ...(metadata === undefined ? {} : { metadata }),
        ...(resourceMetadata === undefined ? {} : { resource: resourceMetadata.resource }),
        ...(addClientAuthentication === undefined ? {} : { addClientAuthentication }),
        clientInformation,
        refreshToken: tokens.refresh_token,
        fetchFn: this.#fetch,
      });
      client.saveTokens({ ...(tokens.scope === undefined ? {} : { scope: tokens.scope }), ...given, issuer });
      return true;
    } catch (error) {
      if (!(error instanceof OAuthError) || refusalCode(error) === undefined) throw error;
      delete signIn.tokens;
      return false;
    }
  }

  async #authorize(signIn: SignIn): Promise<void> {
    const { resource, config } = this.#options;
    const { person } = this;
    if (config.grant === "authorization_code" && person === undefined) throw this.#needed();
    const scope = computeScopeUnion(config.scopes.join(" "), this.#challenge.scope);
    const state = randomBytes(STATE_BYTES).toString("base64url");
    const client = this.#client(signIn, { state, redirectUrl: person?.redirectUrl });
    const options = {
      serverUrl: resource,
      ...this.#resourceMetadata(),
      fetchFn: this.#fetch,
      ...(scope === undefined ? {} : { scope }),
    };
    const result = await auth(client, { ...options, forceReauthorization: true });
    this.#asked = computeScopeUnion(
      this.#asked,
      scope,
      client.authorizationUrl?.searchParams.get("scope") ?? undefined,
    );
    if (result === "AUTHORIZED" || person === undefined) return;
    const { authorizationUrl } = client;
    // A page of another kind could be a program on the person's machine.
    if (authorizationUrl === undefined || !/^https?:$/.test(authorizationUrl.protocol))
      throw this.#failed("its sign-in page is no web page");
    const back = await person.authorize(authorizationUrl);
    if (back.get("state") !== state)
      throw this.#failed("what came back from the browser belongs to no sign-in of ours");
    const code = back.get("code");
    if (code === null) throw this.#failed("the sign-in was refused");
    const iss = back.get("iss");
    await auth(client, { ...options, authorizationCode: code, ...(iss === null ? {} : { iss }) });
  }

  #client(
    signIn: SignIn,
    more: { readonly state?: string; readonly redirectUrl?: string | undefined } = {},
  ): OAuthClient {
    const { config } = this.#options;
    const isPersons = config.grant === "authorization_code";
    return new OAuthClient({
      config,
      signIn,
      checkIssuer: (issuer) => this.#checkIssuer(issuer),
      ...(isPersons ? more : {}),
    });
  }

  #checkIssuer(issuer: string): void {
    const { issuer: meant } = this.#options.config;
    const [named, wanted] = [issuer, meant ?? issuer].map((each) => each.replace(/\/$/, ""));
    if (named !== wanted) throw this.#failed("it names another authorization server than the configured issuer");
  }

  #resourceMetadata(): { readonly resourceMetadataUrl?: URL } {
    const { resourceMetadataUrl } = this.#challenge;
    return resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl };
  }

  #read(): Promise<SignIn> {
    this.#signIn ??= this.#reread();
    return this.#signIn;
  }

  #reread(): Promise<SignIn> {
    this.#signIn = this.#store.read().then((stored) => stored ?? { clients: {} });
    return this.#signIn;
  }

  #needed(): SignInError {
    return new SignInError({
      code: "AM_SIGN_IN_NEEDED",
      origin: this.#origin(),
      why: "somebody has to sign in first",
      hint: "Sign in once with: agentmesh login SERVER",
    });
  }

  #failed(why: string, cause?: unknown): SignInError {
    const hint = "Look at auth.oauth of this server: its issuer, clientId, scopes and secret.";
    return new SignInError({ code: "AM_SIGN_IN_FAILED", origin: this.#origin(), why, hint, cause });
  }

  #failureOf(cause: unknown): SignInError {
    if (cause instanceof SignInError) return cause;
    const code = cause instanceof OAuthError ? refusalCode(cause) : undefined;
    if (code !== undefined) return this.#failed(`its authorization server says ${code}`, cause);
    if (!(cause instanceof TypeError) && isFlowError(cause))
      return this.#failed("its authorization server does not answer as it has to", cause);
    const hint = "Is its authorization server running, and reachable from here?";
    return new SignInError({
      code: "AM_SIGN_IN_UNAVAILABLE",
      origin: this.#origin(),
      why: "its authorization server cannot be asked now",
      hint,
      cause,
    });
  }

  #origin(): string {
    return new URL(this.#options.resource).origin;
  }
}

/** What the SDK throws itself, in contrast to what comes from below it. */
function isFlowError(error: unknown): boolean {
  return error instanceof Error && !("code" in error) && !(error instanceof OAuthError);
}

function isEnding({ fromMs, endMs }: Tokens): boolean {
  return endMs !== undefined && Date.now() >= endMs - Math.min(EARLY_MS_MAX, (endMs - fromMs) * EARLY_PART);
}

function hasEnded({ endMs }: Tokens): boolean {
  return endMs !== undefined && Date.now() >= endMs;
}
