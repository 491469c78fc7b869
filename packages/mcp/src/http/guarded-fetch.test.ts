import type { LookupAddress } from "node:dns";
import { describe, expect, test } from "vitest";
import { countConnections } from "../../test/fixtures/connection-count.ts";
import { forbiddenLookup, forbiddenUrls } from "../../test/fixtures/forbidden-urls.ts";
import { httpEndpoint, type TestEndpoint } from "../../test/fixtures/http-servers.ts";
import { guardedFetch, type Fetch, type HostLookup } from "./guarded-fetch.ts";
import { NetworkConfig, NetworkPolicy } from "./network-policy.ts";

interface GuardChanges {
  readonly written?: readonly string[];
  readonly network?: object;
  readonly lookup?: HostLookup;
}

function guard({ written = ["https://mcp.example.com/mcp"], network = {}, lookup }: GuardChanges = {}): Fetch {
  const policy = new NetworkPolicy({ ...NetworkConfig.parse(network), written });
  return guardedFetch({ policy, lookup: lookup ?? forbiddenLookup });
}

function answering(text = "hello"): Promise<TestEndpoint> {
  return httpEndpoint((_request, response) => void response.end(text));
}

/** Leads every name there. */
function leadingTo(addresses: readonly string[]): HostLookup {
  const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));
  return (_host, done) => done(null, found);
}

async function refusalOf(response: Promise<Response>): Promise<unknown> {
  return response.then(
    ({ status }) => ({ status }),
    (error: unknown) => error,
  );
}

describe("what a server names", () => {
  test("leads nowhere near this machine or its networks, however it is spelled", async () => {
    const { port } = await answering();
    const urls = forbiddenUrls(port);
    expect(urls.length).toBeGreaterThanOrEqual(120);
    expect(new Set(urls).size).toBe(urls.length);
    const fetch = guard();
    const count = countConnections();
    const passed: unknown[] = [];
    for (const url of urls) {
      const outcome = await refusalOf((async () => fetch(url))());
      const isNoUrl = !URL.canParse(url) && outcome instanceof TypeError;
      const isRefused = Object(outcome).code === "AM_DESTINATION_REFUSED";
      if (!isNoUrl && !isRefused) passed.push([url, outcome]);
    }
    expect(passed).toEqual([]);
    expect(count.begun).toBe(0);
  });

  test("is reached when it is public", async () => {
    // Nobody listens there; that the connection was begun is what counts.
    const fetch = guard({ lookup: leadingTo(["2620:4f:8000::1"]) });
    const count = countConnections();
    const end = new AbortController();
    const asked = refusalOf(fetch("http://public.example.com:9/", { signal: end.signal }));
    await expect.poll(() => count.begun).toBe(1);
    end.abort();
    expect(await asked).toMatchObject({ name: "AbortError" });
  });

  test("may be private when the operator says so, but never link-local", async () => {
    const { url } = await answering();
    const fetch = guard({ network: { private: true } });
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(await refusalOf(fetch("http://169.254.169.254/"))).toMatchObject({ code: "AM_DESTINATION_REFUSED" });
    expect(await refusalOf(fetch("http://0.0.0.0/"))).toMatchObject({ code: "AM_DESTINATION_REFUSED" });
  });

  test.each(["127.0.0.1", "127.0.0.1:PORT", "2130706433"])("may be a host that is allowed as %s", async (host) => {
    const { url, port } = await answering();
    const fetch = guard({ network: { allow: [host.replace("PORT", String(port))] } });
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(await refusalOf(fetch(`http://127.0.0.2:${port}/`))).toMatchObject({ code: "AM_DESTINATION_REFUSED" });
  });

  test("is named in the refusal, with the way out", async () => {
    expect(await refusalOf(guard()("http://10.0.0.1:8080/token?secret=x"))).toMatchObject({
      code: "AM_DESTINATION_REFUSED",
      message:
        "Not connected to http://10.0.0.1:8080: 10.0.0.1 is on a private network, and it was not you who wrote this address.",
      hint: "If it is meant, allow its host under network.allow of this server, or network.private for all of them.",
      facts: { origin: "http://10.0.0.1:8080" },
    });
  });
});

describe("what the operator wrote", () => {
  test("may be this machine, and nothing else on it", async () => {
    const written = await answering("mine");
    const other = await answering("other");
    const fetch = guard({ written: [written.url] });
    expect(await (await fetch(written.url)).text()).toBe("mine");
    expect(await (await fetch(new URL("/.well-known/x", written.url))).text()).toBe("mine");
    const count = countConnections();
    expect(await refusalOf(fetch(other.url))).toMatchObject({ code: "AM_DESTINATION_REFUSED" });
    expect(count.begun).toBe(0);
  });

  test("may be a name of a private network, but of no link", async () => {
    const { port } = await answering();
    const url = `http://mcp.corp.example:${port}/`;
    expect(await (await guard({ written: [url], lookup: leadingTo(["127.0.0.1"]) })(url)).text()).toBe("hello");
    const fetch = guard({ written: [url], lookup: leadingTo(["169.254.169.254"]) });
    expect(await refusalOf(fetch(url))).toMatchObject({ code: "AM_DESTINATION_REFUSED" });
  });

  test("may not turn from the Internet to this machine", async () => {
    const { port } = await answering();
    const url = new URL(`http://mcp.example.com:${port}/`);
    const policy = new NetworkPolicy({ ...NetworkConfig.parse({}), written: [url.href] });
    const fetch = guardedFetch({ policy, lookup: leadingTo(["127.0.0.1"]) });
    policy.checkAddresses(url, ["2620:4f:8000::1"]);
    const count = countConnections();
    const message = /led to a public address before, now to 127\.0\.0\.1/;
    expect(await refusalOf(fetch(url))).toMatchObject({ message: expect.stringMatching(message) as unknown });
    expect(count.begun).toBe(0);
  });
});

test("the address that was looked at is the one that is connected to: there is no second look-up", async () => {
  const { port } = await answering();
  let looks = 0;
  const lookup: HostLookup = (host, done) => {
    looks += 1;
    leadingTo(["127.0.0.1"])(host, done);
  };
  const fetch = guard({ network: { allow: ["named.example.com"] }, lookup });
  expect(await (await fetch(`http://named.example.com:${port}/`)).text()).toBe("hello");
  expect(looks).toBe(1);
});

test("a redirect is not followed", async () => {
  const other = await answering("other");
  const { url } = await httpEndpoint((_request, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  const count = countConnections();
  const response = await guard({ written: [url] })(url);
  expect([response.status, response.headers.get("location")]).toEqual([307, other.url]);
  expect(count.begun).toBe(1);
});
