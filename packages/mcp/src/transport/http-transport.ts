/**
 * MCP over streamable HTTP: the SDK's transport, which speaks both protocol eras, with what it lacks. A response stream
 * that breaks ends its call at once instead of at the timeout, answers are bounded in size, and the stream of a call
 * that was given up is closed (in the older era the server never ends it).
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { boundedFetch, REQUEST_TAG_HEADER, writeRequestTag } from "./bounded-fetch.ts";
import { type ByteLimits, givesOutput } from "./byte-limits.ts";
import { type HttpDestination, networkOf } from "../http/http-network.ts";
import { faultAnswer, TransportFault } from "./transport-fault.ts";

export interface HttpEndpoint extends HttpDestination {
  readonly headers: Readonly<Record<string, string>>;
  /** A bearer token (RFC 6750). */
  readonly bearer?: string | undefined;
}

type SendOptions = NonNullable<Parameters<StreamableHTTPClientTransport["send"]>[1]>;

/** How long the goodbye to a session may take, in milliseconds. */
const GOODBYE_MS = 1_000;

/**
 * So many requests of the server are answered at once, each by a request of ours. A server that asks more than that goes
 * without an answer: it would have us open a connection for each of its lines.
 */
const REPLIES_MAX = 64;

interface ResponseStream {
  readonly end: AbortController;
  isEvents: boolean;
}

export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #streams: Map<RequestId, ResponseStream>;
  /** Under way. */
  #replies = 0;

  constructor(endpoint: HttpEndpoint, limits: ByteLimits) {
    const { url, headers, bearer } = endpoint;
    const streams = new Map<RequestId, ResponseStream>();
    const oversized = { handle: (_id: RequestId, _bytes: number): void => {} };
    super(new URL(url), {
      requestInit: { headers: { ...headers } },
      ...(bearer === undefined ? {} : { authProvider: { token: () => Promise.resolve(bearer) } }),
      fetch: boundedFetch(networkOf(endpoint).endpoint, limits, {
        onResponse: ({ id }, isEvents) => {
          const stream = streams.get(id);
          if (stream !== undefined) stream.isEvents = isEvents;
        },
        onOversized: ({ id }, bytes) => oversized.handle(id, bytes),
      }),
    });
    this.#streams = streams;
    oversized.handle = (id, bytes) => {
      this.#answer(id, new TransportFault("too-large", bytes));
      this.#endStream(id);
    };
  }

  override async send(message: JSONRPCMessage, options: SendOptions = {}): Promise<void> {
    const isRequest = "method" in message && "id" in message;
    if (isRequest && options.onRequestStreamEnd === undefined) return this.#request(message, options);
    if (!("method" in message)) return this.#reply(message, options);
    await super.send(message, options);
    if ("method" in message && message.method === "notifications/cancelled") {
      this.#endStream(message.params?.["requestId"]);
    }
  }

  /** Says goodbye to the session, if there is one, and ends every stream. */
  override async close(): Promise<void> {
    if (this.sessionId !== undefined) {
      await Promise.race([this.terminateSession().catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })]);
    }
    await super.close();
  }

  async #request(message: JSONRPCRequest, options: SendOptions): Promise<void> {
    const { id, method } = message;
    const stream: ResponseStream = { end: new AbortController(), isEvents: false };
    const { requestSignal } = options;
    // Not AbortSignal.any: what it keeps for each call costs more than the signal, which lives no longer than its request.
    if (requestSignal?.aborted === true) stream.end.abort(requestSignal.reason);
    requestSignal?.addEventListener("abort", () => stream.end.abort(requestSignal.reason), { once: true });
    this.#streams.set(id, stream);
    try {
      await super.send(message, {
        ...options,
        requestSignal: stream.end.signal,
        headers: { ...options.headers, [REQUEST_TAG_HEADER]: writeRequestTag({ id, isCall: givesOutput(method) }) },
        onRequestStreamEnd: () => {
          this.#streams.delete(id);
          this.#answer(id, new TransportFault("stream-ended"));
        },
      });
    } finally {
      if (!stream.isEvents) this.#streams.delete(id);
    }
  }

  async #reply(message: JSONRPCMessage, options: SendOptions): Promise<void> {
    if (this.#replies >= REPLIES_MAX) return;
    this.#replies += 1;
    try {
      await super.send(message, options);
    } finally {
      this.#replies -= 1;
    }
  }

  #endStream(id: unknown): void {
    if (typeof id !== "number" && typeof id !== "string") return;
    this.#streams.get(id)?.end.abort();
    this.#streams.delete(id);
  }

  /** What has its answer already does not listen any more. */
  #answer(id: RequestId, fault: TransportFault): void {
    this.onmessage?.(faultAnswer(id, fault));
  }
}
