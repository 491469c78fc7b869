/**
 * A sample of the simulator: enough seeds to notice what broke today, and some planted bugs to know that it would. The full
 * figures come from `npm run simulate` and `npm run simulate:mutants`.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { mutatedSource } from "./mutants/mutated-source.ts";
import { MUTANTS } from "./mutants/mutant-list.ts";
import { runMutant } from "./mutants/run-mutant.ts";

const ROOT = join(import.meta.dirname, "../..");
const PROGRAM = fileURLToPath(new URL("simulate.ts", import.meta.url));
const RUNS = 1_000;
/** Bugs that the first hundred seeds find. */
const SAMPLE = [
  "ack-before-commit",
  "launch-before-durable",
  "double-dispatch-at-recovery",
  "key-changes-while-in-doubt",
  "unsafe-repeated",
  "budget-off-by-one",
];

describe("the simulator", () => {
  test(
    "finds nothing wrong in 1,000 runs, and the same journals for the same seeds",
    { timeout: 300_000 },
    async () => {
      const args = [PROGRAM, "--runs", String(RUNS), "--repeat", "10"];
      const { stdout } = await promisify(execFile)(process.execPath, args).catch(
        (error: unknown) => error as { stdout: string },
      );
      expect(stdout).toContain(`${RUNS} runs, 0 failed`);
      expect(stdout).toContain(`${RUNS / 10} seeds simulated twice, the same journal each time`);
    },
  );

  test.each(SAMPLE)("finds the planted bug %s", { timeout: 90_000 }, async (name) => {
    const mutant = MUTANTS.find((each) => each.name === name);
    expect(mutant).toBeDefined();
    const result = await runMutant(mutant!, { runs: 300, limitMs: 60_000 });
    expect(result).toMatchObject({ isFound: true });
  });
});

describe("planted bugs", () => {
  test("are at least 24, each with a name of its own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(24);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  test.each(MUTANTS)("$name still finds its place in the sources", (mutant) => {
    for (const edit of [mutant, ...(mutant.also ?? [])]) {
      const source = readFileSync(join(ROOT, edit.file), "utf8");
      expect(mutatedSource(edit, source)).not.toBe(source);
    }
  });

  test("are refused when their place is gone", () => {
    const edit = { file: "a.ts", find: "gone", replace: "" };
    expect(() => mutatedSource(edit, "const here = 1;")).toThrow("0 times in a.ts");
    expect(() => mutatedSource(edit, "gone, gone")).toThrow("2 times in a.ts");
  });
});
