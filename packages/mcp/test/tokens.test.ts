/** Whom the server lets in: real keys, a real issuer over HTTP, and everything that is not the token it asks for. */
import { createHmac, randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from "jose";
import * as fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ResourceServerConfig } from "../src/auth/resource-server-config.ts";
import { ResourceServer } from "../src/auth/resource-server.ts";
import { authorizationServer, TestAuthorizationServer } from "./fixtures/authorization-server.ts";

const RESOURCE = "https://mesh.example.com/mcp";
const SECRET = "a secret of thirty-two characters at least";

type HeadersInit = ConstructorParameters<typeof Headers>[0];

interface Shown {
  readonly status: number;
  readonly challenge: string;
  readonly principal: unknown;
}

function guard(config: object): ResourceServer {
  return new ResourceServer({
    config: ResourceServerConfig.parse({ audience: RESOURCE, ...config }),
    resource: RESOURCE,
    tenant: "default",
  });
}

async function show(
  server: ResourceServer,
  headers: NonNullable<HeadersInit> | string,
  url = RESOURCE,
): Promise<Shown> {
  const shown = typeof headers === "string" ? { authorization: `Bearer ${headers}` } : headers;
  const { principal, response } = await server.authenticate(new Request(url, { headers: shown }));
  return { status: response?.status ?? 200, challenge: response?.headers.get("www-authenticate") ?? "", principal };
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

const GOOD = { aud: RESOURCE, scope: "read write", org: "acme" };

describe("a token of the issuer for this server", () => {
  test("says who asks, and nothing of itself is passed on", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer, tenantClaim: "org" });
    const token = await issuer.issue(GOOD);
    const { principal } = await show(server, token);
    expect(principal).toEqual({ tenant: "acme", subject: "alice", scopes: ["read", "write"] });
    expect(JSON.stringify(principal)).not.toContain(token.slice(0, 20));
  });

  test("is verified with the keys that are given, and nobody is asked", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer, jwks: await issuer.keySet() });
    expect(await show(server, await issuer.issue(GOOD))).toMatchObject({ status: 200 });
    expect(issuer.asked).toEqual([]);
  });

  test("is verified with keys that are fetched once", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer });
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.issue(GOOD)));
    const shown = await Promise.all(tokens.map((token) => show(server, token)));
    expect(shown.map(({ status }) => status)).toEqual(tokens.map(() => 200));
    expect(issuer.asks("/jwks").length).toBe(1);
    expect(issuer.asks("/.well-known/oauth-authorization-server").length).toBe(1);
  });

  test("may be signed with the secret that is configured", async () => {
    const server = guard({ issuer: "https://issuer.example.com", secret: SECRET });
    const token = await new SignJWT({ ...GOOD, iss: "https://issuer.example.com", sub: "alice", exp: now() + 60 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(SECRET));
    expect(await show(server, token)).toMatchObject({
      status: 200,
      principal: { subject: "alice", tenant: "default" },
    });
  });

  test("may be a few seconds off, as clocks are", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer });
    expect((await show(server, await issuer.issue({ ...GOOD, exp: now() - 5 }))).status).toBe(200);
    expect((await show(server, await issuer.issue({ ...GOOD, nbf: now() + 5 }))).status).toBe(200);
  });
});

/** Everything that is made for one issuer and one server that believes it. */
interface Forgery {
  readonly issuer: TestAuthorizationServer;
  readonly stranger: TestAuthorizationServer;
  readonly good: string;
  /** Signs with a key that the issuer does not publish. */
  readonly forge: (claims?: object, header?: Partial<JWTHeaderParameters>) => Promise<string>;
  readonly publicPem: string;
  readonly strangerKey: CryptoKey;
}

/** Header, payload, and a signature of the old one. */
function altered({ good }: Forgery, header: object, payload?: object): string {
  const [oldHeader = "", oldPayload = "", signature = ""] = good.split(".");
  const merged = { ...read(oldHeader), ...header };
  return [
    encode(merged),
    payload === undefined ? oldPayload : encode({ ...read(oldPayload), ...payload }),
    signature,
  ].join(".");
}

function read(part: string): object {
  return JSON.parse(Buffer.from(part, "base64url").toString()) as object;
}

function hmac({ good }: Forgery, key: string, alg = "HS256"): string {
  const [header = "", payload = ""] = good.split(".");
  const start = `${encode({ ...read(header), alg })}.${payload}`;
  const hash = `sha${alg.slice(2)}`;
  return `${start}.${createHmac(hash, key).update(start).digest("base64url")}`;
}

type Attack = readonly [name: string, token: (forgery: Forgery) => string | Promise<string>];

const NONE_SPELLINGS = ["none", "None", "NONE", "nOnE", "none ", ""];
const KEY_ID_TRICKS = [
  "../../../../dev/null",
  "/dev/null",
  "file:///etc/passwd",
  "http://127.0.0.1/jwks",
  "' OR '1'='1",
  "key' UNION SELECT 'x'--",
  "x; cat /etc/passwd",
  "$(id)",
  "__proto__",
  "constructor",
  "toString",
  "0",
  "",
  " ",
  "\u0000",
  "key\u0000",
  "ключ",
  "k".repeat(5_000),
];

const ATTACKS: readonly Attack[] = [
  ...NONE_SPELLINGS.map((alg): Attack => [`alg ${JSON.stringify(alg)}`, (at) => altered(at, { alg })]),
  ...NONE_SPELLINGS.map((alg): Attack => [
    `alg ${JSON.stringify(alg)} and no signature`,
    (at) => altered(at, { alg }).replace(/[^.]*$/, ""),
  ]),
  ["alg absent", (at) => altered(at, { alg: undefined })],
  ["alg no string", (at) => altered(at, { alg: ["ES256"] })],
  ["alg another one", (at) => altered(at, { alg: "RS256" })],
  ["alg of another family", (at) => altered(at, { alg: "EdDSA" })],
  ["alg of encryption", (at) => altered(at, { alg: "dir", enc: "A256GCM" })],
  ...["HS256", "HS384", "HS512"].map((alg): Attack => [
    `the public key taken for a secret of ${alg}`,
    (at) => hmac(at, at.publicPem, alg),
  ]),
  ["the key set taken for a secret", async (at) => hmac(at, JSON.stringify(await at.issuer.keySet()))],
  ["an empty secret", (at) => hmac(at, "")],
  ["another's key under the right key id", (at) => at.forge()],
  ["another's key under its own key id", (at) => at.forge({}, { kid: "strange" })],
  ["no key id", (at) => at.issuer.issue(GOOD, { kid: undefined as never })],
  ["a key id that is no string", (at) => at.issuer.issue(GOOD, { kid: 1 as never })],
  ...KEY_ID_TRICKS.map((kid): Attack => [`key id ${JSON.stringify(kid.slice(0, 30))}`, (at) => at.forge({}, { kid })]),
  ["jku", (at) => at.forge({}, { jku: `${at.stranger.issuer}/jwks`, kid: at.stranger.keyId })],
  ["jku of the issuer itself", (at) => at.issuer.issue(GOOD, { jku: `${at.issuer.issuer}/jwks` })],
  ["x5u", (at) => at.forge({}, { x5u: `${at.stranger.issuer}/x5u` })],
  ["x5c", (at) => at.forge({}, { x5c: ["MIIB"] })],
  ["jwk", async (at) => at.forge({}, { jwk: await exportJWK(at.strangerKey) })],
  ["crit of something unknown", (at) => altered(at, { crit: ["exp"] })],
  ["crit of b64", (at) => altered(at, { crit: ["b64"], b64: false })],
  ["b64 alone", (at) => altered(at, { b64: false })],
  ["zip", (at) => altered(at, { zip: "DEF" })],
  ["the type of an ID token's proof", (at) => at.issuer.issue(GOOD, { typ: "dpop+jwt" })],
  ["the type of a logout token", (at) => at.issuer.issue(GOOD, { typ: "logout+jwt" })],
  ["the type of a request", (at) => at.issuer.issue(GOOD, { typ: "oauth-authz-req+jwt" })],
  ["a type that is no string", (at) => altered(at, { typ: 1 })],
  ["another audience", (at) => at.issuer.issue({ ...GOOD, aud: "https://other.example.com/mcp" })],
  ["an audience that begins the same", (at) => at.issuer.issue({ ...GOOD, aud: `${RESOURCE}/x` })],
  ["an audience in other case", (at) => at.issuer.issue({ ...GOOD, aud: RESOURCE.toUpperCase() })],
  ["several audiences, none of them this", (at) => at.issuer.issue({ ...GOOD, aud: ["a", "b"] })],
  ["an empty audience", (at) => at.issuer.issue({ ...GOOD, aud: [] })],
  ["no audience", (at) => at.issuer.issue({ ...GOOD, aud: undefined })],
  ["an audience that is an object", (at) => at.issuer.issue({ ...GOOD, aud: { [RESOURCE]: true } })],
  ["expired", (at) => at.issuer.issue({ ...GOOD, exp: now() - 60 })],
  ["expired long ago", (at) => at.issuer.issue({ ...GOOD, exp: 1 })],
  ["no expiry", (at) => at.issuer.issue({ ...GOOD, exp: undefined })],
  ["an expiry that is text", (at) => at.issuer.issue({ ...GOOD, exp: String(now() + 60) })],
  ["an expiry that is null", (at) => at.issuer.issue({ ...GOOD, exp: null })],
  ["not yet valid", (at) => at.issuer.issue({ ...GOOD, nbf: now() + 60 })],
  ["a beginning that is text", (at) => at.issuer.issue({ ...GOOD, nbf: "now" })],
  ["a foreign issuer, its own key", (at) => at.stranger.issue(GOOD)],
  ["a foreign issuer under the name of ours", (at) => at.stranger.issue({ ...GOOD, iss: at.issuer.issuer })],
  ["ours under a foreign name", (at) => at.issuer.issue({ ...GOOD, iss: at.stranger.issuer })],
  ["the issuer with a slash", (at) => at.issuer.issue({ ...GOOD, iss: `${at.issuer.issuer}/` })],
  ["no issuer", (at) => at.issuer.issue({ ...GOOD, iss: undefined })],
  ["an issuer that is a list", (at) => at.issuer.issue({ ...GOOD, iss: [at.issuer.issuer] })],
  ["no subject", (at) => at.issuer.issue({ ...GOOD, sub: undefined })],
  ["an empty subject", (at) => at.issuer.issue({ ...GOOD, sub: "" })],
  ["a subject with control characters", (at) => at.issuer.issue({ ...GOOD, sub: "alice\n\u001b[2J" })],
  ["a subject that is a number", (at) => at.issuer.issue({ ...GOOD, sub: 7 })],
  ["a tenant that is a path", (at) => at.issuer.issue({ ...GOOD, org: "../other" })],
  ["a tenant that is a list", (at) => at.issuer.issue({ ...GOOD, org: ["acme"] })],
  ["no tenant", (at) => at.issuer.issue({ ...GOOD, org: undefined })],
  ["scopes that are an object", (at) => at.issuer.issue({ ...GOOD, scope: { write: true } })],
  ["claims that were changed", (at) => altered(at, {}, { sub: "admin" })],
  ["claims that were changed, and no signature", (at) => altered(at, {}, { sub: "admin" }).replace(/[^.]*$/, "")],
  [
    "the signature of another token",
    async (at) => {
      const other = await at.issuer.issue({ ...GOOD, sub: "bob" });
      return at.good.replace(/[^.]*$/, other.split(".")[2] ?? "");
    },
  ],
  ["a signature of zeros (CVE-2022-21449)", (at) => at.good.replace(/[^.]*$/, Buffer.alloc(64).toString("base64url"))],
  ["a signature that is cut", (at) => at.good.slice(0, -4)],
  ["a signature that is longer", (at) => `${at.good}AAAA`],
  ["a signature with padding", (at) => `${at.good}==`],
  ["two parts", (at) => at.good.split(".").slice(0, 2).join(".")],
  ["four parts", (at) => `${at.good}.x`],
  ["five parts", (at) => `${at.good}.x.y`],
  ["no parts", () => "token"],
  ["only dots", () => ".."],
  ["a header that is no JSON", (at) => at.good.replace(/^[^.]*/, encode("{"))],
  ["a header that is a list", (at) => at.good.replace(/^[^.]*/, encode("[]"))],
  ["a header that is null", (at) => at.good.replace(/^[^.]*/, encode("null"))],
  ["claims that are no JSON", (at) => at.good.replace(/\.[^.]*\./, `.${encode("alice")}.`)],
  ["claims that are a list", (at) => at.good.replace(/\.[^.]*\./, `.${encode("[]")}.`)],
  ["characters of plain base64", (at) => at.good.replace(/[-_]|.$/, "+")],
  ["a huge token", (at) => at.issuer.issue({ ...GOOD, more: "x".repeat(20_000) })],
  ["random bytes", () => [1, 2, 3].map(() => randomBytes(80).toString("base64url")).join(".")],
];

describe("everything else is refused", () => {
  let forgery: Forgery;
  let server: ResourceServer;

  beforeAll(async () => {
    const [issuer, stranger] = [await testServer(), await testServer()];
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const good = await issuer.issue(GOOD);
    forgery = {
      issuer,
      stranger,
      good,
      strangerKey: publicKey,
      publicPem: await issuer.publicPem(),
      forge: async (claims = {}, header = {}) =>
        new SignJWT({ ...GOOD, iss: issuer.issuer, sub: "alice", exp: now() + 60, ...claims })
          .setProtectedHeader({ alg: "ES256", kid: issuer.keyId, ...header })
          .sign(privateKey),
    };
    server = guard({ issuer: issuer.issuer, jwks: await issuer.keySet(), tenantClaim: "org" });
  });

  test("and there are enough ways", () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ATTACKS.map(([name]) => name)).size).toBe(ATTACKS.length);
  });

  test("but the token that they are made from is not", async () => {
    expect((await show(server, forgery.good)).status).toBe(200);
  });

  test.each(ATTACKS)("%s", async (_name, tokenOf) => {
    const token = await tokenOf(forgery);
    const shown = await show(server, token);
    expect(shown.status).toBe(401);
    expect(shown.challenge).toMatch(/^Bearer error="invalid_token"/);
    if (token.length > 20) expect(shown.challenge).not.toContain(token.slice(-12));
    expect(forgery.stranger.asked).toEqual([]);
  });

  test.each<[string, NonNullable<HeadersInit>]>([
    [
      "two tokens in two headers",
      [
        ["authorization", "Bearer a.b.c"],
        ["authorization", "Bearer a.b.c"],
      ],
    ],
    ["another scheme", { authorization: "Basic YWxpY2U6eA==" }],
    ["no scheme", { authorization: "a.b.c" }],
    ["a scheme alone", { authorization: "Bearer" }],
    ["two spaces", { authorization: "Bearer  a.b.c" }],
    ["two tokens in one header", { authorization: "Bearer a.b.c, Bearer a.b.c" }],
    ["quotes", { authorization: 'Bearer "a.b.c"' }],
  ])("%s", async (_name, headers) => {
    expect((await show(server, headers)).status).toBe(401);
  });

  test("a good token twice, or beside another", async () => {
    const once = ["authorization", `Bearer ${forgery.good}`] as [string, string];
    expect((await show(server, [once, once])).status).toBe(401);
    expect((await show(server, [once, ["authorization", "Bearer x.y.z"]])).status).toBe(401);
  });

  test("a good token in the address", async () => {
    const url = `${RESOURCE}?access_token=${forgery.good}`;
    expect((await show(server, {}, url)).status).toBe(401);
    expect((await show(server, forgery.good, url)).status).toBe(401);
  });

  test("a good token with any character changed", async () => {
    const { good } = forgery;
    const changed = fc
      .tuple(fc.nat(good.length - 1), fc.constantFrom(..."A B C a b c 0 1 9 - _ . + / = ~".split(" ")))
      .filter(([at, to]) => good[at] !== to);
    await fc.assert(
      fc.asyncProperty(changed, async ([at, to]) => {
        const token = good.slice(0, at) + to + good.slice(at + 1);
        expect((await show(server, { authorization: `Bearer ${token}` })).status).toBe(401);
      }),
      { numRuns: 500 },
    );
  });

  test("a good token with any bit changed", async () => {
    const parts = forgery.good.split(".").map((part) => Buffer.from(part, "base64url"));
    const bit = fc.nat(2).chain((part) => fc.tuple(fc.constant(part), fc.nat((parts[part]?.length ?? 1) * 8 - 1)));
    await fc.assert(
      fc.asyncProperty(bit, async ([part, at]) => {
        const flipped = parts.map((bytes) => Buffer.from(bytes));
        const target = flipped[part];
        if (target !== undefined) target[at >> 3] = (target[at >> 3] ?? 0) ^ (1 << (at & 7));
        const token = flipped.map((bytes) => bytes.toString("base64url")).join(".");
        expect((await show(server, token)).status).toBe(401);
      }),
      { numRuns: 500 },
    );
  });
});

/** Lives as long as the file. */
async function testServer(): Promise<TestAuthorizationServer> {
  const server = new TestAuthorizationServer(`https://issuer-${randomBytes(4).toString("hex")}.example.com`, {});
  await server.rotate();
  return server;
}

describe("keys that change", () => {
  test("are fetched again when a token names a new one, and then the old one is not believed", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    onTestFinished(() => void vi.useRealTimers());
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer });
    const old = await issuer.issue(GOOD);
    expect((await show(server, old)).status).toBe(200);
    await issuer.rotate();
    vi.setSystemTime(Date.now() + 11_000);
    expect((await show(server, await issuer.issue(GOOD))).status).toBe(200);
    expect((await show(server, old)).status).toBe(401);
    expect(issuer.asks("/jwks").length).toBe(2);
  });

  test("are not fetched for every key id that somebody makes up", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer });
    const made = Array.from({ length: 50 }, (_, index) => issuer.issue(GOOD, { kid: `made-up-${index}` }));
    const shown = await Promise.all((await Promise.all(made)).map((token) => show(server, token)));
    expect(shown.every(({ status }) => status === 401)).toBe(true);
    expect(issuer.asks("/jwks").length).toBe(1);
  });

  test("that cannot be had are no reason to let in, nor to ask all the time", async () => {
    const issuer = await authorizationServer({
      answer: ({ path }) => (path === "/jwks" ? { status: 500, body: {} } : undefined),
    });
    const server = guard({ issuer: issuer.issuer });
    const token = await issuer.issue(GOOD);
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await show(server, token)).status);
    expect(statuses).toEqual([503, 503, 503, 503, 503]);
    expect(issuer.asks("/jwks").length).toBe(1);
  });

  test("are not fetched where the issuer's metadata leads into a private network", async () => {
    const other = await authorizationServer();
    const issuer = await authorizationServer({ metadata: { jwks_uri: `${other.issuer}/jwks` } });
    const server = guard({ issuer: issuer.issuer });
    expect((await show(server, await issuer.issue(GOOD))).status).toBe(503);
    expect(other.asked).toEqual([]);
  });

  test("are not those of a document that names another issuer", async () => {
    const issuer = await authorizationServer({ metadata: { issuer: "https://other.example.com" } });
    const server = guard({ issuer: issuer.issuer });
    expect((await show(server, await issuer.issue(GOOD))).status).toBe(503);
    expect(issuer.asks("/jwks")).toEqual([]);
  });
});

describe("who is not let in is told how to be", () => {
  test("without a token", async () => {
    const server = guard({ issuer: "https://issuer.example.com", scopes: ["mesh:run"] });
    expect(await show(server, {})).toMatchObject({
      status: 401,
      challenge:
        'Bearer scope="mesh:run", resource_metadata="https://mesh.example.com/.well-known/oauth-protected-resource/mcp"',
    });
  });

  test("with too little allowed", async () => {
    const issuer = await authorizationServer();
    const server = guard({ issuer: issuer.issuer, scopes: ["mesh:run"] });
    const shown = await show(server, await issuer.issue({ ...GOOD, scope: "read" }));
    expect(shown.status).toBe(403);
    expect(shown.challenge).toContain('error="insufficient_scope"');
    expect(shown.challenge).toContain('scope="mesh:run"');
    const principal = { tenant: "default", subject: "alice", scopes: ["mesh:run"] };
    expect(server.requireScopes(principal, ["mesh:run"])).toBeUndefined();
    const more = server.requireScopes(principal, ["mesh:admin"]);
    expect(more?.headers.get("www-authenticate")).toContain('scope="mesh:run mesh:admin"');
  });

  test("by a document", async () => {
    const server = guard({ issuer: "https://issuer.example.com", scopes: ["mesh:run"] });
    expect(server.metadataUrl.pathname).toBe("/.well-known/oauth-protected-resource/mcp");
    expect(await server.metadata().json()).toEqual({
      resource: RESOURCE,
      authorization_servers: ["https://issuer.example.com"],
      bearer_methods_supported: ["header"],
      scopes_supported: ["mesh:run"],
    });
  });
});

test.each<[string, object, string]>([
  [
    "a secret and keys",
    { secret: SECRET, jwks: "https://a.example.com/jwks" },
    'Give either "secret" or "jwks", not both.',
  ],
  ["a short secret", { secret: "short" }, "Too small"],
  ["no audience", { audience: undefined }, "Invalid input"],
  ["an algorithm with a secret", { algorithms: ["HS256"] }, "Invalid option"],
  ["no signature", { algorithms: ["none"] }, "Invalid option"],
])("%s cannot be configured", (_what, config, message) => {
  const parsed = ResourceServerConfig.safeParse({ issuer: "https://a.example.com", audience: RESOURCE, ...config });
  expect(parsed.error?.issues[0]?.message).toContain(message);
});
