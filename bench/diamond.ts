/**
 * A diamond of five calls over a real MCP server, A -> {B 1.0 s, C 0.5 s -> D 0.5 s} -> E, against its critical path.
 * `node bench/diamond.ts [RUNS]`: each run, and the median of makespan / critical path (goal: at most 1.1).
 */
import { join } from "node:path";
import { createMesh, type Mesh } from "@agentmesh/runtime";

const server = join(import.meta.dirname, "../node_modules/@modelcontextprotocol/server-everything/dist/index.js");
const wait = (duration: number, after: string[]) => ({
  use: "everything.trigger-long-running-operation",
  args: { duration, steps: 1 },
  after,
});
const plan = {
  mesh: 1 as const,
  name: "diamond",
  tasks: [
    { id: "A", use: "everything.echo", args: { message: "go" } },
    { id: "B", ...wait(1, ["A"]) },
    { id: "C", ...wait(0.5, ["A"]) },
    { id: "D", ...wait(0.5, ["C"]) },
    { id: "E", use: "everything.echo", args: { message: "{{ B.text }} {{ D.text }}" } },
  ],
};
/** B alone, or C and D: one second. A and E are echoes. */
const CRITICAL_PATH_MS = 1_000;

async function makespanMs(mesh: Mesh): Promise<number> {
  const { startedAtMs, endedAtMs } = await ends(mesh);
  return endedAtMs - startedAtMs;
}

async function ends(mesh: Mesh): Promise<{ startedAtMs: number; endedAtMs: number }> {
  const run = mesh.run(plan);
  await run.result;
  const events = await mesh.events(run.id);
  return { startedAtMs: events[0]?.atMs ?? 0, endedAtMs: events.at(-1)?.atMs ?? 0 };
}

const runs = Number(process.argv[2] ?? 5);
await using mesh = await createMesh({
  mcpServers: { everything: { command: process.execPath, args: [server] } },
  store: ":memory:",
});
await mesh.tools();
const ratios: number[] = [];
for (let run = 1; run <= runs; run++) {
  const ms = await makespanMs(mesh);
  ratios.push(ms / CRITICAL_PATH_MS);
  console.log(`run ${run}: ${ms} ms`);
}
const median = ratios.toSorted((left, right) => left - right)[Math.floor(ratios.length / 2)] ?? 0;
console.log(`median: ${median.toFixed(3)} x the critical path`);
process.exitCode = median <= 1.1 ? 0 : 1;
