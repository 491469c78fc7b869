/** Simulates with one planted bug, in a process of its own, until the bug is found or the time is up. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";

const PROGRAM = fileURLToPath(new URL("../simulate.ts", import.meta.url));
const PLANT = new URL("plant.ts", import.meta.url).href;

export interface MutantResult {
  readonly mutant: Mutant;
  readonly isFound: boolean;
  readonly tookMs: number;
  /** The seed that found it, and the first invariant that it breaks. */
  readonly seed?: number;
  readonly invariant?: string;
  /** Why nothing can be said. */
  readonly trouble?: string;
}

interface Report {
  readonly failures: readonly { readonly seed: number; readonly invariants: readonly string[] }[];
}

export async function runMutant(
  mutant: Mutant,
  { runs, limitMs }: { readonly runs: number; readonly limitMs: number },
): Promise<MutantResult> {
  const startedAtMs = performance.now();
  const args = ["--import", PLANT, PROGRAM, "--json", "--runs", String(runs), "--repeat", "0"];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, AGENTMESH_MUTANT: mutant.name },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  clearTimeout(timer);
  const tookMs = Math.round(performance.now() - startedAtMs);
  if (stdout === "") return { mutant, isFound: false, tookMs, trouble: stderr.slice(-600) || "the time was up" };
  const [failure] = (JSON.parse(stdout) as Report).failures;
  if (failure === undefined) return { mutant, isFound: false, tookMs };
  const [invariant] = failure.invariants;
  return { mutant, isFound: true, tookMs, seed: failure.seed, ...(invariant === undefined ? {} : { invariant }) };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += String(piece);
  return text;
}
