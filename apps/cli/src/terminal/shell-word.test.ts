import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "./shell-word.ts";

test("plain names stay as they are", () => {
  for (const name of ["pay", "r_01k8", "a-b", "files.write"]) expect(shellWord(name)).toBe(name);
});

test.each(["pages[0]", "", "two words", "it's", "$(touch here)", "`id`", "a;b", "~", "*", "!x"])(
  "a shell reads %j as one word and runs nothing",
  (name) => {
    const { stdout } = spawnSync("bash", ["-c", `printf '%s' ${shellWord(name)}`], { encoding: "utf8" });
    expect(stdout).toBe(name);
  },
);

test("what cannot be seen cannot be typed", () => {
  expect(shellWord("go\u001b[31m\u202e\nnow")).toBe("'go now'");
});
