/**
 * One HTTP request and its response, in the shape of `fetch`, over node's own client: its name look-up can be watched
 * and its agents take certificates. Follows no redirect, keeps no cookies, asks no proxy.
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createUnzip, constants as zlib } from "node:zlib";
import { ConnectTimeoutError } from "./connect-timeout-error.ts";
import { bareHost } from "./network-policy.ts";

/** A server that does not even take the connection is gone. */
const CONNECT_MS = 10_000;

/** Responses that have no body, by RFC 9110. */
const BODILESS = new Set([204, 205, 304]);

export interface Exchange {
  readonly url: URL;
  readonly init: RequestInit;
  readonly agent: RequestOptions["agent"];
  readonly lookup: LookupFunction;
}

export async function exchange(asked: Exchange): Promise<Response> {
  const { url, init } = asked;
  const signal = init.signal ?? undefined;
  signal?.throwIfAborted();
  const headers = new Headers(init.headers);
  const body = await bodyOf(init, headers);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", "gzip, deflate, br");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send({
    protocol: url.protocol,
    hostname: bareHost(url),
    port: url.port === "" ? null : url.port,
    path: `${url.pathname}${url.search}`,
    method: init.method ?? "GET",
    headers: Object.fromEntries(headers),
    agent: asked.agent,
    lookup: asked.lookup,
    ...(signal === undefined ? {} : { signal }),
  });
  request.once("response", resolve);
  request.on("error", reject);
  giveUpConnecting(request, url);
  request.end(body);
  try {
    return responseOf(await promise);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function giveUpConnecting(request: ClientRequest, { origin }: URL): void {
  request.once("socket", (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => request.destroy(new ConnectTimeoutError(origin, CONNECT_MS)), CONNECT_MS).unref();
    const stop = (): void => clearTimeout(timer);
    socket.once("connect", stop);
    socket.once("close", stop);
  });
}

async function bodyOf({ body }: RequestInit, headers: Headers): Promise<string | Buffer | undefined> {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  const response = new Response(body);
  const type = response.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  return Buffer.from(await response.arrayBuffer());
}

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const described = { status, statusText: message.statusMessage ?? "", headers };
  if (BODILESS.has(status)) {
    message.resume();
    return new Response(null, described);
  }
  const stream = Readable.toWeb(decoded(message)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Response(stream, described);
}

function decoded(message: IncomingMessage): Readable {
  const coding = message.headers["content-encoding"]?.trim().toLowerCase();
  const decoder = decoderOf(coding);
  // What goes wrong shows on the decoder, which is read.
  return decoder === undefined ? message : pipeline(message, decoder, () => {});
}

function decoderOf(coding: string | undefined) {
  // What has come is passed on at once: an event stream may be silent for long after it.
  if (coding === "br") return createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH });
  const isZip = coding === "gzip" || coding === "x-gzip" || coding === "deflate";
  return isZip ? createUnzip({ flush: zlib.Z_SYNC_FLUSH, finishFlush: zlib.Z_SYNC_FLUSH }) : undefined;
}
