/**
 * MCP over HTTP+SSE, which the protocol gave up in 2025: for servers that were never updated. A stream that breaks ends the
 * connection, since what was asked over it is never answered; answers are bounded as everywhere.
 */
/* oxlint-disable typescript/no-deprecated -- speaking what is deprecated is what this file is for */
import { type JSONRPCMessage, SSEClientTransport } from "@modelcontextprotocol/client";
import { networkOf } from "../http/http-network.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { type ByteLimits, givesOutput } from "./byte-limits.ts";
import type { HttpEndpoint } from "./http-transport.ts";
import { faultAnswer, TransportFault } from "./transport-fault.ts";

export class SseTransport extends SSEClientTransport {
  readonly #limits: ByteLimits;
  readonly #calls = new Set<string | number>();

  constructor(endpoint: HttpEndpoint, limits: ByteLimits) {
    const { url, headers, bearer } = endpoint;
    const messageBytesMax = Math.max(limits.messageBytesMax, limits.outputBytesMax);
    super(new URL(url), {
      requestInit: { headers: { ...headers } },
      ...(bearer === undefined ? {} : { authProvider: { token: () => Promise.resolve(bearer) } }),
      fetch: boundedFetch(
        networkOf(endpoint).endpoint,
        { ...limits, messageBytesMax },
        { onResponse: () => undefined, onOversized: () => undefined },
      ),
    });
    this.#limits = limits;
  }

  override async start(): Promise<void> {
    const { onerror, onmessage } = this;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport of the SDK has no other way
    this.onmessage = (message: JSONRPCMessage) => onmessage?.(this.#within(message));
    await super.start();
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- as above
    this.onerror = (error) => {
      onerror?.(error);
      void this.close();
    };
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    if ("method" in message && "id" in message && givesOutput(message.method)) this.#calls.add(message.id);
    await super.send(message);
  }

  #within(message: JSONRPCMessage): JSONRPCMessage {
    if ("method" in message || message.id === undefined || !this.#calls.delete(message.id)) return message;
    const bytes = Buffer.byteLength(JSON.stringify(message));
    return bytes > this.#limits.outputBytesMax
      ? faultAnswer(message.id, new TransportFault("too-large", bytes))
      : message;
  }
}
