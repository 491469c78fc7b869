/**
 * A server over stdio that keeps a ledger, the file that its argument names: what it was called with and told in `_meta`,
 * the effects, each once for its idempotency key, and when it was told to stop.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject } from "@agentmesh/core";
import { type McpService, type ServedCall, serveOverStdio } from "@agentmesh/mcp/server";
import type { LedgerLine } from "./ledger.ts";

const [ledger = ""] = process.argv.slice(2);
const LOOK_MS = 20;

const NOTE: JsonObject = {
  type: "object",
  properties: { text: { type: "string" }, gate: { type: "string", description: "It waits for this file." } },
  required: ["text"],
};

function write(line: LedgerLine): void {
  appendFileSync(ledger, `${JSON.stringify(line)}\n`);
}

function hasEffect(key: string): boolean {
  return readFileSync(ledger, "utf8").includes(JSON.stringify({ kind: "effect", key }).slice(0, -1));
}

/** False: it was told to stop. */
async function passGate(gate: string, signal: AbortSignal): Promise<boolean> {
  while (!existsSync(gate)) {
    if (signal.aborted) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

async function note({ text, gate }: JsonObject, { meta, signal }: ServedCall): Promise<void> {
  const key = textOf(meta["agentmesh/idempotencyKey"]);
  const about = { key, text: textOf(text) };
  write({ kind: "call", ...about, meta });
  if (typeof gate === "string" && !(await passGate(gate, signal))) return write({ kind: "stopped", ...about });
  if (!hasEffect(key)) write({ kind: "effect", ...about });
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

const service: McpService = {
  identity: { name: "ledger", version: "1.0.0" },
  tools: () => Promise.resolve([{ name: "note", description: "Writes a line down.", inputSchema: NOTE }]),
  callTool: async (_tool, args, call) => {
    await note(args, call);
    return { kind: "result", result: { content: [{ type: "text", text: `noted ${textOf(args["text"])}` }] } };
  },
  onChange: () => () => undefined,
};

await serveOverStdio(service, { principal: { tenant: "test", subject: "test", scopes: [] } }).ended;
