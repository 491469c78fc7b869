/** `agentmesh` as a process, in a folder of its own that is gone after the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const LAUNCHER = join(import.meta.dirname, "../../apps/cli/bin/agentmesh.mjs");

export async function newFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "agentmesh-agents-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function writeJson(folder: string, name: string, content: object): Promise<void> {
  await writeFile(join(folder, name), JSON.stringify(content));
}

/** `agentmesh serve`, which listens. */
export class ServeProcess {
  /** Of its MCP. */
  readonly url: string;
  readonly #child: ChildProcess;

  static async start(folder: string, port: string): Promise<ServeProcess> {
    const child = spawn(process.execPath, [LAUNCHER, "serve", "--port", port], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, AGENTMESH_NO_MODEL: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
    for (;;) {
      await Promise.race([once(child.stderr, "data"), once(child, "close")]);
      const url = /MCP at (\S+\/mcp)/.exec(said)?.[1];
      if (url !== undefined) return new ServeProcess(child, url);
      if (child.exitCode !== null) throw new Error(`It ended without listening:\n${said}`);
    }
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  get port(): string {
    return new URL(this.url).port;
  }

  /** As Ctrl-C does, or as a power cut: then it gets to know nothing. */
  async end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, "close");
  }
}
