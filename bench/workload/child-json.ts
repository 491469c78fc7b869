/** Runs a program of this folder in a process of its own. */
import { spawnSync } from "node:child_process";

/** What it printed last, parsed. Its other output is shown. Throws RangeError when it failed. */
export function childJson(program: string, words: readonly string[]): unknown {
  const { status, stdout } = spawnSync(process.execPath, [program, ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || last === "") throw new RangeError(`node ${program} ${words.join(" ")} failed (${status})`);
  return JSON.parse(last);
}
