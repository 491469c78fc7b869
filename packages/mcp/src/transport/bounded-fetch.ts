/**
 * `fetch` whose response bodies are bounded. A JSON body is bounded as a whole, an event stream per event, since it may
 * live as long as the connection. What goes over the limit is reported and the body ends in an error; so does that of a
 * stream of events that are no messages.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FetchLike } from "@modelcontextprotocol/client";
import type { ByteLimits } from "./byte-limits.ts";
import { EventMeter } from "./event-meter.ts";
import type { Fetch } from "../http/guarded-fetch.ts";

/**
 * Tells the fetch which message it carries: the id and whether it is a tool call. A header only because the SDK's
 * transport hands headers through to its fetch; taken off here, it never leaves the process.
 */
export const REQUEST_TAG_HEADER = "x-agentmesh-request";

/** After so many bytes everybody else has a turn: what has come would otherwise be read in one go. */
const TURN_BYTES = 16 * 1024;

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
    const body = bounded(response.body, { limit, isEvents, report });
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

/** By hand: a TransformStream between the two would cost a small call more than its parsing. */
function bounded(body: ReadableStream<Uint8Array>, { limit, isEvents, report }: Bound): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const meter = new EventMeter();
  let total = 0;
  let turnBytes = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    if (turnBytes >= TURN_BYTES) await nextTurn().then(() => (turnBytes = 0));
    const { done, value } = await reader.read();
    if (done) {
      controller.close();
      return;
    }
    total += value.length;
    turnBytes += value.length;
    const bytes = isEvents ? meter.measure(value) : total;
    if (bytes <= limit && !meter.isGarbled) {
      controller.enqueue(value);
      return;
    }
    if (bytes > limit) report(bytes);
    const error = new RangeError(
      bytes > limit ? `The response is larger than ${limit} bytes.` : "Its events are no messages.",
    );
    controller.error(error);
    await reader.cancel(error).catch(() => {});
  };
  // Nothing is read before it is wanted.
  return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
}
