/**
 * An MCP server over stdio whose messages hold the files of JSONTestSuite as they are. Its tool `send` takes a file and
 * where to put it: `frame`, a line of its own before a right answer, or `value`, inside the answer. The folder is the
 * first argument.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

interface Call {
  readonly file: string;
  readonly place: "frame" | "value";
}

const [folder = ""] = process.argv.slice(2);
const LINE_FEED = 10;
const SPACE = 32;

function write(...parts: readonly (string | Buffer)[]): void {
  process.stdout.write(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))));
}

function reply(id: unknown, rest: object): void {
  write(`${JSON.stringify({ jsonrpc: "2.0", id, ...rest })}\n`);
}

function answer(id: unknown, { file, place }: Call): void {
  const bytes = readFileSync(join(folder, file));
  if (place === "frame") {
    write(bytes, "\n");
    return reply(id, { result: { content: [], structuredContent: { sent: file } } });
  }
  // A line holds one message: white space of a right document is another white space.
  const inside = file.startsWith("y_") ? bytes.map((byte) => (byte === LINE_FEED ? SPACE : byte)) : bytes;
  const [before, after] = ['"result":{"content":[],"structuredContent":{"value":', "}}}\n"];
  write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${before}`, Buffer.from(inside), after);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as { id?: unknown; method?: string; params?: { arguments?: Call } };
  const { id, method, params } = message;
  if (id === undefined) return;
  if (method === "initialize") {
    const serverInfo = { name: "json", version: "1.0.0" };
    return reply(id, { result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo } });
  }
  if (method === "tools/list") {
    return reply(id, { result: { tools: [{ name: "send", inputSchema: { type: "object" } }] } });
  }
  if (method === "tools/call" && params?.arguments !== undefined) return answer(id, params.arguments);
  return reply(id, { error: { code: -32_601, message: "Method not found" } });
});
