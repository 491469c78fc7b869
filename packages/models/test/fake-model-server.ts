/** A server on loopback that plays a model's HTTP interface, faults included. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { JsonObject } from "@agentmesh/core";

export interface FakeRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  /** Resolves when the client has gone before the answer was complete. */
  readonly left: Promise<void>;
}

export type FakeAnswer = (request: FakeRequest, response: ServerResponse, index: number) => void | Promise<void>;

export interface FakeServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: readonly FakeRequest[];
}

export async function fakeModelServer(answer: FakeAnswer): Promise<FakeServer> {
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const request = await received(incoming, response);
      await answer(request, response, requests.push(request) - 1);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function received(incoming: IncomingMessage, response: ServerResponse): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const left = new Promise<void>((resolve) => {
    response.on("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}") as JsonObject;
  return { path: incoming.url ?? "", headers: incoming.headers, body, left };
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
}

/** One server-sent event with JSON in it. */
export function event(data: unknown, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A chunk of chat completions, as OpenAI and everyone who speaks like it writes it. */
export function chatChunk(delta: JsonObject, finishReason: string | null = null): string {
  return event({
    id: "chat-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "fake",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
}

export const CHAT_USAGE = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 3 },
} as const;

export function usageChunk(): string {
  return event({
    id: "chat-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "fake",
    choices: [],
    usage: CHAT_USAGE,
  });
}

export const DONE = "data: [DONE]\n\n";

/** A whole stream: the deltas, the end, the usage. */
export function chatStream(deltas: readonly string[], finishReason = "stop"): string {
  return [
    chatChunk({ role: "assistant", content: "" }),
    ...deltas.map((content) => chatChunk({ content })),
    chatChunk({}, finishReason),
    usageChunk(),
    DONE,
  ].join("");
}

export function answerChat(response: ServerResponse, deltas: readonly string[], finishReason = "stop"): void {
  beginStream(response);
  response.end(chatStream(deltas, finishReason));
}
