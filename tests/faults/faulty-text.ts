/** Answers that are wrong as text, over any transport: each a stream of bytes in place of the right message. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerRequest } from "./right-answer.ts";

type Chunks = AsyncIterable<string | Buffer> | Iterable<string | Buffer>;
/** `result`: the right one. */
type FaultyText = (request: ServerRequest, result: object) => Chunks;

const MIB = 1024 * 1024;
const HUGE_MIB = 1024;
const DEPTH = 100_000;
const DRIP_MS = 1_000;

function message(request: ServerRequest, result: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id: request.id, result });
}

function* repeated(text: string, times: number): Generator<Buffer, void, undefined> {
  const chunk = Buffer.from(text);
  for (let index = 0; index < times; index++) yield chunk;
}

function* huge({ id }: ServerRequest): Generator<string | Buffer, void, undefined> {
  yield `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`;
  yield* repeated("x".repeat(MIB), HUGE_MIB);
  yield '"}]}}';
}

/** The id comes last, as some servers write it. */
function* hugeTail({ id }: ServerRequest): Generator<string | Buffer, void, undefined> {
  yield '{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"';
  yield* repeated("x".repeat(MIB), HUGE_MIB);
  yield `"}]},"id":${JSON.stringify(id)}}`;
}

async function* drip(request: ServerRequest, result: object): AsyncGenerator<Buffer, void, undefined> {
  for (const byte of Buffer.from(message(request, result))) {
    yield Buffer.from([byte]);
    await sleep(DRIP_MS);
  }
}

function badText(request: ServerRequest, result: object): Buffer[] {
  const right = Buffer.from(message(request, { ...result, note: "@" }));
  const at = right.lastIndexOf("@");
  return [right.subarray(0, at), Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8]), right.subarray(at + 1)];
}

function nested(request: ServerRequest, result: object): string[] {
  const right = message(request, { ...result, structuredContent: "@", capabilities: "@", tools: "@" });
  return right
    .split('"@"')
    .flatMap((part) => [part, "[".repeat(DEPTH), "]".repeat(DEPTH)])
    .slice(0, -2);
}

export const FAULTY_TEXTS: { readonly [behaviour: string]: FaultyText } = {
  "cut-json": (request, result) => [message(request, result).slice(0, -2)],
  "not-json": (request, result) => [message(request, result).replaceAll('"', "'")],
  "wrong-id": (request, result) => [message({ ...request, id: 987_654 }, result)],
  "null-id": (_request, result) => [JSON.stringify({ jsonrpc: "2.0", id: null, result })],
  "text-id": (request, result) => [message({ ...request, id: `${request.id}` }, result)],
  "wrong-version": (request, result) => [message(request, result).replace('"2.0"', '"1.0"')],
  "wrong-shape": (request) => [message(request, { protocolVersion: 7, supportedVersions: 7, tools: {}, content: {} })],
  "no-result": ({ id }) => [JSON.stringify({ jsonrpc: "2.0", id })],
  "error-answer": ({ id }) => [JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_603, message: "no luck" } })],
  "odd-error": ({ id }) => [JSON.stringify({ jsonrpc: "2.0", id, error: "no luck" })],
  batch: (request, result) => [`[${message(request, result)}]`],
  nested,
  "bad-utf8": badText,
  huge,
  "huge-tail": hugeTail,
  drip,
};
