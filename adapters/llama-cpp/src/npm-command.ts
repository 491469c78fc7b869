/** Runs npm, wherever it is, and keeps the end of what it says. */
import { spawn } from "node:child_process";
import { basename } from "node:path";
import type { Environment } from "./cache-folder.ts";
import { LineTail } from "./line-tail.ts";

export interface NpmRun {
  readonly folder: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

export interface NpmOutcome {
  /** `missing`: there is no npm. */
  readonly status: "ok" | "failed" | "missing";
  /** Its last lines. */
  readonly said: readonly string[];
}

/** Never rejects. An abort of the signal kills npm, which then has failed. */
export async function runNpm(options: readonly string[], run: NpmRun): Promise<NpmOutcome> {
  const { command, before } = npmCommand(run.environment);
  const tail = new LineTail();
  const child = spawn(command, [...before, ...options], {
    cwd: run.folder,
    env: run.environment,
    stdio: ["ignore", "pipe", "pipe"],
    // npm is a batch file on Windows, which only a shell runs; its options are constants of ours.
    shell: process.platform === "win32" && before.length === 0,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  child.stdout.on("data", (chunk: Uint8Array) => tail.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => tail.push(chunk));
  return await new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve({ status: error.code === "ENOENT" ? "missing" : "failed", said: [...tail.lines(), error.message] });
    });
    child.once("close", (code) => resolve({ status: code === 0 ? "ok" : "failed", said: tail.lines() }));
  });
}

/** The npm that runs us, if one does; else the one on the PATH. */
function npmCommand(environment: Environment): { readonly command: string; readonly before: readonly string[] } {
  const script = environment["npm_execpath"];
  if (script !== undefined && basename(script) === "npm-cli.js") return { command: process.execPath, before: [script] };
  return { command: "npm", before: [] };
}
