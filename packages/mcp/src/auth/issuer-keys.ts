/**
 * The public keys of one issuer: given, or fetched where it publishes them. They are kept, fetched again when a token
 * names one that is not among them (rotation), and no more often than that is useful: whoever sends tokens with made-up
 * key ids must not be able to make us ask the issuer for each.
 */
import { discoverAuthorizationServerMetadata } from "@modelcontextprotocol/client";
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Fetch } from "../http/guarded-fetch.ts";
import { TokenRefusedError } from "./token-refused-error.ts";

/** A key that is not known is looked for at most this often, in milliseconds. */
const COOLDOWN_MS = 10_000;
/** So long after an issuer could not be asked it is not asked again. */
const PAUSE_MS = 5_000;
const FETCH_MS = 5_000;
/** A key that was withdrawn is believed at most this long. */
const MAX_AGE_MS = 600_000;

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Its key set, or where that is. Absent: its metadata says where. */
  readonly jwks?: string | JSONWebKeySet | undefined;
  readonly fetch: Fetch;
}

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #source: Promise<JWTVerifyGetKey> | undefined;
  #pauseEndMs = 0;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** The key of a token. Rejects with TokenRefusedError (`unavailable`), or as jose does when no key fits. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    this.#source ??= this.#open();
    const find = await this.#source.catch((error: unknown) => {
      this.#source = undefined;
      throw error;
    });
    return find(header, token);
  };

  async #open(): Promise<JWTVerifyGetKey> {
    const { jwks } = this.#options;
    if (typeof jwks === "object") return createLocalJWKSet(jwks);
    return createRemoteJWKSet(new URL(jwks ?? (await this.#discover())), {
      [customFetch]: (url, init) => this.#ask(url, init),
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: MAX_AGE_MS,
      timeoutDuration: FETCH_MS,
    });
  }

  async #discover(): Promise<string> {
    const { issuer } = this.#options;
    const fetchFn: Fetch = (url, init) => this.#ask(url, init);
    const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn }).catch((error: unknown) => {
      throw new TokenRefusedError("unavailable", error);
    });
    const uri = metadata?.["jwks_uri"];
    if (typeof uri !== "string" || !URL.canParse(uri)) throw this.#pause();
    return uri;
  }

  async #ask(url: string | URL, init?: RequestInit): Promise<Response> {
    if (performance.now() < this.#pauseEndMs) throw new TokenRefusedError("unavailable");
    const response = await this.#options.fetch(url, init).catch((error: unknown) => {
      throw this.#pause(error);
    });
    // A 404 is an answer to a question for metadata, which may stand elsewhere.
    if (response.status >= 500) throw this.#pause();
    return response;
  }

  #pause(cause?: unknown): TokenRefusedError {
    this.#pauseEndMs = performance.now() + PAUSE_MS;
    return new TokenRefusedError("unavailable", cause);
  }
}
