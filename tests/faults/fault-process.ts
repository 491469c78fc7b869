/** A program of this folder that is told what to do in one argument, and prints lines. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { BuiltPrograms } from "../built-programs.ts";

export class FaultProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ended: Promise<unknown>;
  #tell = (): void => {};
  #isEnded = false;

  constructor(programs: BuiltPrograms, name: string, order: object) {
    const words = ["--expose-gc", programs.pathOf(name), JSON.stringify(order)];
    this.#child = spawn(process.execPath, words, {
      stdio: ["pipe", "pipe", "inherit"],
      env: programs.environment,
    });
    this.#ended = once(this.#child, "close").then(() => {
      this.#isEnded = true;
      this.#tell();
    });
    this.#child.stdin?.on("error", () => {});
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("it has no output");
    createInterface({ input: stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#tell();
    });
  }

  /** Its first line; undefined when it ended without one. */
  async line(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#tell = resolve;
      await promise;
    }
    return this.#lines[0];
  }

  /** Resolves when it has ended. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }
}
