/** The launcher as a user meets it: started as a process, on a Node that is new enough and on ones that are too old. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";

const repositoryNode = join(import.meta.dirname, "../../../node_modules/node");
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A command line that starts a Node: the one of these tests, or one that is too old. */
interface NodeUnderTest {
  readonly name: string;
  readonly version: string;
  readonly command: readonly [string, ...string[]];
}

const newNode: NodeUnderTest = { name: "this Node", version: process.version, command: [process.execPath] };

/** This Node with the version of an old one: what the launcher sees, on every machine. */
const disguisedNode: NodeUnderTest = {
  name: "a Node that says it is 20",
  version: "v20.1.0",
  command: [
    process.execPath,
    "--import",
    `data:text/javascript,${encodeURIComponent(
      'for (const [key, value] of [["version", "v20.1.0"], ["versions", { ...process.versions, node: "20.1.0" }]]) Object.defineProperty(process, key, { value });',
    )}`,
  ],
};

/** The old Nodes of this machine, if any: the real thing. */
function oldNodesOfPath(): NodeUnderTest[] {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  const nodes = new Set(candidates.filter((path) => existsSync(path)).map((path) => realpathSync(path)));
  return [...nodes].flatMap((path) => {
    const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const major = Number.parseInt(stdout.slice(1), 10);
    if (status !== 0 || major < 18 || major >= 24) return [];
    return [{ name: `${path} (${stdout.trim()})`, version: stdout.trim(), command: [path] as const }];
  });
}

const oldNodes = [disguisedNode, ...oldNodesOfPath()];

/** Lays out an installed package whose program is `main`; returns the path of its launcher. */
async function installed(main: string, options: { hasNodeBeside: boolean }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agentmesh-launcher-"));
  folders.push(folder);
  const home = join(folder, "node_modules", "agentmesh");
  await mkdir(join(home, "dist"), { recursive: true });
  await cp(import.meta.dirname, join(home, "bin"), { recursive: true });
  await writeFile(join(home, "package.json"), '{ "type": "module" }');
  await writeFile(join(home, "dist", "main.js"), main);
  if (options.hasNodeBeside) await symlink(repositoryNode, join(folder, "node_modules", "node"));
  return join(home, "bin", "agentmesh.mjs");
}

function run(node: NodeUnderTest, launcher: string, args: readonly string[] = []) {
  const [command, ...flags] = node.command;
  const { status, stdout, stderr } = spawnSync(command, [...flags, launcher, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Starts a program and waits until it reports. */
async function started(node: NodeUnderTest, launcher: string) {
  const [command, ...flags] = node.command;
  const program = spawn(command, [...flags, launcher]);
  await once(program.stdout, "data");
  return { process: program, ended: once(program, "exit") };
}

const report = "console.log(JSON.stringify([process.versions.node.split('.')[0], ...process.argv.slice(2)]));";
const stayAlive = "setInterval(() => {}, 1000);";

describe("the agentmesh launcher", () => {
  test("runs the program in its own process on a Node that is new enough", async () => {
    const launcher = await installed(`${report} process.exitCode = 3;`, { hasNodeBeside: false });
    const major = process.versions.node.split(".")[0];
    expect(run(newNode, launcher, ["run", "a b"])).toEqual({
      status: 3,
      stdout: `["${major}","run","a b"]\n`,
      stderr: "",
    });
  });

  test("runs the source where there is one: in the repository", async () => {
    const launcher = await installed("console.log('the build');", { hasNodeBeside: false });
    const source = join(launcher, "../../src");
    await mkdir(source);
    await writeFile(join(source, "main.ts"), "console.log('the source' satisfies string);");
    // Node runs no TypeScript below node_modules, so this stands where a repository would.
    const repository = join(launcher, "../../../../repository");
    await cp(join(launcher, "../.."), repository, { recursive: true });
    expect(run(newNode, join(repository, "bin", "agentmesh.mjs")).stdout).toBe("the source\n");
  });
});

describe.each(oldNodes)("the agentmesh launcher on $name", (oldNode) => {
  test("hands over to the Node that is installed beside it", async () => {
    const launcher = await installed(`${report} process.exitCode = 3;`, { hasNodeBeside: true });
    expect(run(oldNode, launcher, ["run", "a b"])).toEqual({ status: 3, stdout: '["24","run","a b"]\n', stderr: "" });
  });

  test("says in one line what it needs when there is none, and exits with 2", async () => {
    const launcher = await installed(report, { hasNodeBeside: false });
    const { status, stdout, stderr } = run(oldNode, launcher);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      `agentmesh needs Node 24 or newer; this is ${oldNode.version}. ` +
        "Install it from https://nodejs.org or next to agentmesh with: npm install node@24\n",
    );
  });

  test("passes signals on and ends with the program's own exit code", async () => {
    const main = `process.on("SIGTERM", () => process.exit(5)); ${report} ${stayAlive}`;
    const program = await started(oldNode, await installed(main, { hasNodeBeside: true }));
    program.process.kill("SIGTERM");
    expect(await program.ended).toEqual([5, null]);
  });

  test("passes an interrupt on when no terminal does", async () => {
    const main = `process.on("SIGINT", () => process.exit(130)); ${report} ${stayAlive}`;
    const program = await started(oldNode, await installed(main, { hasNodeBeside: true }));
    program.process.kill("SIGINT");
    expect(await program.ended).toEqual([130, null]);
  });

  test("ends by the signal that ended the program", async () => {
    const main = `${report} setTimeout(() => process.kill(process.pid, "SIGKILL"), 10); ${stayAlive}`;
    const program = await started(oldNode, await installed(main, { hasNodeBeside: true }));
    expect(await program.ended).toEqual([null, "SIGKILL"]);
  });

  test("does not leave the program behind when it is killed", async () => {
    const program = await started(oldNode, await installed(`${report} ${stayAlive}`, { hasNodeBeside: true }));
    // The program holds the output too: its end closes the pipe, the launcher's alone does not.
    const closed = once(program.process, "close");
    program.process.kill("SIGKILL");
    await closed;
    expect(await program.ended).toEqual([null, "SIGKILL"]);
  });
});
