/**
 * Seals what travels through the client and comes back: the state of a question, the ids of tasks. Bound to the principal; a
 * state to the method and the arguments of its call too, and to a time.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { canonicalJson, type Json, type JsonObject } from "@agentmesh/core";
import { createRequestStateCodec, type RequestStateCodec, type ServerContext } from "@modelcontextprotocol/server";
import { InputStateError } from "./input-state-error.ts";
import type { Principal } from "./mcp-service.ts";

export const SEAL_KEY_CHARS_MIN = 32;
const RANDOM_KEY_BYTES = 32;
/** How long a person may think about a question, in seconds. */
const STATE_SECONDS_MAX = 86_400;
/** Of the 43 characters of a digest: 128 bits. */
const TAG_CHARS = 22;

interface SealedState {
  /** Of the arguments. */
  readonly digest: string;
  readonly state?: Json;
}

export class RequestSeal {
  readonly #key: Uint8Array;
  readonly #codec: RequestStateCodec<SealedState>;

  /** `key`: at least 32 characters; absent: one of this process, so that nothing sealed outlives it. */
  constructor(key: string | undefined, principalOf: (context: ServerContext) => Principal) {
    this.#key = key === undefined ? new Uint8Array(randomBytes(RANDOM_KEY_BYTES)) : new TextEncoder().encode(key);
    this.#codec = createRequestStateCodec<SealedState>({
      key: this.#key,
      ttlSeconds: STATE_SECONDS_MAX,
      bind: (context) => JSON.stringify([context.mcpReq.method, ...ownerOf(principalOf(context))]),
    });
  }

  /** For the hook of the server: throws for what was forged, is too old or another principal's. */
  readonly verify = (state: string, context: ServerContext): Promise<SealedState> => this.#codec.verify(state, context);

  seal(state: Json | undefined, args: JsonObject, context: ServerContext): Promise<string> {
    return this.#codec.mint({ digest: digestOf(args), ...(state === undefined ? {} : { state }) }, context);
  }

  /** What was sealed for a call with these arguments, once the hook has verified it. Throws InputStateError. */
  open(args: JsonObject, context: ServerContext): Json | undefined {
    const sealed = context.mcpReq.requestState<SealedState>();
    if (sealed !== undefined && sealed.digest !== digestOf(args)) throw new InputStateError("other_arguments");
    return sealed?.state;
  }

  /** An id that only its principal can use, and nobody can guess. */
  sealId(id: string, principal: Principal): string {
    return `${id}.${this.#tag(id, principal)}`;
  }

  /** Undefined when it is not this principal's. */
  openId(sealed: string, principal: Principal): string | undefined {
    const dot = sealed.lastIndexOf(".");
    const id = sealed.slice(0, Math.max(0, dot));
    const given = new TextEncoder().encode(sealed.slice(dot + 1));
    const own = new TextEncoder().encode(this.#tag(id, principal));
    return given.length === own.length && timingSafeEqual(given, own) ? id : undefined;
  }

  #tag(id: string, principal: Principal): string {
    const text = JSON.stringify(["task", id, ...ownerOf(principal)]);
    return createHmac("sha256", this.#key).update(text).digest("base64url").slice(0, TAG_CHARS);
  }
}

function ownerOf({ tenant, subject }: Principal): readonly string[] {
  return [tenant, subject];
}

function digestOf(args: JsonObject): string {
  return createHash("sha256").update(canonicalJson(args)).digest("base64url");
}
