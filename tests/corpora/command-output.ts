/** What the `agentmesh` command says to a program, run as a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Json } from "@agentmesh/core";

const LAUNCHER = fileURLToPath(import.meta.resolve("../../apps/cli/bin/agentmesh.mjs"));

/** The exit code and the JSON document on standard output. Throws when there is none. */
export async function commandOutput(
  words: readonly string[],
): Promise<{ readonly exit: number | null; readonly document: Json }> {
  // Away from any configuration.
  const child = spawn(process.execPath, [LAUNCHER, ...words], { cwd: tmpdir(), stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { exit: child.exitCode, document: JSON.parse(output) as Json };
}
