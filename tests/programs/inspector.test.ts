/** The CLI of MCP Inspector, which nobody here wrote, at `agentmesh mcp` and at `agentmesh serve`. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { officialServers } from "../servers/official-servers.ts";

const LAUNCHER = join(import.meta.dirname, "../../apps/cli/bin/agentmesh.mjs");
const INSPECTOR = join(
  import.meta.dirname,
  "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const SECRET = "a secret of this test, and of no other one";
const ISSUER = "https://issuer.example";
const AUTH = { issuer: ISSUER, audience: "mesh", secret: SECRET, tenantClaim: "tenant" };
/** Exit codes of the Inspector. */
const EXIT = { ok: 0, auth: 3, toolError: 5 };
const GREET = {
  mesh: 1,
  name: "greet",
  note: "Greets somebody.",
  inputs: { who: { type: "string", description: "Whom to greet" } },
  tasks: [{ id: "said", use: "everything.echo", args: { message: "Hello, {{ inputs.who }}!" } }],
  output: { text: "{{ said.text }}" },
};

type Era = "legacy" | "modern";
const WAYS = (["stdio", "HTTP"] as const).flatMap((transport) =>
  (["legacy", "modern"] as const).map((era): readonly [Era, "stdio" | "HTTP"] => [era, transport]),
);

/** A folder with a workflow and a tool that are served; gone with the test. */
function servedFolder(serve: object = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "agentmesh-inspector-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { everything } = officialServers(folder);
  const config = {
    mcpServers: { everything },
    workflows: { greet: "greet.json" },
    expose: { tools: ["everything.get-sum"] },
    serve: { port: 0, ...serve },
  };
  writeFileSync(join(folder, "agentmesh.config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "greet.json"), JSON.stringify(GREET));
  return folder;
}

const environmentIn = (folder: string) => ({ PATH: process.env["PATH"], HOME: folder, AGENTMESH_NO_MODEL: "1" });

/** Where `agentmesh serve` of this folder listens; it ends with the test. */
async function serving(folder: string): Promise<string> {
  const server: ChildProcess = spawn(process.execPath, [LAUNCHER, "serve", "--json"], {
    cwd: folder,
    env: environmentIn(folder),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    server.kill("SIGTERM");
    if (server.exitCode === null) await once(server, "exit");
  });
  const lines = createInterface({ input: server.stdout ?? process.stdin });
  const [line] = (await once(lines, "line")) as [string];
  return (JSON.parse(line) as { readonly mcp: string }).mcp;
}

interface Inspected {
  readonly exit: number;
  readonly result: { readonly [name: string]: unknown };
  readonly stderr: string;
}

/** Asks a server as the Inspector does. `target`: what it starts, or connects to. */
async function inspect(folder: string, target: readonly string[], ...words: readonly string[]): Promise<Inspected> {
  const options = { cwd: folder, env: environmentIn(folder) };
  const args = [INSPECTOR, "--cli", ...target, "--stored-auth-only", "--format", "json", ...words];
  const { promise, resolve } = Promise.withResolvers<Inspected>();
  execFile(process.execPath, args, options, (error, stdout, stderr) => {
    const [line = ""] = stdout.split("\n");
    const { result = {} } = (line === "" ? {} : JSON.parse(line)) as { readonly result?: Inspected["result"] };
    resolve({ exit: error === null ? 0 : Number(error.code), result, stderr });
  });
  return await promise;
}

function token(tenant: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const claims = { iss: ISSUER, aud: AUTH.audience, exp, sub: "ann", tenant };
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${body}.${createHmac("sha256", SECRET).update(body).digest("base64url")}`;
}

const bearer = (shown: string) => ["--header", `Authorization: Bearer ${shown}`];

describe.each(WAYS)("the Inspector, as a client of the %s era over %s", (era, transport) => {
  test("lists what is served, and calls it", { timeout: 180_000 }, async () => {
    const folder = servedFolder();
    const target = transport === "HTTP" ? [await serving(folder)] : [process.execPath, LAUNCHER, "mcp"];
    const ask = (method: string, ...words: readonly string[]) =>
      inspect(folder, target, "--protocol-era", era, "--method", method, ...words);

    // In its strict way it complains, on standard error, of every schema that some host would not take.
    const tools = await ask("tools/list", "--strict");
    expect(tools).toMatchObject({
      exit: EXIT.ok,
      stderr: "",
      result: { tools: [{ name: "run" }, { name: "greet" }, { name: "everything__get-sum" }] },
    });
    const greeted = await ask("tools/call", "--tool-name", "greet", "--tool-arg", "who=Ann");
    expect(greeted.result).toMatchObject({ structuredContent: { text: "Echo: Hello, Ann!" } });
    const summed = await ask("tools/call", "--tool-name", "everything__get-sum", "--tool-args-json", '{"a":2,"b":40}');
    expect(JSON.stringify(summed.result["content"])).toContain("42");
    const wrong = await ask("tools/call", "--tool-name", "greet");
    expect(wrong.exit).toBe(EXIT.toolError);
    expect(JSON.stringify(wrong.result)).toContain("AM_ARGUMENT_INVALID");

    const { resources } = (await ask("resources/list")).result as { readonly resources: readonly { uri: string }[] };
    expect(resources).toMatchObject([{ title: "everything.get-sum" }, { title: "greet" }]);
    const read = await ask("resources/read", "--uri", resources[1]?.uri ?? "");
    expect(JSON.stringify(read.result)).toContain("Hello, Ann!");
    expect((await ask("prompts/list")).result).toMatchObject({
      prompts: [{ name: "greet", arguments: [{ name: "who", required: true }] }],
    });
  });
});

test("the Inspector is let in with a token of its tenant, and with no other", { timeout: 180_000 }, async () => {
  const folder = servedFolder({ auth: AUTH });
  const target = [await serving(folder)];
  const list = (...words: readonly string[]) => inspect(folder, target, "--method", "resources/list", ...words);
  for (const era of ["legacy", "modern"]) {
    const refused = await list("--protocol-era", era);
    expect(refused).toMatchObject({ exit: EXIT.auth, stderr: expect.stringContaining("auth_required") });
    const forged = await list("--protocol-era", era, ...bearer(`${token("acme").slice(0, -4)}AAAA`));
    expect(forged.exit).toBe(EXIT.auth);
    const call = ["--method", "tools/call", "--tool-name", "greet", "--tool-arg", "who=Ann"];
    const called = await inspect(folder, target, ...call, "--protocol-era", era, ...bearer(token(`${era}-tenant`)));
    expect(called.result).toMatchObject({ structuredContent: { text: "Echo: Hello, Ann!" } });
    expect(await list("--protocol-era", era, ...bearer(token(`${era}-tenant`)))).toMatchObject({
      exit: EXIT.ok,
      result: { resources: [{ title: "greet" }] },
    });
  }
});
