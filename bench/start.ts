/**
 * How long it takes until one can begin: `import("agentmesh")` from packed tarballs, as users install it, beside an empty
 * Node and the peers (when `npm run bench` has installed them), and the command's first answers. Every figure is a process
 * from its start to its end, in turns; medians. `node bench/start.ts [--repetitions 9] [--installed FOLDER] [--document FILE]`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packWorkspace } from "../tools/pack.ts";
import { insertReport } from "./report/insert-report.ts";
import { markdownTable } from "./report/markdown-table.ts";
import { Goals } from "./workload/goals.ts";
import { median } from "./workload/median.ts";

const IMPORT_MS_MAX = 150;
const IMPORT_MIB_MAX = 85;
const PEERS = join(import.meta.dirname, "peers");
/** Printed by a process when it ends: what it has used. */
const FOOTPRINT = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, rssMiB: process.memoryUsage.rss() / 2 ** 20 }));
});`;

interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly words: readonly string[];
  readonly samples: Sample[];
}

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMiB: number;
}

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "9" },
    installed: { type: "string" },
    document: { type: "string" },
  },
});
const temporary = mkdtempSync(join(tmpdir(), "agentmesh-start-"));
try {
  const subjects = subjectsIn(values.installed ?? (await installPacked()));
  for (let repetition = 0; repetition < Number(values.repetitions); repetition++)
    for (const subject of subjects) subject.samples.push(measure(subject));
  report(subjects);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Adapters are installed by those who use them. */
async function installPacked(): Promise<string> {
  const members = await packWorkspace(join(temporary, "tarballs"));
  const folder = join(temporary, "project");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const tarballs = members.filter((member) => !member.folder.startsWith("adapters/")).map(({ tarball }) => tarball);
  const words = ["install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs];
  const { status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new RangeError("npm install of the tarballs failed");
  return folder;
}

function subjectsIn(installed: string): readonly Subject[] {
  const command = join(installed, "node_modules/agentmesh/bin/agentmesh.mjs");
  const store = ["--store", join(temporary, "start.db")];
  const imported = (name: string, folder: string): Subject => newSubject(`import("${name}")`, folder, inline(name));
  const peers = ["@langchain/langgraph", "@mastra/core", "@voltagent/core"];
  return [
    newSubject("node, empty", installed, ["-e", FOOTPRINT]),
    imported("agentmesh", installed),
    newSubject("agentmesh --version", installed, ["-r", footprintFile(), command, "--version"]),
    newSubject("agentmesh runs", installed, ["-r", footprintFile(), command, "runs", ...store]),
    ...peers.filter((name) => existsSync(join(PEERS, "node_modules", name))).map((name) => imported(name, PEERS)),
  ];
}

function newSubject(name: string, folder: string, words: readonly string[]): Subject {
  return { name, folder, words, samples: [] };
}

function inline(name: string): readonly string[] {
  const code = `${FOOTPRINT} await import("${name}"); process.exit(0);`;
  return ["--input-type=module", "-e", code];
}

function footprintFile(): string {
  const file = join(temporary, "footprint.cjs");
  writeFileSync(file, FOOTPRINT.replace("stdout", "stderr"));
  return file;
}

/** Throws RangeError when the process fails. */
function measure({ name, folder, words }: Subject): Sample {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
  const wallMs = performance.now() - startedMs;
  const used = /\{"cpuMs":.*\}/.exec(`${stdout}${stderr}`)?.[0];
  if (status !== 0 || used === undefined) throw new RangeError(`${name} failed: ${stderr}`);
  return { wallMs, ...(JSON.parse(used) as Pick<Sample, "cpuMs" | "rssMiB">) };
}

function report(subjects: readonly Subject[]): void {
  const figure = ({ samples }: Subject, of: keyof Sample): number => median(samples.map((sample) => sample[of]));
  const shown = (each: Subject, of: keyof Sample): string => figure(each, of).toFixed(0);
  const best = ({ samples }: Subject): string => Math.min(...samples.map(({ wallMs }) => wallMs)).toFixed(0);
  const rows = subjects.map((each) => [
    each.name,
    shown(each, "wallMs"),
    best(each),
    shown(each, "cpuMs"),
    shown(each, "rssMiB"),
  ]);
  const table = markdownTable(["process", "wall ms", "best", "CPU ms", "RSS MiB"], rows);
  process.stdout.write(`${table}\n`);
  if (values.document !== undefined) insertReport(values.document, "bench:start", table);
  const goals = new Goals();
  for (const each of subjects.filter(({ name }) => name === 'import("agentmesh")')) {
    goals.add({ what: `${each.name}: wall ms`, value: figure(each, "wallMs"), max: IMPORT_MS_MAX, digits: 0 });
    goals.add({ what: `${each.name}: RSS MiB`, value: figure(each, "rssMiB"), max: IMPORT_MIB_MAX, digits: 0 });
  }
  process.exitCode = goals.report();
}
