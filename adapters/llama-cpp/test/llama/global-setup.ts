/** Installs node-llama-cpp into the user's cache, once: these tests run the real thing. */
import { installLlamaCpp } from "../../src/index.ts";

export async function setup(): Promise<void> {
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  await installLlamaCpp({ environment: process.env, onProgress });
}
