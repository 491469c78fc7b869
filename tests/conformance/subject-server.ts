/** The server under test, in a process of its own. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const PROGRAM = join(import.meta.dirname, "server.ts");

export class SubjectServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcessByStdio<null, Readable, null>;

  private constructor(url: string, child: ChildProcessByStdio<null, Readable, null>) {
    this.url = url;
    this.#child = child;
  }

  /** Throws RangeError when it does not say its URL. */
  static async start(): Promise<SubjectServer> {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: child.stdout })) return new SubjectServer(line, child);
    throw new RangeError(`${PROGRAM} ended without saying its URL.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => void this.#child.once("exit", resolve));
    this.#child.kill();
    await ended;
  }
}
