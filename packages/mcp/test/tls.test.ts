/** HTTP servers behind TLS, and those that want to see a certificate. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServerStatus } from "@agentmesh/ports";
import { serverTlsMaterial, type ServerTlsConfig } from "../src/http/tls-config.ts";
import type { McpServerConfigInput } from "../src/index.ts";
import { behaviourServer } from "./fixtures/behaviours.ts";
import { testAuthority } from "./fixtures/certificates.ts";
import { soon, testFile, testSource } from "./fixtures/sources.ts";

async function tlsEndpoint(tls: ServerTlsConfig): Promise<string> {
  const handler = createMcpHandler(() => behaviourServer({}));
  const handle = toNodeHandler(handler) as (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer(serverTlsMaterial(tls), handle).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    await handler.close();
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `https://localhost:${(server.address() as AddressInfo).port}/mcp`;
}

function connected(config: McpServerConfigInput): Promise<ServerStatus> {
  return testSource(config, "vault").connect(soon());
}

describe("a server behind TLS", () => {
  test("is reached with the authority that is configured, as a file or as text", async () => {
    const { ca, issue } = await testAuthority();
    const url = await tlsEndpoint(await issue("localhost"));
    const file = testFile("ca.pem");
    writeFileSync(file, ca);
    expect(await connected({ url, tls: { ca } })).toMatchObject({ state: "ready" });
    expect(await connected({ url, tls: { ca: file } })).toMatchObject({ state: "ready" });
  });

  test("of an authority that nobody knows is not talked to", async () => {
    const { issue } = await testAuthority();
    const other = await testAuthority();
    const url = await tlsEndpoint(await issue("localhost"));
    for (const tls of [undefined, { ca: other.ca }]) {
      expect((await connected({ url, ...(tls && { tls }) })).error).toMatchObject({
        code: "AM_SERVER_UNREACHABLE",
        message: expect.stringContaining("its certificate is of an authority that is not known here") as unknown,
      });
    }
  });

  test("with the certificate of another host is talked to only under that name", async () => {
    const { ca, issue } = await testAuthority();
    const url = await tlsEndpoint(await issue("vault.example.com"));
    expect((await connected({ url, tls: { ca } })).error?.message).toContain("its certificate is for another host");
    expect(await connected({ url, tls: { ca, serverName: "vault.example.com" } })).toMatchObject({ state: "ready" });
  });

  test("whose certificate has expired is not talked to", async () => {
    const { ca, issue } = await testAuthority();
    const url = await tlsEndpoint(await issue("localhost", { expired: true }));
    expect((await connected({ url, tls: { ca } })).error?.message).toContain("its certificate has expired");
  });
});

describe("a server that wants a certificate of its client", () => {
  test("is reached with one of the authority that it names, and with no other", async () => {
    const { ca, issue } = await testAuthority();
    const clients = await testAuthority("Clients");
    const url = await tlsEndpoint({ ...(await issue("localhost")), clientCa: clients.ca });
    const known = await clients.issue("agentmesh");
    const stranger = await (await testAuthority("Strangers")).issue("agentmesh");
    expect(await connected({ url, tls: { ca, ...known } })).toMatchObject({ state: "ready" });
    expect(await connected({ url, tls: { ca } })).toMatchObject({ state: "failed" });
    expect(await connected({ url, tls: { ca, ...stranger } })).toMatchObject({ state: "failed" });
  });
});

test("a file that cannot be read, or is none, is named, and nothing of what it holds", async () => {
  const file = testFile("ca.pem");
  const tls = { ca: file };
  const gone = await connected({ url: "https://localhost:1/", tls });
  expect(gone.error).toMatchObject({
    code: "AM_TLS_MATERIAL",
    message: `The file "${file}" of tls.ca cannot be read.`,
  });
  writeFileSync(file, "hunter2");
  const wrong = await connected({ url: "https://localhost:1/", tls });
  expect(wrong.error?.message).toBe(`The file "${file}" of tls.ca holds no PEM text.`);
  expect(JSON.stringify(wrong)).not.toContain("hunter2");
});
