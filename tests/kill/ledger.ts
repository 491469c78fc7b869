/**
 * The effect ledger: `node ledger.ts SOCKET LOG`. A process of its own that writes down what tools have done to the world, and
 * answers once that is on the disk. What it says does not depend on what the programs under test believe.
 *
 * A request is a line of JSON: `{"entry": {...}}` is written down, `{"run": ID}` asks for the entries of a run.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { LedgerAnswer, LedgerEntry, LedgerRequest } from "./ledger-entry.ts";

const [socketPath = "", logPath = ""] = process.argv.slice(2);
const log = openSync(logPath, "a");
const entries = new Map<string, LedgerEntry[]>();

function answer(request: LedgerRequest): LedgerAnswer {
  if ("run" in request) return { entries: entries.get(request.run) ?? [] };
  const entry = { ...request.entry, atMs: Date.now() };
  writeSync(log, `${JSON.stringify(entry)}\n`);
  fsyncSync(log);
  const known = entries.get(entry.run);
  if (known === undefined) entries.set(entry.run, [entry]);
  else known.push(entry);
  return { entries: [] };
}

function serve(socket: Socket): void {
  const lines = createInterface({ input: socket });
  for (const each of [socket, lines]) each.on("error", () => socket.destroy()); // whoever asked has been killed
  lines.on("line", (line) => {
    if (line.endsWith("}")) socket.write(`${JSON.stringify(answer(JSON.parse(line) as LedgerRequest))}\n`);
  });
}

createServer(serve).listen(socketPath, () => process.stdout.write("ready\n"));
process.on("disconnect", () => {
  closeSync(log);
  process.exit();
});
