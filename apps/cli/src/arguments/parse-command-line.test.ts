import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./parse-command-line.ts";

/** What a command line comes to, in short. */
function read(line: string) {
  const { command, operands, options, fault } = parseCommandLine(line.split(" ").filter(Boolean));
  return { command: command?.name, operands, options: Object.fromEntries(options), fault };
}

describe("a command line", () => {
  test("may have global options before and after the command", () => {
    expect(read("--json --store a.db run plan.json --config b.yaml")).toEqual({
      command: "run",
      operands: ["plan.json"],
      options: { json: [], store: ["a.db"], config: ["b.yaml"] },
      fault: undefined,
    });
  });

  test("keeps every value of an option that may be repeated", () => {
    expect(read("run p.json --input a=1 --input=b=2").options).toEqual({ input: ["a=1", "b=2"] });
  });

  test("takes words after -- as they are", () => {
    expect(read("run -- --odd goal").operands).toEqual(["--odd", "goal"]);
  });

  test("asks for help in three ways", () => {
    for (const line of ["help run", "run --help", "run -h"])
      expect(read(line)).toMatchObject({ command: "run", options: { help: [] }, fault: undefined });
  });

  test.each([
    ["frobnicate", { kind: "unknown-command", name: "frobnicate" }],
    ["run --quary x", { kind: "unknown-option", name: "--quary" }],
    ["runs -x", { kind: "unknown-option", name: "-x" }],
    ["runs --query x", { kind: "unknown-option", name: "--query" }],
    ["run --input", { kind: "value-missing", name: "--input" }],
    ["run --query --json", { kind: "value-missing", name: "--query" }],
    ["run --json=yes", { kind: "value-unwanted", name: "--json" }],
    ["show a b", { kind: "too-many-operands", name: "b" }],
  ])("with a mistake says which: %s", (line, fault) => {
    expect(read(line).fault).toMatchObject(fault);
  });
});
