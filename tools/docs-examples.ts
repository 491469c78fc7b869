/** `node tools/docs-examples.ts [FILE...]`: runs the examples that the documentation marks (see doc-example.ts). */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DocExample, parseDocExamples } from "./doc-example.ts";
import { checkTypeScriptExamples, runDocExample, writeTypeScriptExamples } from "./run-doc-example.ts";

const root = dirname(import.meta.dirname);
const DOCUMENTS = ["*.md", "docs/**/*.md", "examples/**/*.md", "{packages,adapters,apps}/*/*.md"];

function main(args: readonly string[]): number {
  const files = args.length > 0 ? args : globSync(DOCUMENTS, { cwd: root }).toSorted();
  const examples = files.flatMap((file) => parseDocExamples(file, readFileSync(join(root, file), "utf8")));
  const typed = examples.filter(({ language }) => language === "ts");
  if (!areTypesRight(typed)) return 1;
  const failed = examples.filter(({ isRun }) => isRun).filter((example) => !isRight(example));
  console.log(`${examples.length} examples in ${files.length} documents, ${failed.length} wrong`);
  return failed.length === 0 ? 0 : 1;
}

function areTypesRight(examples: readonly DocExample[]): boolean {
  if (examples.length === 0) return true;
  writeTypeScriptExamples(root, examples);
  const problems = checkTypeScriptExamples(root);
  if (problems !== "") console.error(problems);
  return problems === "";
}

function isRight(example: DocExample): boolean {
  const startedAtMs = performance.now();
  const problem = runDocExample(root, example);
  const place = `${example.file}:${example.line}`;
  if (problem === undefined) console.log(`${place} ok (${Math.round(performance.now() - startedAtMs)} ms)`);
  else console.error(`${place} ${problem}`);
  return problem === undefined;
}

process.exitCode = main(process.argv.slice(2));
