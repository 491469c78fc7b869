/**
 * The sign-in to one server of the configuration, shared by all its connections. A token is renewed a little before it
 * ends, or when the server refuses it, once for all who wait for it; a failure is told to all of them as well. Whoever
 * asks with a token that was renewed meanwhile just gets the new one.
 */
import { computeScopeUnion, isStrictScopeSuperset } from "@modelcontextprotocol/client";
import type { Fetch } from "../http/guarded-fetch.ts";
import type { OAuthConfig } from "./oauth-config.ts";
import { type Challenge, OAuthFlow, signInFailure, type SignInPerson } from "./oauth-flow.ts";
import { reticentFetch } from "./reticent-fetch.ts";
import type { SignInError } from "./sign-in-error.ts";
import {
  FileTokenStore,
  MemoryTokenStore,
  type SignIn,
  signInFile,
  type Tokens,
  type TokenStore,
} from "./token-store.ts";

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
    const { config, resource } = this.#options;
    this.#failure = undefined;
    try {
      const signIn = await this.#reread();
      // Another process was faster.
      if (signIn.tokens !== undefined && signIn.tokens.access_token !== shown && !hasEnded(signIn.tokens)) return;
      const flow = new OAuthFlow({ config, resource, fetch: this.#fetch, signIn, challenge: this.#challenge });
      if (isStepUp || !(await flow.refresh())) {
        const asked = await flow.authorize(this.person);
        this.#asked = computeScopeUnion(this.#asked, asked);
      }
      await this.#store.write(signIn);
    } catch (error_) {
      const error = signInFailure(resource, error_);
      this.#failure = { error, endMs: performance.now() + FAILURE_MS };
      throw error;
    }
  }

  #read(): Promise<SignIn> {
    this.#signIn ??= this.#reread();
    return this.#signIn;
  }

  #reread(): Promise<SignIn> {
    this.#signIn = this.#store.read().then((stored) => stored ?? { clients: {} });
    return this.#signIn;
  }
}

function isEnding({ fromMs, endMs }: Tokens): boolean {
  return endMs !== undefined && Date.now() >= endMs - Math.min(EARLY_MS_MAX, (endMs - fromMs) * EARLY_PART);
}

function hasEnded({ endMs }: Tokens): boolean {
  return endMs !== undefined && Date.now() >= endMs;
}
