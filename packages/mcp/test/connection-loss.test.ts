/** What becomes of calls when a server dies, forgets its sessions or is restarted, and how it comes back. */
import { request as httpRequest } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { httpEndpoint, modernEndpoint, sessionEndpoint } from "./fixtures/http-servers.ts";
import { failureOf, linesOf, LONG_MS, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";

describe("a stdio server that dies in mid-call", () => {
  test("leaves the call in doubt, and the next call starts it again", async () => {
    const file = testFile("record.txt");
    const source = testSource(stdioConfig("well-behaved", [], { env: { RECORD_FILE: file } }));
    const error = await failureOf(source.call("die", {}, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_DISCONNECTED",
      outcome: "unknown",
      message:
        '"fixture.die" got no answer: its server exited with code 7, saying "out of cheese"; whether the call had an effect is unknown.',
      hint: "Check what it did before calling it again; the next call connects anew.",
      retryable: true,
    });
    expect(source.status()).toMatchObject({
      state: "failed",
      error: { code: "AM_SERVER_LOST", message: 'Server "fixture" exited with code 7, saying "out of cheese".' },
    });
    expect(await source.call("echo", { text: "again" }, options())).toMatchObject({ value: { text: "again" } });
    expect(source.status()).toMatchObject({ state: "ready" });
    expect(linesOf(file).filter((line) => line === "called die")).toHaveLength(1);
  });

  test("by a signal says so", async () => {
    const source = testSource(stdioConfig("well-behaved"));
    const error = await failureOf(source.call("die", { how: "kill" }, options()));
    expect(error.message).toContain("its server was ended by SIGKILL");
  });

  test("takes every other call with it", async () => {
    const source = testSource(stdioConfig("well-behaved"));
    await source.connect(soon());
    const others = Array.from({ length: 5 }, () => failureOf(source.call("wait", { ms: LONG_MS }, options())));
    await failureOf(source.call("die", {}, options()));
    for (const other of await Promise.all(others)) expect(other.code).toBe("AM_TOOL_DISCONNECTED");
  });

  test("is started once for all who call next", async () => {
    const file = testFile("starts.txt");
    const source = testSource(stdioConfig("well-behaved", [], { env: { START_FILE: file } }));
    await failureOf(source.call("die", {}, options()));
    const calls = Array.from({ length: 10 }, (_, index) => source.call("echo", { text: `${index}` }, options()));
    expect(await Promise.all(calls)).toHaveLength(10);
    expect(linesOf(file)).toHaveLength(2);
  });

  test("again and again is given pauses, then left alone, until somebody resets it", async () => {
    const file = testFile("starts.txt");
    const source = testSource(stdioConfig("misbehaving", ["exit", file]));
    const errors: Awaited<ReturnType<typeof failureOf>>[] = [];
    await vi.waitFor(
      async () => {
        errors.push(await failureOf(source.call("echo", { text: "there?" }, options())));
        expect(errors.at(-1)?.facts).toMatchObject({ reason: "AM_SERVER_CRASH_LOOP" });
      },
      { timeout: 30_000, interval: 1 },
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: "AM_TOOL_UNAVAILABLE", outcome: "refused", retryable: true });
    expect(errors[0]?.facts).toMatchObject({ reason: "AM_SERVER_EXITED" });
    const { state, error } = source.status();
    expect({ state, error }).toMatchObject({
      state: "failed",
      error: {
        code: "AM_SERVER_CRASH_LOOP",
        message: expect.stringMatching(
          /^Server "fixture" ended 5 times in a row right after its start, and is not started again before 20\d\d-.*Z\. Last: Server "fixture" exited with code 3 before it was ready, saying "Error: set API_TOKEN first"\.$/,
        ),
        hint: expect.stringContaining('mesh.reconnect("fixture")'),
        facts: { deaths: 5, last: "AM_SERVER_EXITED" },
      },
    });
    const starts = linesOf(file).length;
    expect(starts).toBe(5);
    await source.connect(soon());
    const refused = await failureOf(source.call("echo", { text: "there?" }, options()));
    expect(refused.facts["retryAfterMs"]).toBeGreaterThan(60_000);
    expect(linesOf(file)).toHaveLength(starts);
    source.reset();
    await source.connect(soon());
    expect(linesOf(file)).toHaveLength(starts + 1);
  });
});

test("a server that could not be reached is found again without anybody asking", async () => {
  const first = await modernEndpoint();
  await first.stop();
  const source = testSource({ url: first.url });
  expect(await source.connect(soon())).toMatchObject({ state: "failed" });
  await modernEndpoint({}, first.port);
  await vi.waitFor(() => expect(source.status()).toMatchObject({ state: "ready" }), 30_000);
  expect(source.tools().length).toBeGreaterThan(0);
});

describe("an HTTP server", () => {
  test("that forgets its sessions gets a new one, and the call goes through", async () => {
    const lines: string[] = [];
    const endpoint = await sessionEndpoint({ record: (line) => void lines.push(line) });
    const source = testSource({ url: endpoint.url });
    await source.connect(soon());
    endpoint.forget();
    const calls = Array.from({ length: 5 }, (_, index) => source.call("echo", { text: `${index}` }, options()));
    expect((await Promise.all(calls)).map(({ value }) => value)).toEqual(
      [0, 1, 2, 3, 4].map((text) => ({ text: `${text}` })),
    );
    expect(lines.filter((line) => line === "called echo")).toHaveLength(5);
    expect(endpoint.sessions.size).toBe(2);
    expect(source.status()).toMatchObject({ state: "ready" });
  });

  test("that forgets its sessions in the words of older servers gets a new one too", async () => {
    const inner = await sessionEndpoint();
    let isForgetful = false;
    const { url } = await httpEndpoint((request, response) => {
      if (isForgetful && request.headers["mcp-session-id"] !== undefined) {
        response.writeHead(400).end("Bad Request: No valid session ID provided");
        return;
      }
      isForgetful = false;
      const { method, headers } = request;
      const onward = httpRequest(inner.url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward.on("error", () => void response.destroy()));
    });
    const source = testSource({ url, protocol: "legacy" });
    await source.connect(soon());
    isForgetful = true;
    expect(await source.call("echo", { text: "hello" }, options())).toMatchObject({ value: { text: "hello" } });
  });

  test("says goodbye to its session", async () => {
    const endpoint = await sessionEndpoint();
    const source = testSource({ url: endpoint.url });
    await source.connect(soon());
    expect(endpoint.sessions.size).toBe(1);
    await source.close();
    expect(endpoint.sessions.size).toBe(0);
  });

  test.each([
    ["2025-11-25", sessionEndpoint],
    ["2026-07-28", modernEndpoint],
  ])("of %s that goes away in mid-call leaves it in doubt", async (_revision, makeEndpoint) => {
    const lines: string[] = [];
    const endpoint = await makeEndpoint({ record: (line) => void lines.push(line) });
    const source = testSource({ url: endpoint.url });
    await source.connect(soon());
    const call = failureOf(source.call("deaf", { ms: 2_000 }, options()));
    await vi.waitFor(() => expect(lines).toContain("called deaf"), 30_000);
    await endpoint.stop();
    const error = await call;
    expect(error).toMatchObject({ code: "AM_TOOL_DISCONNECTED", outcome: "unknown", retryable: true });
    expect(error.message).toMatch(
      /^"fixture\.deaf" got no answer: its server (cut the connection|broke off its answer)/,
    );
  });

  test.each([
    ["2025-11-25", sessionEndpoint],
    ["2026-07-28", modernEndpoint],
  ])("of %s that is not there refuses the call, and is found again", async (_revision, makeEndpoint) => {
    const first = await makeEndpoint();
    const source = testSource({ url: first.url });
    await source.connect(soon());
    await first.stop();
    // The first call may still go out over a socket that is about to be found dead.
    const error = await vi.waitFor(async () => {
      const latest = await failureOf(source.call("echo", { text: "there?" }, options()));
      expect(latest.facts).toMatchObject({ outcome: "refused", reason: "AM_SERVER_UNREACHABLE" });
      return latest;
    }, 30_000);
    expect(error.code).toBe("AM_TOOL_UNAVAILABLE");
    expect(error.message).toBe(
      `"fixture.echo" was not called: Server "fixture" cannot be reached at ${first.url}: the connection was refused.`,
    );
    expect(source.status()).toMatchObject({ state: "failed", error: { code: "AM_SERVER_UNREACHABLE" } });
    await makeEndpoint({}, first.port);
    expect(await source.call("echo", { text: "back" }, options())).toMatchObject({ value: { text: "back" } });
  });

  test.each([
    [401, "AM_TOOL_UNAVAILABLE", "refused", "asks for credentials"],
    [429, "AM_TOOL_UNAVAILABLE", "refused", "answered HTTP 429"],
    [502, "AM_TOOL_DISCONNECTED", "unknown", "answered HTTP 502"],
  ])("that answers %i to a call", async (status, code, outcome, says) => {
    let isDown = false;
    const inner = await modernEndpoint();
    const { url } = await httpEndpoint((request, response) => {
      if (isDown) {
        response.writeHead(status).end();
        return;
      }
      const { method, headers } = request;
      const onward = httpRequest(inner.url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward.on("error", () => void response.destroy()));
    });
    const source = testSource({ url });
    await source.connect(soon());
    isDown = true;
    const error = await failureOf(source.call("echo", { text: "there?" }, options()));
    expect(error).toMatchObject({ code, outcome });
    expect(error.message).toContain(says);
  });
});
