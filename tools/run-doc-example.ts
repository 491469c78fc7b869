/** Executes one example of the documentation and says what is wrong with it, if anything. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DocExample, isExpectedOutput } from "./doc-example.ts";

/** An example is something that a reader waits for. */
const TIMEOUT_MS = 180_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** TypeScript examples stand here while they are checked: within the repository, where its packages are found. */
const typeScriptFolder = ".agentmesh/doc-examples";

export function writeTypeScriptExamples(root: string, examples: readonly DocExample[]): void {
  const folder = join(root, typeScriptFolder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const compilerOptions = { noUnusedLocals: false };
  const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const example of examples) {
    // `export {}` makes each example a module of its own.
    writeFileSync(join(folder, fileNameOf(example)), `${example.code}\nexport {};\n`);
  }
}

/** Type-checks all of them at once; returns what tsc says, empty when all is well. */
export function checkTypeScriptExamples(root: string): string {
  const { status, stdout, stderr } = spawnSync("tsc", ["-p", typeScriptFolder], { cwd: root, encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

/** Returns the problem, or undefined when the example does what the text around it says. */
export function runDocExample(root: string, example: DocExample): string | undefined {
  const folder = example.isInEmptyFolder ? mkdtempSync(join(tmpdir(), "agentmesh-docs-")) : root;
  try {
    return problemOf(example, execute(root, folder, example));
  } finally {
    if (folder !== root) rmSync(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(root: string, cwd: string, example: DocExample): Outcome {
  const [command, args] =
    example.language === "ts"
      ? ["node", [join(root, typeScriptFolder, fileNameOf(example))]]
      : ["bash", ["-euo", "pipefail", "-c", example.code]];
  return spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

function problemOf(example: DocExample, { status, stdout, stderr }: Outcome): string | undefined {
  const seen = `\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
  if (status === null) return `did not end within ${TIMEOUT_MS / 1000} s${seen}`;
  if (status !== example.exitCode) return `exit code ${status}, not ${example.exitCode}${seen}`;
  if (example.output === undefined || isExpectedOutput(example.output, stdout)) return undefined;
  return `printed something else than\n${example.output}${seen}`;
}

function fileNameOf({ file, line }: DocExample): string {
  return `${file.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}-line-${line}.ts`;
}
