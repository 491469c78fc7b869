/**
 * Writes tiny models in the format of real ones (GGUF 3, LLaMA architecture, a quarter of a megabyte), so that tests run
 * llama.cpp itself without a download. Random ones say noise, to which only a grammar gives a form; scripted ones say one
 * text exactly, at temperature 0.
 */
import { writeFileSync } from "node:fs";
import { randomOf } from "./gbnf.ts";

export interface TinyModel {
  /** Of the weights. */
  readonly seed?: number;
  /** The text that it says, then its end of turn; random noise when absent. At least two characters. */
  readonly say?: string;
  /** Without one it is a base model, which goes on with a text. */
  readonly hasChatTemplate?: boolean;
  /** Tokens that it was trained for, by its own account. */
  readonly contextTokens?: number;
}

const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The layout of the network. */
const EMBEDDING = 128;
const LAYERS = 2;
const HEADS = 4;
const KEY_VALUE_HEADS = 2;
const FEED_FORWARD = 128;
const HEAD = EMBEDDING / HEADS;
const KEY_VALUES = HEAD * KEY_VALUE_HEADS;

/** Kinds of tokens, as llama.cpp numbers them. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;
/** The first tokens, in this order. */
const SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"];
const END_OF_TURN = SPECIAL.length - 1;
const FIRST_BYTE = SPECIAL.length;

export function writeTinyModel(file: string, model: TinyModel = {}): void {
  const vocabulary = new Vocabulary(model.say);
  const tensors = model.say === undefined ? noise(vocabulary, model.seed ?? 1) : script(vocabulary, model.seed ?? 1);
  writeFileSync(file, encode(metadata(vocabulary, model), tensors));
}

class Vocabulary {
  readonly texts: string[] = [];
  readonly scores: number[] = [];
  readonly kinds: number[] = [];
  /** The tokens of the scripted text, in order. */
  readonly script: readonly number[];
  readonly #known = new Set<string>();

  constructor(say: string | undefined) {
    SPECIAL.forEach((text, index) => this.#add(text, index === 0 ? UNKNOWN : CONTROL, 0));
    for (let byte = 0; byte < 256; byte += 1) {
      this.#add(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, BYTE, 0);
    }
    this.#known.add("\n"); // stays a byte: the last token before an answer
    const words = [
      "▁the",
      "▁a",
      "▁to",
      "user",
      "assistant",
      "true",
      "false",
      "null",
      '":',
      '",',
      '{"',
      '"}',
      "},",
      "}]",
    ];
    words.forEach((word, index) => this.#add(word, NORMAL, -1 - index / 100));
    this.#add("▁", NORMAL, -20);
    for (let code = 33; code < 127; code += 1) this.#add(String.fromCharCode(code), NORMAL, -20 - code / 100);
    this.script = say === undefined ? [] : this.#addScript(say);
  }

  #add(text: string, kind: number, score: number): void {
    this.#known.add(text);
    this.texts.push(text);
    this.kinds.push(kind);
    this.scores.push(score);
  }

  /**
   * Each token occurs once in the script, so that one can follow the other by a table: pieces that are not known yet,
   * with a score at which a prompt is never read as them; other characters than ASCII as bytes.
   */
  #addScript(say: string): number[] {
    const pieces: string[] = [];
    let piece = "";
    for (const character of say.replaceAll(" ", "▁")) {
      piece += character;
      if (this.#known.has(piece)) continue;
      this.#known.add(piece);
      pieces.push(piece);
      piece = "";
    }
    if (piece !== "") pieces.push(...this.#joined(pieces, piece));
    return pieces.map((text) => {
      this.#add(text, NORMAL, -1e6);
      return this.texts.length - 1;
    });
  }

  /** The rest is a known piece: it joins the ones before until they are new. */
  #joined(pieces: string[], rest: string): string[] {
    const last = pieces.pop();
    if (last === undefined) throw new Error("the script is too short");
    return this.#known.has(last + rest) ? this.#joined(pieces, last + rest) : [last + rest];
  }
}

interface Tensor {
  readonly name: string;
  /** Fastest first. */
  readonly sizes: readonly number[];
  readonly data: Float32Array;
}

/** Attention and feed-forward add nothing; the head maps each token of the script to the next one. */
function script(vocabulary: Vocabulary, seed: number): Tensor[] {
  const random = randomOf(seed);
  const count = vocabulary.texts.length;
  const embedding = Float32Array.from({ length: count * EMBEDDING }, () => (random() < 0.5 ? -1 : 1));
  const head = new Float32Array(count * EMBEDDING);
  const lineFeed = FIRST_BYTE + 10;
  const order = [lineFeed, ...vocabulary.script, END_OF_TURN];
  order.slice(1).forEach((next, index) => {
    const from = (order[index] ?? 0) * EMBEDDING;
    for (let at = 0; at < EMBEDDING; at += 1) head[next * EMBEDDING + at]! += embedding[from + at]!;
  });
  return [...network(random, { embedding, head, isSilent: true })];
}

/** Printable characters are likelier than bytes and control tokens. Dimension 0 is a constant, so that the head has a bias. */
function noise(vocabulary: Vocabulary, seed: number): Tensor[] {
  const random = randomOf(seed);
  const count = vocabulary.texts.length;
  const embedding = normal(random, count * EMBEDDING, 1);
  const head = normal(random, count * EMBEDDING, 1.5 / Math.sqrt(EMBEDDING));
  vocabulary.kinds.forEach((kind, token) => {
    embedding[token * EMBEDDING] = 3;
    head[token * EMBEDDING] = kind === NORMAL ? 0 : -12;
  });
  return [...network(random, { embedding, head, isSilent: false })];
}

function* network(
  random: () => number,
  ends: { readonly embedding: Float32Array; readonly head: Float32Array; readonly isSilent: boolean },
): Generator<Tensor> {
  const matrix = (name: string, columns: number, rows: number): Tensor => ({
    name,
    sizes: [columns, rows],
    data: normal(random, columns * rows, 1 / Math.sqrt(columns)),
  });
  const closed = (tensor: Tensor): Tensor => {
    const [columns = 0] = tensor.sizes;
    tensor.data.fill(0, 0, ends.isSilent ? tensor.data.length : columns);
    return tensor;
  };
  const ones = (name: string): Tensor => ({ name, sizes: [EMBEDDING], data: new Float32Array(EMBEDDING).fill(1) });
  const vocabulary = ends.embedding.length / EMBEDDING;
  yield { name: "token_embd.weight", sizes: [EMBEDDING, vocabulary], data: ends.embedding };
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    yield ones(name("attn_norm"));
    yield matrix(name("attn_q"), EMBEDDING, EMBEDDING);
    yield matrix(name("attn_k"), EMBEDDING, KEY_VALUES);
    yield matrix(name("attn_v"), EMBEDDING, KEY_VALUES);
    yield closed(matrix(name("attn_output"), EMBEDDING, EMBEDDING));
    yield ones(name("ffn_norm"));
    yield matrix(name("ffn_gate"), EMBEDDING, FEED_FORWARD);
    yield matrix(name("ffn_up"), EMBEDDING, FEED_FORWARD);
    yield closed(matrix(name("ffn_down"), FEED_FORWARD, EMBEDDING));
  }
  yield ones("output_norm.weight");
  yield { name: "output.weight", sizes: [EMBEDDING, vocabulary], data: ends.head };
}

function normal(random: () => number, length: number, scale: number): Float32Array {
  return Float32Array.from(
    { length },
    () => scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

type Value = number | boolean | string | readonly string[] | Float32Array | Int32Array;

function metadata(vocabulary: Vocabulary, model: TinyModel): Readonly<Record<string, Value>> {
  const { hasChatTemplate = true, contextTokens = 4_096 } = model;
  return {
    "general.architecture": "llama",
    "general.name": model.say === undefined ? "tiny-random" : "tiny-scripted",
    "llama.context_length": contextTokens,
    "llama.embedding_length": EMBEDDING,
    "llama.block_count": LAYERS,
    "llama.feed_forward_length": FEED_FORWARD,
    "llama.attention.head_count": HEADS,
    "llama.attention.head_count_kv": KEY_VALUE_HEADS,
    "llama.attention.layer_norm_rms_epsilon": Float32Array.of(1e-5),
    "llama.rope.dimension_count": HEAD,
    "llama.vocab_size": vocabulary.texts.length,
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": vocabulary.texts,
    "tokenizer.ggml.scores": Float32Array.from(vocabulary.scores),
    "tokenizer.ggml.token_type": Int32Array.from(vocabulary.kinds),
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": END_OF_TURN,
    "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.add_bos_token": true,
    "tokenizer.ggml.add_space_prefix": false,
    ...(hasChatTemplate ? { "tokenizer.chat_template": CHATML } : {}),
  };
}

/** Types of values in a GGUF header. */
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOLEAN = 7;
const STRING = 8;
const ARRAY = 9;
const VERSION = 3;
const ALIGNMENT = 32;
/** The type of a tensor whose numbers are 32 bits wide. */
const TENSOR_F32 = 0;

function encode(header: Readonly<Record<string, Value>>, tensors: readonly Tensor[]): Buffer {
  const out = new Writer();
  out.bytes(Buffer.from("GGUF"));
  out.uint32(VERSION);
  out.uint64(tensors.length);
  out.uint64(Object.keys(header).length);
  for (const [key, value] of Object.entries(header)) {
    out.string(key);
    out.value(value);
  }
  let offset = 0;
  for (const { name, sizes, data } of tensors) {
    out.string(name);
    out.uint32(sizes.length);
    for (const size of sizes) out.uint64(size);
    out.uint32(TENSOR_F32);
    out.uint64(offset);
    offset += Math.ceil(data.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  for (const { data } of tensors) {
    out.align();
    out.bytes(Buffer.from(data.buffer));
  }
  out.align();
  return out.whole();
}

/** Little endian, as every machine that llama.cpp runs on. */
class Writer {
  readonly #parts: Buffer[] = [];
  #length = 0;

  bytes(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  uint32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.bytes(part);
  }

  uint64(value: number): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.bytes(part);
  }

  string(text: string): void {
    const part = Buffer.from(text);
    this.uint64(part.length);
    this.bytes(part);
  }

  align(): void {
    this.bytes(Buffer.alloc((ALIGNMENT - (this.#length % ALIGNMENT)) % ALIGNMENT));
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }

  value(value: Value): void {
    if (typeof value === "string") {
      this.uint32(STRING);
      this.string(value);
    } else if (typeof value === "number") {
      this.uint32(UINT32);
      this.uint32(value);
    } else if (typeof value === "boolean") {
      this.uint32(BOOLEAN);
      this.bytes(Buffer.of(value ? 1 : 0));
    } else this.#list(value);
  }

  #list(value: readonly string[] | Float32Array | Int32Array): void {
    if (value instanceof Float32Array && value.length === 1) {
      this.uint32(FLOAT32);
      this.bytes(Buffer.from(value.buffer));
      return;
    }
    this.uint32(ARRAY);
    this.uint32(value instanceof Float32Array ? FLOAT32 : value instanceof Int32Array ? INT32 : STRING);
    this.uint64(value.length);
    if (value instanceof Float32Array || value instanceof Int32Array) this.bytes(Buffer.from(value.buffer));
    else for (const text of value) this.string(text);
  }
}
