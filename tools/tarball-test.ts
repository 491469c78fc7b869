/**
 * `node tools/tarball-test.ts`: packs every package, installs the tarballs into an empty folder as a user would, and
 * uses the result from there: every import, the types, the command, a plan over a real MCP server.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PackedMember, packWorkspace } from "./pack.ts";
import { runCommand } from "./run-command.ts";
import { root } from "./workspace-member.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "agentmesh-tarballs-")));
try {
  const members = await step("pack", () => packWorkspace(join(folder, "tarballs")));
  const installed = members.filter(({ folder: home }) => !home.startsWith("adapters/"));
  const home = join(folder, "project");
  await step("install into an empty folder", () => install(home, installed));
  await step("import every package", () => importAll(home, installed));
  await step("import the engine without the whole of zod", () => importLight(home));
  await step("check a program against the types", () => checkTypes(home, installed));
  await step("agentmesh --help", () => showHelp(home));
  await step("agentmesh run plan.json --json", () => runPlan(home));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const startedAtMs = performance.now();
  const result = await work();
  console.log(`${name}: ok (${Math.round(performance.now() - startedAtMs)} ms)`);
  return result;
}

function install(home: string, members: readonly PackedMember[]): void {
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{ "private": true, "type": "module" }\n');
  const tarballs = members.map(({ tarball }) => tarball);
  runCommand("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs], { cwd: home });
  assert.ok(!existsSync(join(home, "node_modules/node-llama-cpp")), "the command installs a local model for everybody");
}

function importAll(home: string, members: readonly PackedMember[]): void {
  const names = JSON.stringify(members.map(({ manifest }) => manifest.name));
  writeFileSync(join(home, "import-all.js"), `for (const name of ${names}) await import(name);\n`);
  runCommand("node", ["import-all.js"], { cwd: home });
}

/** Its hundred files took a third of the time of the import; the part that we use came along, and so does its licence. */
function importLight(home: string): void {
  const lines = [
    'import { registerHooks } from "node:module";',
    "registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });",
    'await import("agentmesh");',
  ];
  writeFileSync(join(home, "import-light.js"), lines.join("\n"));
  const loaded = runCommand("node", ["import-light.js"], { cwd: home }).split("\n");
  assert.ok(loaded.some((url) => url.includes("/node_modules/@agentmesh/core/")));
  assert.deepEqual(
    loaded.filter((url) => url.includes("/node_modules/zod/")),
    [],
  );
  const licences = readFileSync(join(home, "node_modules/@agentmesh/core/dist/licences-of-others.txt"), "utf8");
  assert.match(licences, /^zod\n[^]*MIT License/);
}

/** What a user's compiler sees. Declarations are not skipped, so that ours are checked; those of others are theirs. */
function checkTypes(home: string, members: readonly PackedMember[]): void {
  const imports = members.map(({ manifest }, index) => `import * as face${index} from "${manifest.name}";`);
  const uses = members.map((_, index) => `export const names${index} = Object.keys(face${index});`);
  writeFileSync(join(home, "faces.ts"), `${[...imports, ...uses].join("\n")}\n`);
  const compilerOptions = { strict: true, module: "nodenext", target: "es2024", noEmit: true, types: [] };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["faces.ts"] }));
  const problems = runCommand("tsc", ["-p", "."], { cwd: home, exitCode: "any" }).split("\n");
  assert.deepEqual(problems.filter(isOurs), []);
}

/** `node_modules/agentmesh/dist/index.d.ts(1,2): error ...`, and problems of no file, such as a broken configuration. */
function isOurs(line: string): boolean {
  return /^(error|faces\.ts|node_modules\/@?agentmesh\/)/.test(line);
}

function showHelp(home: string): void {
  assert.match(agentmesh(home, ["--help"]), /agentmesh/);
}

/** A plan file needs no model and no planner. */
function runPlan(home: string): void {
  const notes = join(home, "notes");
  mkdirSync(notes);
  writeFileSync(join(notes, "today.txt"), "water the plants");
  const server = join(root, "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
  const config = { mcpServers: { files: { command: "node", args: [server, notes] } } };
  writeFileSync(join(home, "agentmesh.config.json"), JSON.stringify(config));
  const plan = {
    mesh: 1,
    name: "read",
    inputs: { path: { type: "string" } },
    tasks: [{ id: "note", use: "files.read_text_file", args: { path: { $from: "inputs.path" } } }],
    output: { $from: "note.content" },
  };
  writeFileSync(join(home, "plan.json"), JSON.stringify(plan));
  const input = `path=${join(notes, "today.txt")}`;
  const lines = agentmesh(home, ["run", "plan.json", "--json", "--input", input]).trimEnd().split("\n");
  const result = JSON.parse(lines.at(-1) ?? "") as { readonly type: string; readonly status: string; output: unknown };
  assert.equal(result.type, "run.result");
  assert.equal(result.status, "succeeded");
  assert.equal(result.output, "water the plants");
}

function agentmesh(home: string, args: readonly string[]): string {
  return runCommand(join(home, "node_modules/.bin/agentmesh"), args, { cwd: home });
}
