/**
 * How often the small local model does the job of `npm start` right: `node tools/start-seeds.ts [SEEDS]`. Judged by what
 * came of it, each seed in a folder of its own: the file that was written, and each fact of the answer with its citation.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, openMesh, type RunResult } from "@agentmesh/runtime";

const root = join(import.meta.dirname, "..");
const goal = readFileSync(join(root, "examples/launch/goal.txt"), "utf8").trim();
const SEEDS_DEFAULT = 20;
/** What must be right in how many of twenty. */
const RIGHT_MIN = 18 / 20;
/** By the tool whose result holds it. */
const FACTS: readonly (readonly [RegExp, RegExp])[] = [
  [/^memory\./, /Nadia.*(site reliability engineer|Porto)/i],
  [/^files\.read/, /14 March/],
  [/^everything\.get-sum$/, /\b6,?000\b/],
  [/^files\.write_file$/, /total\.txt|wrote|written/i],
];

interface Verdict {
  readonly isPlanRight: boolean;
  readonly isAnswerRight: boolean;
  readonly answer: string;
}

async function tryOnce(seed: number): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-seed-"));
  cpSync(join(root, "examples/launch"), folder, { recursive: true });
  try {
    const environment = { ...process.env, PWD: folder, AGENTMESH_NO_MODEL: "1" };
    const models = { local: { provider: "llama-cpp" as const, model: "gemma-3-270m", sampling: { seed } } };
    const overrides = { models, store: ":memory:" };
    const file = join(folder, "agentmesh.config.yaml");
    await using mesh = openMesh(await loadConfig({ workingDirectory: folder, file, environment, overrides }), {
      environment,
    });
    const run = mesh.run(goal);
    const result = await run.result;
    const uses = Object.values((await mesh.show(run.id)).tasks).map(({ id, use }) => [id, use] as const);
    return {
      isPlanRight: isPlanRight(result, uses, folder),
      isAnswerRight: isAnswerRight(result.answer ?? "", uses),
      answer: result.answer ?? result.error?.message ?? "",
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Uses = readonly (readonly [id: string, use: string])[];

/** One call for each part of the goal, no other, and the sum in the file. */
function isPlanRight(result: RunResult, uses: Uses, folder: string): boolean {
  if (result.status !== "succeeded" || uses.length !== FACTS.length) return false;
  if (!FACTS.every(([tool]) => uses.some(([, use]) => tool.test(use)))) return false;
  return /\b6,?000\b/.test(readFileSync(join(folder, "total.txt"), "utf8"));
}

/** Each fact stands in a sentence that cites the task it came from. */
function isAnswerRight(answer: string, uses: Uses): boolean {
  const sentences = answer.split(/(?<=\]\.)\s+/);
  return FACTS.every(([tool, fact]) => {
    const ids = uses.filter(([, use]) => tool.test(use)).map(([id]) => `[${id}]`);
    return sentences.some((sentence) => fact.test(sentence) && ids.some((id) => sentence.includes(id)));
  });
}

const seeds = Number(process.argv[2] ?? SEEDS_DEFAULT);
let right = 0;
for (let seed = 1; seed <= seeds; seed++) {
  const { isPlanRight: plan, isAnswerRight: answer, answer: text } = await tryOnce(seed);
  if (plan && answer) right++;
  console.log(`seed ${seed}: plan ${plan ? "right" : "WRONG"}, answer ${answer ? "right" : "WRONG"}: ${text}`);
}
console.log(`${right} of ${seeds} right`);
process.exitCode = right / seeds >= RIGHT_MIN ? 0 : 1;
