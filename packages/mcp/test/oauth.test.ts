/** Servers that want a token: how one is got, renewed, kept and lost. Everything over HTTP, against a real issuer. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { inspect } from "node:util";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { SignInPerson } from "../src/auth/oauth-flow.ts";
import { OAuthSession, type OAuthSessionOptions } from "../src/auth/oauth-session.ts";
import { OAuthConfig } from "../src/auth/oauth-config.ts";
import { ResourceServerConfig } from "../src/auth/resource-server-config.ts";
import { ResourceServer } from "../src/auth/resource-server.ts";
import { MemoryTokenStore } from "../src/auth/token-store.ts";
import { letSignIn, listenForSignIn, McpServerConfig, type McpServerConfigInput, McpToolSource } from "../src/index.ts";
import {
  authorizationServer,
  type AuthorizationServerOptions,
  type TestAuthorizationServer,
} from "./fixtures/authorization-server.ts";
import { behaviourServer } from "./fixtures/behaviours.ts";
import { forbiddenUrls } from "./fixtures/forbidden-urls.ts";
import { countConnections } from "./fixtures/connection-count.ts";
import { httpEndpoint } from "./fixtures/http-servers.ts";
import { options, soon, testFile } from "./fixtures/sources.ts";

const CANARY = "canary-5f2e9b-secret";

interface Guarded {
  readonly url: string;
  readonly issuer: TestAuthorizationServer;
  /** Of the requests that came in: the Authorization header, absent or not. */
  readonly shown: (string | undefined)[];
  /** Tokens that are refused from now on, whatever they say. */
  readonly revoked: Set<string>;
}

interface GuardedOptions extends AuthorizationServerOptions {
  /** Scopes that tool calls need, and everything. */
  readonly callScopes?: readonly string[];
  readonly scopes?: readonly string[];
}

/** An MCP server that lets in who shows a token of the issuer for it. */
async function guardedServer(served: GuardedOptions = {}): Promise<Guarded> {
  const issuer = await authorizationServer(served);
  const shown: (string | undefined)[] = [];
  const revoked = new Set<string>();
  const handler = createMcpHandler(() => behaviourServer({}));
  onTestFinished(() => handler.close());
  const made: { guard?: ResourceServer } = {};
  const serve = toNodeHandler({ ...handler, fetch: answer } as never) as never as Parameters<typeof httpEndpoint>[0];
  async function answer(request: Request, more: never): Promise<Response> {
    const { guard } = made;
    if (guard === undefined) return new Response(null, { status: 503 });
    if (new URL(request.url).pathname === guard.metadataUrl.pathname) return guard.metadata();
    const header = request.headers.get("authorization") ?? undefined;
    shown.push(header);
    const asked = revoked.has(header?.slice(7) ?? "") ? new Request(request.url) : request;
    const { principal, response } = await guard.authenticate(asked);
    if (principal === undefined) return response;
    const isCall = (await request.clone().text()).includes('"tools/call"');
    const refused = isCall ? guard.requireScopes(principal, served.callScopes ?? []) : undefined;
    return refused ?? handler.fetch(request, more);
  }
  const { url } = await httpEndpoint(serve);
  made.guard = new ResourceServer({
    config: ResourceServerConfig.parse({ issuer: issuer.issuer, audience: url, scopes: served.scopes ?? [] }),
    resource: url,
    tenant: "default",
  });
  return { url, issuer, shown, revoked };
}

function program({ issuer }: Guarded, more: object = {}): object {
  return { grant: "client_credentials", issuer: issuer.issuer, clientId: "robot", clientSecret: CANARY, ...more };
}

function source(url: string, oauth: object, more: McpServerConfigInput = {}): McpToolSource {
  const config = McpServerConfig.parse({ url, auth: { oauth }, ...more });
  const made = new McpToolSource({ server: "vault", config });
  onTestFinished(() => made.close());
  return made;
}

function tokenRequests({ issuer }: Guarded, kind: string): readonly URLSearchParams[] {
  return issuer
    .asks("/token")
    .map(({ params }) => params)
    .filter((params) => params.get("grant_type") === kind);
}

/** Follows the page of the issuer by itself, as a person would who clicks at once. */
function person(change: (back: URLSearchParams) => void = () => {}): SignInPerson & { readonly sent: URL[] } {
  const sent: URL[] = [];
  return {
    sent,
    redirectUrl: "http://127.0.0.1:9/callback",
    authorize: async (url) => {
      sent.push(url);
      const response = await fetch(url, { redirect: "manual" });
      const back = new URL(response.headers.get("location") ?? "").searchParams;
      change(back);
      return back;
    },
  };
}

/** A source for a person who signs in, and what their sign-in is kept in. */
async function personal({ url, issuer }: Guarded, who: SignInPerson, oauth: object = {}): Promise<McpToolSource> {
  const config = McpServerConfig.parse({ url, auth: { oauth: { issuer: issuer.issuer, clientId: "app", ...oauth } } });
  await letSignIn(config, who);
  const made = new McpToolSource({ server: "vault", config });
  onTestFinished(() => made.close());
  return made;
}

let configFolder = "";

beforeEach(() => {
  configFolder = testFile("config");
  mkdirSync(configFolder);
  vi.stubEnv("XDG_CONFIG_HOME", configFolder);
});

afterEach(() => vi.unstubAllEnvs());

describe("a program with a secret", () => {
  test("gets a token for this server and calls with it", async () => {
    const server = await guardedServer({ scopes: ["mesh:run"] });
    const vault = source(server.url, program(server));
    expect(await vault.connect(soon())).toMatchObject({ state: "ready" });
    await vault.call("echo", { text: "hi" }, options());
    const [asked, ...more] = tokenRequests(server, "client_credentials");
    expect(more).toEqual([]);
    expect(asked?.get("resource")).toBe(server.url);
    expect(asked?.get("scope")).toBe("mesh:run");
    const basic = Buffer.from(`robot:${CANARY}`).toString("base64");
    expect(server.issuer.asks("/token")[0]?.authorization).toBe(`Basic ${basic}`);
    expect(decodeJwt(server.shown.at(-1)?.slice(7) ?? "").aud).toBe(server.url);
  });

  test("may prove itself with a key in place of the secret", async () => {
    const server = await guardedServer();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    const oauth = program(server, { clientSecret: undefined, privateKey: pem, algorithm: "ES256" });
    expect(await source(server.url, oauth).connect(soon())).toMatchObject({ state: "ready" });
    const [asked] = tokenRequests(server, "client_credentials");
    expect(asked?.get("client_assertion_type")).toContain("jwt-bearer");
    expect(decodeJwt(asked?.get("client_assertion") ?? "")).toMatchObject({ iss: "robot", aud: server.issuer.issuer });
  });

  test("shows its secret and its headers to nobody else", async () => {
    const server = await guardedServer();
    const headers = { "x-api-key": CANARY };
    await source(server.url, program(server), { headers }).connect(soon());
    expect(server.issuer.asked.length).toBeGreaterThan(0);
    for (const asked of server.issuer.asked) expect(asked.headers).not.toHaveProperty("x-api-key");
  });

  test("does not ask an issuer that is not the configured one", async () => {
    const server = await guardedServer();
    const other = await authorizationServer();
    const { error } = await source(server.url, program(server, { issuer: other.issuer })).connect(soon());
    expect(error).toMatchObject({ code: "AM_SERVER_UNAUTHORISED" });
    expect([...server.issuer.asks("/token"), ...other.asks("/token")]).toEqual([]);
  });
});

describe("a token that has ended", () => {
  test("is renewed once for ten calls that come at the same time", async () => {
    const server = await guardedServer();
    const vault = source(server.url, program(server));
    await vault.connect(soon());
    server.revoked.add(server.shown.at(-1)?.slice(7) ?? "");
    const before = tokenRequests(server, "client_credentials").length;
    const calls = Array.from({ length: 10 }, (_, index) => vault.call("echo", { text: `${index}` }, options()));
    expect((await Promise.all(calls)).length).toBe(10);
    expect(tokenRequests(server, "client_credentials").length - before).toBe(1);
  });

  test("is renewed once for all connections of a server", async () => {
    const server = await guardedServer();
    const config = McpServerConfig.parse({ url: server.url, auth: { oauth: program(server) } });
    const sources = Array.from({ length: 4 }, () => new McpToolSource({ server: "vault", config }));
    onTestFinished(async () => void (await Promise.all(sources.map((each) => each.close()))));
    await Promise.all(sources.map((each) => each.connect(soon())));
    expect(tokenRequests(server, "client_credentials").length).toBe(1);
    server.revoked.add(server.shown.at(-1)?.slice(7) ?? "");
    await Promise.all(sources.map((each) => each.call("echo", { text: "x" }, options())));
    expect(tokenRequests(server, "client_credentials").length).toBe(2);
  });

  test("is renewed before it ends", async () => {
    const server = await guardedServer({ tokenSeconds: 60 });
    const vault = source(server.url, program(server));
    await vault.connect(soon());
    const before = server.shown.length;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 55_000 });
    onTestFinished(() => void vi.useRealTimers());
    await vault.call("echo", { text: "x" }, options());
    expect(tokenRequests(server, "client_credentials").length).toBe(2);
    // Nothing was refused: the new one was shown at once.
    expect(server.shown.length - before).toBe(1);
  });

  test("that cannot be renewed fails the calls that wait for it, once, and says why", async () => {
    const refusing = { now: false };
    const server = await guardedServer({
      answer: ({ path }) =>
        refusing.now && path === "/token"
          ? { status: 401, body: { error: "invalid_client", error_description: CANARY } }
          : undefined,
    });
    const vault = source(server.url, program(server));
    await vault.connect(soon());
    refusing.now = true;
    server.revoked.add(server.shown.at(-1)?.slice(7) ?? "");
    const before = tokenRequests(server, "client_credentials").length;
    const calls = Array.from({ length: 10 }, () =>
      vault.call("echo", { text: "x" }, options()).catch((error: unknown) => error),
    );
    const outcomes = await Promise.all(calls);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ outcome: "refused", code: "AM_TOOL_UNAVAILABLE" });
    expect(tokenRequests(server, "client_credentials").length - before).toBe(1);
    expect(inspect(outcomes, { depth: 20 })).not.toContain(CANARY);
  });
});

describe("a server that wants more", () => {
  test("is given a token that allows more, and keeps what was allowed before", async () => {
    const server = await guardedServer({ scopes: ["mesh:read"], callScopes: ["mesh:write"] });
    const vault = source(server.url, program(server));
    await vault.connect(soon());
    await vault.call("echo", { text: "x" }, options());
    const scopes = tokenRequests(server, "client_credentials").map((params) => params.get("scope"));
    expect(scopes).toEqual(["mesh:read", "mesh:read mesh:write"]);
  });

  test("and is never content is not asked without end", async () => {
    const server = await guardedServer({
      callScopes: ["mesh:write"],
      answer: () => undefined,
    });
    const { issue } = server.issuer;
    server.issuer.issue = (claims, header) => issue.call(server.issuer, { ...claims, scope: "mesh:read" }, header);
    const vault = source(server.url, program(server));
    await vault.connect(soon());
    const outcome = await vault.call("echo", { text: "x" }, options()).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: "AM_TOOL_UNAVAILABLE" });
    expect(tokenRequests(server, "client_credentials").length).toBeLessThanOrEqual(3);
  });
});

describe("a person", () => {
  test("who has not signed in is told how to", async () => {
    const server = await guardedServer();
    const vault = source(server.url, { issuer: server.issuer.issuer, clientId: "app" });
    expect((await vault.connect(soon())).error).toMatchObject({
      code: "AM_SERVER_UNAUTHORISED",
      message: expect.stringContaining("somebody has to sign in first") as unknown,
      hint: "Sign in once with: agentmesh login vault",
    });
  });

  test("signs in once, with a proof, for this server", async () => {
    const server = await guardedServer();
    const who = person();
    const vault = await personal(server, who);
    expect(await vault.connect(soon())).toMatchObject({ state: "ready" });
    await vault.call("echo", { text: "x" }, options());
    expect(who.sent.length).toBe(1);
    const asked = who.sent[0]?.searchParams;
    expect(asked?.get("code_challenge_method")).toBe("S256");
    expect(asked?.get("resource")).toBe(server.url);
    expect(asked?.get("state")?.length).toBeGreaterThanOrEqual(40);
    expect(tokenRequests(server, "authorization_code")[0]?.get("resource")).toBe(server.url);
  });

  test("is remembered in a file that nobody else can read", async () => {
    const server = await guardedServer();
    await (await personal(server, person())).connect(soon());
    const folder = `${configFolder}/agentmesh/sign-ins`;
    const [file = ""] = readdirSync(folder);
    expect(statSync(`${folder}/${file}`).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(file).toMatch(/^[0-9a-f]{32}\.json$/);
    const again = source(server.url, { issuer: server.issuer.issuer, clientId: "app" });
    expect(await again.connect(soon())).toMatchObject({ state: "ready" });
    expect(readdirSync(folder).length).toBe(1);
  });

  test("is not asked again when the token ends: it is refreshed, once for ten calls", async () => {
    const server = await guardedServer();
    const who = person();
    const vault = await personal(server, who);
    await vault.connect(soon());
    server.revoked.add(server.shown.at(-1)?.slice(7) ?? "");
    await Promise.all(Array.from({ length: 10 }, () => vault.call("echo", { text: "x" }, options())));
    expect(tokenRequests(server, "refresh_token").length).toBe(1);
    expect(who.sent.length).toBe(1);
    const stored = readFileSync(
      `${configFolder}/agentmesh/sign-ins/${readdirSync(`${configFolder}/agentmesh/sign-ins`)[0]}`,
      "utf8",
    );
    expect(stored).not.toContain(tokenRequests(server, "refresh_token")[0]?.get("refresh_token"));
  });

  test("is asked again when nothing is left to refresh with", async () => {
    const server = await guardedServer();
    const who = person();
    const vault = await personal(server, who);
    await vault.connect(soon());
    await vault.connect(soon());
    server.issuer.forget();
    server.revoked.add(server.shown.at(-1)?.slice(7) ?? "");
    await vault.call("echo", { text: "x" }, options());
    expect(who.sent.length).toBe(2);
  });

  test("may be registered when that is allowed, and not otherwise", async () => {
    const server = await guardedServer();
    expect(await (await personal(server, person(), { clientId: undefined })).connect(soon())).toMatchObject({
      state: "failed",
    });
    expect(server.issuer.asks("/register")).toEqual([]);
    const allowed = await personal(server, person(), { clientId: undefined, register: true });
    expect(await allowed.connect(soon())).toMatchObject({ state: "ready" });
    expect(server.issuer.asks("/register").length).toBe(1);
  });

  test.each<[string, (back: URLSearchParams) => void]>([
    ["another state", (back) => back.set("state", "forged")],
    ["no state", (back) => back.delete("state")],
    ["another issuer", (back) => back.set("iss", "https://evil.example.com")],
    ["no issuer, where it promised one", (back) => back.delete("iss")],
    ["no code", (back) => back.delete("code")],
  ])("who comes back with %s is not signed in, and no code is redeemed", async (_what, change) => {
    const server = await guardedServer();
    const { error } = await (await personal(server, person(change))).connect(soon());
    expect(error).toMatchObject({ code: "AM_SERVER_UNAUTHORISED" });
    expect(server.issuer.asks("/token")).toEqual([]);
  });

  // oxlint-disable-next-line no-script-url -- it is what must not be opened
  test.each(["javascript:alert(1)", "file:///etc/passwd", "ms-msdt:/id", "data:text/html,x"])(
    "is never sent to %s",
    async (page) => {
      const server = await guardedServer({ metadata: { authorization_endpoint: page } });
      const who = person();
      expect(await (await personal(server, who)).connect(soon())).toMatchObject({ state: "failed" });
      expect(who.sent).toEqual([]);
    },
  );
});

test("a person comes back to this machine, and nobody else is let in there", async () => {
  const server = await guardedServer();
  const knocks: number[] = [];
  await using listener = await listenForSignIn({
    port: 0,
    show: (page) => void visit(page),
  });
  async function visit(page: URL): Promise<void> {
    const callback = listener.redirectUrl;
    const state = page.searchParams.get("state") ?? "";
    for (const path of ["?code=x", "?code=x&state=forged", `/../other?state=${state}`])
      knocks.push((await fetch(callback + path)).status);
    knocks.push((await fetch(callback, { method: "POST", body: `state=${state}` })).status);
    knocks.push((await fetch(page)).status);
    knocks.push((await fetch(`${callback}?code=x&state=${state}`)).status);
  }
  expect(new URL(listener.redirectUrl).hostname).toBe("127.0.0.1");
  const vault = await personal(server, listener);
  expect(await vault.connect(soon())).toMatchObject({ state: "ready" });
  await vi.waitFor(() => expect(knocks).toEqual([400, 400, 400, 400, 200, 400]), { timeout: 30_000 });
});

test("what a server names for its sign-in leads nowhere near this machine, however it is spelled", async () => {
  const named = { url: "" };
  let asked = 0;
  const { url } = await httpEndpoint((_request, response) => {
    asked += 1;
    const challenge = `Bearer resource_metadata="${named.url}"`;
    const isHeader = /^[\t\x20-\x7e\x80-\xff]*$/.test(challenge);
    response.writeHead(401, { connection: "close", ...(isHeader && { "www-authenticate": challenge }) }).end();
  });
  const other = await httpEndpoint((_request, response) => void response.end("{}"));
  const count = countConnections();
  const strayed: string[] = [];
  for (const each of forbiddenUrls(other.port)) {
    named.url = each;
    const before = asked - count.begun;
    const { error } = await source(url, { clientId: "app", register: true }).connect(soon());
    expect(error).toBeDefined();
    // Every connection that was begun is one that the server itself saw.
    if (asked - count.begun !== before) strayed.push(each);
  }
  expect(strayed).toEqual([]);
  expect(asked).toBeGreaterThan(120);
});

/** A session without a server: what it asks of the issuer is all that there is. */
function session(changes: Partial<OAuthSessionOptions> & { readonly config: OAuthConfig }): OAuthSession {
  return new OAuthSession({
    resource: "https://mcp.example.com/mcp",
    fetch,
    store: new MemoryTokenStore(),
    ...changes,
  });
}

test("what an issuer says when it refuses is in no error and on no stream", async () => {
  const warned: unknown[] = [];
  vi.spyOn(console, "warn").mockImplementation((...words: unknown[]) => void warned.push(...words));
  const server = await guardedServer({
    answer: ({ path, params }) =>
      path === "/token"
        ? { status: 400, body: { error: "invalid_grant", error_description: `${CANARY} ${String(params)}` } }
        : undefined,
  });
  const config = OAuthConfig.parse(program(server));
  const made = session({ config, resource: server.url });
  const error: unknown = await made.renew(undefined, {}).catch((error_: unknown) => error_);
  expect(error).toMatchObject({ code: "AM_SIGN_IN_FAILED" });
  expect(inspect([error, warned], { depth: 20, showHidden: true })).not.toContain(CANARY);
  vi.restoreAllMocks();
});
