/** Callers with tokens of two tenants at one server: none sees what is another's. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { loadConfig } from "@agentmesh/runtime";
import { expect, onTestFinished, test } from "vitest";
import { startHttpServer } from "../src/index.ts";

const SECRET = "a secret of this test, and of no other one";
const ISSUER = "https://issuer.example";
const AUDIENCE = "mesh";
const PLAN = {
  mesh: 1,
  name: "sign",
  tasks: [{ id: "ok", use: "mesh.approve", args: { message: "Shall it?" } }],
  output: { $from: "ok.approved" },
};

function token(tenant: string, sub: string, secret = SECRET): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iss: ISSUER, aud: AUDIENCE, exp, sub, tenant })}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

async function guardedServer(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agentmesh-server-"));
  await writeFile(join(folder, "sign.json"), JSON.stringify(PLAN));
  const auth = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET, tenantClaim: "tenant" };
  const serve = { port: 0, auth };
  await writeFile(join(folder, "agentmesh.config.json"), JSON.stringify({ workflows: { sign: "sign.json" }, serve }));
  const loaded = await loadConfig({ workingDirectory: folder, environment: {} });
  const server = await startHttpServer(loaded, { version: "0.0.0" });
  onTestFinished(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return `${server.url}/mcp`;
}

async function client(url: string, bearer: string, era: "2025-11-25" | "2026-07-28"): Promise<Client> {
  const mode = era === "2025-11-25" ? ("legacy" as const) : { pin: era };
  const connected = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
  onTestFinished(() => connected.close());
  const requestInit = { headers: { authorization: `Bearer ${bearer}` } };
  await connected.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return connected;
}

test.each(["2025-11-25", "2026-07-28"] as const)("runs of another tenant are not there, in %s", async (era) => {
  const url = await guardedServer();
  const ann = await client(url, token("acme", "ann"), era);
  const bob = await client(url, token("umbrella", "bob"), era);
  const { content } = await ann.callTool({ name: "sign" });
  const [run = ""] = /r_\w+/.exec(JSON.stringify(content)) ?? [];
  expect(run).not.toBe("");
  const uri = `agentmesh://runs/${run}`;
  const listed = async (by: Client) => (await by.listResources()).resources.map((resource) => resource.uri);
  expect(await listed(ann)).toEqual([uri]);
  expect(await listed(bob)).toEqual([]);
  expect(JSON.stringify(await ann.readResource({ uri }))).toContain("Shall it?");
  for (const part of [uri, `${uri}/trace`])
    await expect(bob.readResource({ uri: part })).rejects.toMatchObject({ code: -32_602 });
});

test("who shows no token, or a forged one, is told whom to ask for one", async () => {
  const url = await guardedServer();
  for (const headers of [
    {},
    { authorization: `Bearer ${token("acme", "ann", "another secret, as long as that one")}` },
  ]) {
    const { status, headers: answered } = await fetch(url, { method: "POST", headers, body: "{}" });
    expect(status).toBe(401);
    const [, metadata = ""] = /resource_metadata="([^"]+)"/.exec(answered.get("www-authenticate") ?? "") ?? [];
    expect(await (await fetch(metadata)).json()).toMatchObject({ resource: url, authorization_servers: [ISSUER] });
  }
});
