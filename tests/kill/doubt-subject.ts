/**
 * `node doubt-subject.ts ORDER`: charges once through a real MCP server, or takes a run up again. Prints the id of the run as
 * soon as there is one, then what the run came to.
 */
import { createMesh } from "@agentmesh/runtime";
import type { DoubtOrder } from "./doubt-order.ts";

const { store, ledger, server, loss, run: known } = JSON.parse(process.argv[2] ?? "") as DoubtOrder;
/** Long enough for a busy machine to charge. */
const TIMEOUT_MS = 3_000;

const mesh = await createMesh({
  store,
  environment: {},
  log: { level: "error", memoryMax: 0 },
  mcpServers: { bank: { command: process.execPath, args: [server, ledger] } },
});
const after = loss === "disconnect" ? "die" : "hang";
const timeout = loss === "timeout" ? { timeoutMs: TIMEOUT_MS } : {};
const plan = { mesh: 1 as const, tasks: [{ id: "pay", use: "bank.charge", args: { after }, ...timeout }] };
const run = known === undefined ? mesh.run(plan) : mesh.resume(known);
process.stdout.write(`${run.id}\n`);
const { status } = await run.result;
process.stdout.write(`${status}\n`);
await mesh[Symbol.asyncDispose]();
process.exit();
