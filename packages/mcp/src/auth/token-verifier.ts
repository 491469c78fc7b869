/**
 * Tells who shows a token: a JWT (RFC 9068) of an issuer that is believed, for this server. Everything that a token says
 * of itself is looked at before a key is: which key it is verified with is ours to say, never the token's.
 */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Fetch } from "../http/guarded-fetch.ts";
import type { Principal } from "../server/mcp-service.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import type { ResourceServerConfig } from "./resource-server-config.ts";
import { type TokenFault, TokenRefusedError } from "./token-refused-error.ts";

const TOKEN_CHARS_MAX = 16_384;
const KEY_ID = /^[\x21-\x7e]{1,256}$/;
/** What an access token may call itself; others (an ID token, a logout token, a proof) are made for something else. */
const TOKEN_TYPES = new Set(["jwt", "at+jwt", "application/at+jwt"]);
/** By these a token would name the key that it is to be verified with, or change how it is read. */
const REFUSED_HEADERS = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"];
/** As names of tenants in the configuration. */
const TENANT = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

export interface TokenVerifierOptions {
  readonly config: ResourceServerConfig;
  /** For the issuers' documents. */
  readonly fetch: Fetch;
  /** Of those whose tokens name none. */
  readonly tenant: string;
  /** Milliseconds since the epoch; tests have another. */
  readonly now?: () => number;
}

export class TokenVerifier {
  readonly #config: ResourceServerConfig;
  readonly #tenant: string;
  readonly #now: () => number;
  readonly #algorithms: string[];
  readonly #keys: ReadonlyMap<string, JWTVerifyGetKey>;

  constructor({ config, fetch, tenant, now = Date.now }: TokenVerifierOptions) {
    const { issuer: issuers, jwks, secret } = config;
    this.#config = config;
    this.#tenant = tenant;
    this.#now = now;
    this.#algorithms = secret === undefined ? config.algorithms : ["HS256"];
    const shared = secret === undefined ? undefined : new TextEncoder().encode(secret);
    const keysOf = (issuer: string): JWTVerifyGetKey =>
      shared === undefined ? new IssuerKeys({ issuer, jwks, fetch }).find : () => Promise.resolve(shared);
    this.#keys = new Map(issuers.map((issuer) => [issuer, keysOf(issuer)]));
  }

  /** Rejects with TokenRefusedError. */
  async verify(token: string): Promise<Principal> {
    const find = this.#keyFinder(token);
    const { audience, clockToleranceSeconds } = this.#config;
    try {
      const { payload } = await jwtVerify(token, find, {
        algorithms: this.#algorithms,
        issuer: [...this.#keys.keys()],
        audience,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#now()),
        requiredClaims: ["iss", "aud", "exp", this.#config.subjectClaim],
      });
      return this.#principal(payload);
    } catch (error) {
      throw error instanceof TokenRefusedError ? error : new TokenRefusedError(faultOf(error), error);
    }
  }

  /** Of the issuer that the token names, whose keys alone may have signed it. */
  #keyFinder(token: string): JWTVerifyGetKey {
    const { header, payload } = readUnverified(token);
    this.#checkHeader(header);
    const find = typeof payload.iss === "string" ? this.#keys.get(payload.iss) : undefined;
    if (find === undefined) throw new TokenRefusedError("issuer");
    return find;
  }

  #checkHeader(header: Readonly<Record<string, unknown>>): void {
    const { alg, kid, typ } = header;
    const isType = typ === undefined || (typeof typ === "string" && TOKEN_TYPES.has(typ.toLowerCase()));
    const isAlgorithm = typeof alg === "string" && this.#algorithms.includes(alg);
    const isMarked = REFUSED_HEADERS.some((name) => Object.hasOwn(header, name));
    if (!isType || !isAlgorithm || isMarked) throw new TokenRefusedError("unsupported");
    const isKeyNamed = typeof kid === "string" && KEY_ID.test(kid);
    if (!isKeyNamed && this.#config.secret === undefined) throw new TokenRefusedError("key");
  }

  #principal(payload: JWTPayload): Principal {
    const { tenantClaim, subjectClaim } = this.#config;
    const tenant = tenantClaim === undefined ? this.#tenant : payload[tenantClaim];
    const subject = payload[subjectClaim];
    if (typeof tenant !== "string" || !TENANT.test(tenant)) throw new TokenRefusedError("claims");
    if (typeof subject !== "string" || !SUBJECT.test(subject)) throw new TokenRefusedError("claims");
    return { tenant, subject, scopes: scopesOf(payload) };
  }
}

/** Base64url that no other text stands for: of a signature, some bits of the last character mean nothing. */
function isCanonical(part: string): boolean {
  return part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
}

function readUnverified(token: string) {
  if (token.length > TOKEN_CHARS_MAX || !token.split(".").every(isCanonical)) throw new TokenRefusedError("malformed");
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch (error) {
    throw new TokenRefusedError("malformed", error);
  }
}

/** `scope` of RFC 8693; some issuers write `scp`. */
function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  const written: unknown = scope ?? scp ?? [];
  const list: unknown = typeof written === "string" ? written.split(" ").filter(Boolean) : written;
  if (!Array.isArray(list) || !list.every((each) => typeof each === "string")) throw new TokenRefusedError("claims");
  return list;
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error.claim);
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return "key";
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return "unsupported";
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return "malformed";
  // What is left: a key set that is none, a time-out, a key that does not fit the algorithm.
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid ? "unavailable" : "key";
}

function claimFault(claim: string): TokenFault {
  if (claim === "aud") return "audience";
  if (claim === "iss") return "issuer";
  return claim === "nbf" ? "early" : "claims";
}
