/**
 * `node faulty-http-server.ts ORDER`: an MCP server over streamable HTTP, in the era of ORDER, that is right in everything
 * but what ORDER says. Prints its URL.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import type { FaultOrder } from "./fault-cell.ts";
import { faultyResponse, type Exchange } from "./faulty-response.ts";
import { phaseOf, RightAnswers, type ServerRequest } from "./right-answer.ts";

const order = JSON.parse(process.argv[2] ?? "") as FaultOrder;
const isModern = order.transport === "http-modern";
const answers = new RightAnswers(order);
const sessions = new Set<string>();
const streams = new Map<ServerResponse, object>();

function sendJson(response: ServerResponse, message: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message));
}

/** The stream for what the server says unasked. `meta`: what each of its messages carries. */
function openStream(response: ServerResponse, meta: object): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  streams.set(response, meta);
  response.on("close", () => streams.delete(response));
  if (order.phase === "start" && order.behaviour === "storm") setInterval(tellOfChange, 1).unref();
}

function push(response: ServerResponse, message: object): void {
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

function tellOfChange(): void {
  for (const [stream, _meta] of streams) {
    push(stream, { jsonrpc: "2.0", method: "notifications/tools/list_changed", params: { _meta } });
  }
}

function listen(response: ServerResponse, { id, params }: ServerRequest): void {
  const meta = { "io.modelcontextprotocol/subscriptionId": id };
  openStream(response, meta);
  const acknowledged = { notifications: params["notifications"], _meta: meta };
  push(response, { jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: acknowledged });
}

/** A session that it does not know is told so; without one only the handshake is served. */
function isTurnedAway({ headers }: IncomingMessage, response: ServerResponse, method: string | undefined): boolean {
  const session = headers["mcp-session-id"];
  if (isModern || method === "initialize" || (typeof session === "string" && sessions.has(session))) return false;
  response.writeHead(404).end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
  return true;
}

async function post(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = JSON.parse(await readText(request)) as Partial<ServerRequest>;
  const { id, method, params = {} } = message;
  if (isTurnedAway(request, response, method)) return;
  if (id === undefined || method === undefined) {
    response.writeHead(202).end();
    return;
  }
  respond({ request: { id, method, params }, response });
}

function respond({ request, response }: Pick<Exchange, "request" | "response">): void {
  const { id, method } = request;
  if (method === "subscriptions/listen" && isModern) return listen(response, request);
  // Each era is deaf to the other's handshake.
  const result = method === (isModern ? "initialize" : "server/discover") ? undefined : answers.result(request);
  const phase = phaseOf(method);
  if (method === "initialize" && !isModern) response.setHeader("mcp-session-id", newSession());
  if (phase === order.phase) {
    answers.arrived();
    return faultyResponse(order.behaviour, { request, response, result: result ?? {}, tellOfChange, forget });
  }
  if (result === undefined)
    return sendJson(response, { jsonrpc: "2.0", id, error: { code: -32_601, message: "What?" } });
  sendJson(response, { jsonrpc: "2.0", id, result });
  if (phase === "call" && order.phase === "idle") response.on("finish", () => setImmediate(misbehaveIdle));
}

function newSession(): string {
  const session = randomUUID();
  sessions.add(session);
  return session;
}

function forget(): void {
  sessions.clear();
}

const IDLE_WAYS: { readonly [behaviour: string]: () => void } = {
  crash: () => process.exit(1),
  "session-lost": forget,
  reset: () => {
    for (const stream of streams.keys()) stream.socket?.resetAndDestroy();
    server.closeAllConnections();
  },
  "sse-cut": () => {
    for (const stream of streams.keys()) stream.end("event: message\ndata: {");
  },
  flood: () => {
    for (const stream of streams.keys()) pour(stream, "data: lorem ipsum\n\n");
  },
  "endless-line": () => {
    for (const stream of streams.keys()) pour(stream, "x");
  },
  storm: () => void setInterval(tellOfChange, 1),
};

/** After the answer to a call, and unasked. */
function misbehaveIdle(): void {
  answers.arrived();
  (IDLE_WAYS[order.behaviour] ?? tellOfChange)();
}

function pour(stream: ServerResponse, text: string): void {
  const chunk = text.repeat(10_000);
  const more = (): void => {
    if (!stream.destroyed) stream.write(chunk, () => setImmediate(more));
  };
  more();
}

const server = createServer((request, response) => {
  response.on("error", () => {});
  if (request.method === "POST") {
    post(request, response).catch(() => response.destroy());
    return;
  }
  if (isModern || isTurnedAway(request, response, undefined)) {
    if (isModern) response.writeHead(405).end();
  } else if (request.method === "GET") openStream(response, {});
  else if (order.phase === "close") {
    answers.arrived();
    const request_ = { id: 0, method: "", params: {} };
    faultyResponse(order.behaviour, { request: request_, response, result: {}, tellOfChange, forget });
  } else response.writeHead(200).end();
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}/mcp\n`);
});
// It ends with whoever started it.
process.stdin.on("end", () => process.exit(0)).resume();
