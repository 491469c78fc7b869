/** Wrong ways to answer an HTTP request that asks for the answer to an MCP request. */
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip, gzipSync } from "node:zlib";
import { FAULTY_TEXTS } from "./faulty-text.ts";
import type { ServerRequest } from "./right-answer.ts";

export interface Exchange {
  readonly request: ServerRequest;
  readonly response: ServerResponse;
  /** The right one. */
  readonly result: object;
  /** On the stream for what is said unasked. */
  readonly tellOfChange: () => void;
  /** Forgets every session. */
  readonly forget: () => void;
}

type Way = (exchange: Exchange) => void | Promise<void>;

const MIB = 1024 * 1024;
const PROGRESS_MS = 20;
const DRIP_MS = 1_000;
const JSON_TYPE = { "content-type": "application/json" };
const EVENTS_TYPE = { "content-type": "text/event-stream" };
/** Nobody listens there. */
const ELSEWHERE = "http://127.0.0.1:9/mcp";

function messageOf({ request, result }: Exchange): string {
  return JSON.stringify({ jsonrpc: "2.0", id: request.id, result });
}

function status(code: number, headers: Readonly<Record<string, string>> = {}): Way {
  return ({ response }) => void response.writeHead(code, headers).end("no");
}

function events({ response }: Exchange): ServerResponse {
  response.writeHead(200, EVENTS_TYPE).flushHeaders();
  return response;
}

function event(message: string): string {
  return `event: message\ndata: ${message}\n\n`;
}

/** Resolves when it was taken; false when nobody takes any more. */
async function writeTo(stream: NodeJS.WritableStream, chunk: string | Buffer): Promise<boolean> {
  if (!stream.writable) return false;
  await new Promise<void>((resolve) => void stream.write(chunk, () => resolve()));
  return stream.writable;
}

async function pour(stream: NodeJS.WritableStream, chunk: string): Promise<void> {
  while (await writeTo(stream, chunk));
}

/** Straight to the socket, past what Node would see to. */
function raw({ response }: Exchange, text: string): void {
  response.socket?.write(text);
}

const WAYS: { readonly [behaviour: string]: Way } = {
  hang: () => {},
  crash: () => process.exit(1),
  "crash-early": () => process.exit(1),
  reset: ({ response }) => void response.socket?.resetAndDestroy(),
  "slow-headers": async ({ response }) => {
    for (const letter of "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n") {
      response.socket?.write(letter);
      await sleep(DRIP_MS);
    }
  },
  "huge-headers": (exchange) => raw(exchange, `HTTP/1.1 200 OK\r\nx-much: ${"x".repeat(MIB)}\r\n\r\n`),
  "not-http": (exchange) => raw(exchange, "220 mail.example.org ESMTP\r\n"),
  "wrong-type": (exchange) =>
    void exchange.response.writeHead(200, { "content-type": "text/html" }).end(messageOf(exchange)),
  empty: ({ response }) => void response.writeHead(200, JSON_TYPE).end(),
  accepted: status(202),
  "no-content": ({ response }) => void response.writeHead(204).end(),
  redirect: status(307, { location: ELSEWHERE }),
  "redirect-loop": status(307, { location: "/mcp" }),
  "redirect-get": status(303, { location: "/mcp" }),
  "400": status(400),
  "401": status(401),
  "403": status(403),
  "404": status(404),
  "429": status(429),
  "429-retry": status(429, { "retry-after": "3600" }),
  "500": status(500),
  "502": status(502),
  "503": status(503, { "retry-after": "1" }),
  "session-lost": ({ response, forget }) => {
    forget();
    response.writeHead(404).end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
  },
  "short-body": (exchange) => {
    const message = messageOf(exchange);
    exchange.response
      .writeHead(200, { ...JSON_TYPE, "content-length": message.length + 9 })
      .write(message.slice(0, -9));
    setImmediate(() => exchange.response.socket?.end());
  },
  "bad-gzip": (exchange) =>
    void exchange.response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" }).end(messageOf(exchange)),
  "cut-gzip": (exchange) =>
    void exchange.response
      .writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" })
      .end(gzipSync(messageOf(exchange)).subarray(0, -30)),
  "gzip-bomb": async ({ response }) => {
    response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" });
    const gzip = createGzip();
    gzip.pipe(response);
    await pour(gzip, `"${"x".repeat(MIB)}"`);
  },
  flood: ({ response }) => pour(response.writeHead(200, JSON_TYPE), "lorem ipsum\n".repeat(10_000)),
  "sse-flood": (exchange) => pour(events(exchange), "data: lorem ipsum\n\n".repeat(5_000)),
  "endless-line": (exchange) => pour(events(exchange), `data: ${"x".repeat(100_000)}`),
  prose: (exchange) => void events(exchange).end(`lorem\nipsum: dolor\n: sit\n\n${event(messageOf(exchange))}`),
  "bad-frames": (exchange) => void events(exchange).end(`${event("{")}${event("[]")}${event(messageOf(exchange))}`),
  twice: (exchange) => {
    const again = event(
      messageOf({ ...exchange, result: { ...exchange.result, structuredContent: { done: "twice" } } }),
    );
    events(exchange).end(event(messageOf(exchange)) + again);
  },
  "sse-cut": (exchange) => void events(exchange).end(event(messageOf(exchange)).slice(0, -12)),
  "sse-empty": (exchange) => void events(exchange).end(),
  "sse-reset": (exchange) => {
    events(exchange).write("event: message\ndata: {");
    setImmediate(() => exchange.response.socket?.resetAndDestroy());
  },
  "sse-silent": async (exchange) => {
    for (const response = events(exchange); await writeTo(response, ": still here\n\n");) await sleep(PROGRESS_MS);
  },
  progress: async (exchange) => {
    const { params } = exchange.request;
    const meta = params["_meta"] as { readonly progressToken?: unknown } | undefined;
    const response = events(exchange);
    for (let progress = 1; response.writable; progress++) {
      const said = { progressToken: meta?.progressToken ?? 0, progress };
      await writeTo(
        response,
        event(JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: said })),
      );
      await sleep(PROGRESS_MS);
    }
  },
  asks: (exchange) => {
    const response = events(exchange);
    for (let id = 1; id <= 1_000; id++) {
      const params = { messages: [], maxTokens: 1 };
      response.write(event(JSON.stringify({ jsonrpc: "2.0", id, method: "sampling/createMessage", params })));
    }
    response.end(event(messageOf(exchange)));
  },
  storm: (exchange) => {
    setInterval(exchange.tellOfChange, 1);
    right(exchange);
  },
};

function right(exchange: Exchange): void {
  exchange.response.writeHead(200, JSON_TYPE).end(messageOf(exchange));
}

async function sendText(text: AsyncIterable<string | Buffer> | Iterable<string | Buffer>, to: ServerResponse) {
  to.writeHead(200, JSON_TYPE);
  for await (const chunk of text) if (!(await writeTo(to, chunk))) return;
  to.end();
}

export function faultyResponse(behaviour: string, exchange: Exchange): void {
  const text = FAULTY_TEXTS[behaviour];
  const { request, result, response } = exchange;
  const work = text === undefined ? (WAYS[behaviour] ?? right)(exchange) : sendText(text(request, result), response);
  // Its client may leave at any time.
  void Promise.resolve(work).catch(() => response.destroy());
}
