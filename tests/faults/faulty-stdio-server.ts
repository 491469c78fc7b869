/** `node faulty-stdio-server.ts ORDER`: an MCP server over stdio that is right in everything but what ORDER says. */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultOrder } from "./fault-cell.ts";
import { FAULTY_TEXTS } from "./faulty-text.ts";
import { phaseOf, RightAnswers, type ServerRequest } from "./right-answer.ts";

const order = JSON.parse(process.argv[2] ?? "") as FaultOrder;
const answers = new RightAnswers(order);
const STDERR_MIB = 100;
const CHUNK = "lorem ipsum dolor sit amet\n".repeat(1_000);
const PROGRESS_MS = 20;
/** A program that waits for ever, whoever asks it to leave. */
const WAITER = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)";
/** JSON that is none, or that is no message; each a line of its own. */
const BAD_FRAMES = String.raw`
{
}
[1,]
{"a":1,}
{'a':1}
{"a" 1}
nul
NaN
01
1e
"\x"
"a
[]
null
7
"text"
{}
{"jsonrpc":"1.0"}
{"jsonrpc":"2.0","method":7}
{"jsonrpc":"2.0","id":{}}
`;

function send(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Waits until it was taken, so that an endless stream costs its reader's memory and not ours. */
function write(stream: NodeJS.WriteStream, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve) => void stream.write(chunk, () => resolve()));
}

function respond({ id }: ServerRequest, result: object): void {
  send({ jsonrpc: "2.0", id, result });
}

const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

type Way = (request: ServerRequest, result: object) => void | Promise<void>;

const WAYS: { readonly [behaviour: string]: Way } = {
  hang: () => {},
  crash: () => void process.kill(process.pid, "SIGKILL"),
  "crash-early": () => void process.kill(process.pid, "SIGKILL"),
  exit: () => process.exit(3),
  prose: (request, result) => {
    process.stdout.write("Welcome! Listening on stdio.\n");
    respond(request, result);
  },
  "bad-frames": (request, result) => {
    process.stdout.write(`${BAD_FRAMES}\u0000\n\uFEFF{}\n`);
    respond(request, result);
  },
  flood: async () => {
    for (;;) await write(process.stdout, CHUNK);
  },
  "endless-line": async () => {
    for (;;) await write(process.stdout, "x".repeat(CHUNK.length));
  },
  twice: (request, result) => {
    respond(request, result);
    respond(request, { ...result, structuredContent: { done: "twice" } });
  },
  progress: async ({ params }) => {
    const meta = params["_meta"] as { readonly progressToken?: unknown } | undefined;
    for (let progress = 1; ; progress++) {
      const progressToken = meta?.progressToken ?? 0;
      send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress } });
      await sleep(PROGRESS_MS);
    }
  },
  stderr: async (request, result) => {
    for (let mib = 0; mib < STDERR_MIB; mib++) await write(process.stderr, "e".repeat(1024 * 1024));
    respond(request, result);
  },
  storm: (request, result) => {
    setInterval(() => send(CHANGED), 1);
    respond(request, result);
  },
  asks: (request, result) => {
    for (let id = 1; id <= 1_000; id++) {
      send({ jsonrpc: "2.0", id, method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } });
    }
    respond(request, result);
  },
  "half-frame": (request, result) => {
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }).slice(0, -9), () =>
      process.exit(0),
    );
  },
  "stdout-closed": () => closeSync(1),
  "stdin-closed": () => {
    setInterval(() => {}, 1_000);
    process.stdin.destroy();
  },
  stubborn: () => {},
  /** It leaves, and what it has started holds its streams open. */
  "left-behind": () => {
    const stdio = ["ignore", "inherit", "inherit"] as const;
    spawn(process.execPath, ["-e", WAITER], { stdio: [...stdio] }).once("spawn", () => process.exit(0));
  },
};

async function misbehave(request: ServerRequest): Promise<void> {
  // The effect happens first: whatever is answered afterwards, it may not be made again.
  const result = answers.result(request) ?? {};
  answers.arrived();
  const text = FAULTY_TEXTS[order.behaviour];
  if (text === undefined) return (WAYS[order.behaviour] ?? respond)(request, result);
  for await (const chunk of text(request, result)) await write(process.stdout, chunk);
  process.stdout.write("\n");
}

function answer(request: ServerRequest): void {
  const phase = phaseOf(request.method);
  if (phase === order.phase) {
    void misbehave(request);
    return;
  }
  const result = answers.result(request);
  if (result === undefined) send({ jsonrpc: "2.0", id: request.id, error: { code: -32_601, message: "What?" } });
  else respond(request, result);
  if (phase === "call" && order.phase === "idle") setImmediate(misbehaveIdle);
}

/** After the answer to a call, and unasked. */
function misbehaveIdle(): void {
  const nobody = { id: 987_654, method: "", params: {} };
  if (["schema-change", "crowd", "tool-gone"].includes(order.behaviour)) send(CHANGED);
  else void misbehave(nobody);
}

if (order.isDeaf || order.behaviour === "stubborn") {
  setInterval(() => {}, 1_000);
  process.stdin.on("end", () => {});
}
if (order.behaviour === "stubborn") {
  process.on("SIGTERM", () => {});
  spawn(process.execPath, ["-e", WAITER], { stdio: "ignore" });
}
if (order.phase === "close") answers.arrived();
process.stdout.on("error", () => {});
createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as { id?: number; method?: string; params?: ServerRequest["params"] };
  const { id, method, params = {} } = message;
  if (id !== undefined && method !== undefined) answer({ id, method, params });
});
