/**
 * `fetch` whose response bodies are bounded. A JSON body is bounded as a whole, an event stream per event, since it may
 * live as long as the connection. What goes over the limit is reported and the body ends in an error.
 */
import type { FetchLike } from "@modelcontextprotocol/client";
import type { ByteLimits } from "./byte-limits.ts";
import { EventMeter } from "./event-meter.ts";
import type { Fetch } from "../http/guarded-fetch.ts";

/**
 * Tells the fetch which message it carries: the id and whether it is a tool call. A header only because the SDK's
 * transport hands headers through to its fetch; taken off here, it never leaves the process.
 */
export const REQUEST_TAG_HEADER = "x-agentmesh-request";

export interface RequestTag {
  readonly id: number | string;
  readonly isCall: boolean;
}

export interface ResponseHandlers {
  /** The response has come; its body is an event stream, or one JSON document. */
  readonly onResponse: (tag: RequestTag, isEvents: boolean) => void;
  readonly onOversized: (tag: RequestTag, bytes: number) => void;
}

export function writeRequestTag(tag: RequestTag): string {
  return encodeURIComponent(JSON.stringify(tag));
}

export function boundedFetch(fetch: Fetch, limits: ByteLimits, handlers: ResponseHandlers): FetchLike {
  return async (url, init) => {
    const headers = new Headers(init?.headers);
    const tag = readRequestTag(headers);
    const response = await fetch(url, { ...init, headers });
    if (response.body === null) return response;
    const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    if (tag !== undefined) handlers.onResponse(tag, isEvents);
    const limit = tag?.isCall === true ? limits.outputBytesMax : limits.messageBytesMax;
    const report = (bytes: number): void => {
      if (tag !== undefined) handlers.onOversized(tag, bytes);
    };
    const { status, statusText } = response;
    const body = response.body.pipeThrough(bounded({ limit, isEvents, report }));
    return new Response(body, { status, statusText, headers: response.headers });
  };
}

function readRequestTag(headers: Headers): RequestTag | undefined {
  const written = headers.get(REQUEST_TAG_HEADER);
  headers.delete(REQUEST_TAG_HEADER);
  return written === null ? undefined : (JSON.parse(decodeURIComponent(written)) as RequestTag);
}

interface Bound {
  /** Bytes of the whole body, or of one event. */
  readonly limit: number;
  readonly isEvents: boolean;
  readonly report: (bytes: number) => void;
}

function bounded({ limit, isEvents, report }: Bound): TransformStream<Uint8Array, Uint8Array> {
  const meter = new EventMeter();
  let total = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      total += chunk.length;
      const bytes = isEvents ? meter.measure(chunk) : total;
      if (bytes <= limit) {
        controller.enqueue(chunk);
        return;
      }
      report(bytes);
      controller.error(new RangeError(`The response is larger than ${limit} bytes.`));
    },
  });
}
