/**
 * Perfetto's trace processor, for asking it what it has read from a trace: SQL over slices, flows and counters. It is the
 * WebAssembly of ui.perfetto.dev; its script wants the globals of a web worker, and speaks in frames of protocol buffers
 * (protos/perfetto/trace_processor/trace_processor.proto).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";

export type Cell = string | number | null;

const APPEND_TRACE_DATA = 1;
const FINALIZE_TRACE_DATA = 2;
const QUERY_STREAMING = 3;

const RPC = { seq: 1, fatalError: 5, method: 2, traceData: 101, queryArguments: 103, queryResult: 203 };
const RESULT = { columns: 1, error: 2, batch: 3 };
const BATCH = { kinds: 1, integers: 2, doubles: 3, texts: 5 };
const KIND = { null: 1, integer: 2, double: 3, text: 4 };

interface Port {
  onmessage?: (message: { readonly data: Uint8Array }) => void;
  postMessage(reply: Uint8Array): void;
}

export class TraceProcessor {
  readonly #port: Port;
  #replies: Uint8Array[] = [];
  #seq = 0;

  /** `folder` holds engine_bundle.js. */
  static async load(folder: string): Promise<TraceProcessor> {
    const self: { location: object; onmessage?: (message: { readonly data: Port }) => void } = {
      location: new URL("https://localhost/"),
    };
    const globals = { ...hostGlobals(folder), self, location: self.location };
    vm.runInContext(readFileSync(join(folder, "engine_bundle.js"), "utf8"), vm.createContext(globals));
    const processor = new TraceProcessor();
    self.onmessage?.({ data: processor.#port });
    await new Promise((resolve) => setImmediate(resolve)); // its promise of being ready has no face outside
    return processor;
  }

  private constructor() {
    this.#port = { postMessage: (reply) => void this.#replies.push(reply) };
  }

  read(trace: string): void {
    this.#ask(number(RPC.method, APPEND_TRACE_DATA), bytes(RPC.traceData, Buffer.from(trace)));
    this.#ask(number(RPC.method, FINALIZE_TRACE_DATA));
  }

  query(sql: string): readonly Readonly<Record<string, Cell>>[] {
    const replies = this.#ask(
      number(RPC.method, QUERY_STREAMING),
      bytes(RPC.queryArguments, bytes(1, Buffer.from(sql))),
    );
    const results = replies.flatMap((reply) => fieldsOf(reply).filter(({ id }) => id === RPC.queryResult));
    const fields = results.flatMap(({ data }) => fieldsOf(data));
    const texts = (id: number): string[] =>
      fields.filter((field) => field.id === id).map(({ data }) => data.toString());
    const [error = ""] = texts(RESULT.error);
    if (error !== "") throw new Error(`${sql}: ${error}`);
    const cells = fields.filter(({ id }) => id === RESULT.batch).flatMap(({ data }) => cellsOf(data));
    return rowsOf(texts(RESULT.columns), cells);
  }

  #ask(...parts: readonly Buffer[]): readonly Buffer[] {
    this.#replies = [];
    const rpc = Buffer.concat([number(RPC.seq, ++this.#seq), ...parts]);
    this.#port.onmessage?.({ data: new Uint8Array(bytes(1, rpc)) });
    const replies = this.#replies.flatMap((reply) => fieldsOf(Buffer.from(reply)).map(({ data }) => data));
    const fatal = replies.flatMap((reply) => fieldsOf(reply)).find(({ id }) => id === RPC.fatalError);
    if (fatal !== undefined) throw new Error(fatal.data.toString());
    return replies;
  }
}

/** What the script finds around it in a browser. Its files are beside it. */
function hostGlobals(folder: string): object {
  class XMLHttpRequest {
    response: ArrayBuffer | undefined;
    #url = "";
    open(_method: string, url: string): void {
      this.#url = url;
    }
    send(): void {
      const file = readFileSync(join(folder, new URL(this.#url, "https://localhost/").pathname.slice(1)));
      this.response = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
    }
  }
  const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const { performance, crypto } = globalThis;
  return {
    XMLHttpRequest,
    WorkerGlobalScope: Object,
    console: quiet,
    performance,
    crypto,
    setTimeout,
    clearTimeout,
    WebAssembly: Reflect.get(globalThis, "WebAssembly") as object,
    TextDecoder,
    TextEncoder,
    URL,
    Uint8Array,
    ArrayBuffer,
    Promise,
    TypeError,
    RangeError,
    Error,
  };
}

interface Field {
  readonly id: number;
  /** Of a number: nothing. */
  readonly data: Buffer;
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function number(id: number, value: number): Buffer {
  return Buffer.from([...varint(id * 8), ...varint(value)]);
}

function bytes(id: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([...varint(id * 8 + 2), ...varint(data.length)]), data]);
}

/** Numbers are bigints: durations of what is open are -1, as 64 bits. */
function* varints(data: Buffer): Generator<bigint> {
  let [value, shift] = [0n, 0n];
  for (const byte of data) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    yield BigInt.asIntN(64, value);
    [value, shift] = [0n, 0n];
  }
}

function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = next();
    const length = key % 8 === 2 ? next() : 0;
    if (key % 8 === 0) next();
    fields.push({ id: Math.floor(key / 8), data: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function cellsOf(batch: Buffer): readonly Cell[] {
  const fields = fieldsOf(batch);
  const of = (id: number): Buffer => Buffer.concat(fields.filter((field) => field.id === id).map(({ data }) => data));
  const integers = varints(of(BATCH.integers));
  const texts = of(BATCH.texts).toString().split("\0");
  const doubles = of(BATCH.doubles);
  let [text, double] = [0, 0];
  return [...varints(of(BATCH.kinds))].map((kind): Cell => {
    if (kind === BigInt(KIND.integer)) return Number(integers.next().value ?? 0n);
    if (kind === BigInt(KIND.double)) return doubles.readDoubleLE(double++ * 8);
    return kind === BigInt(KIND.text) ? (texts[text++] ?? "") : null;
  });
}

function rowsOf(columns: readonly string[], cells: readonly Cell[]): readonly Readonly<Record<string, Cell>>[] {
  const count = columns.length === 0 ? 0 : cells.length / columns.length;
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map((name, column) => [name, cells[row * columns.length + column] ?? null])),
  );
}
