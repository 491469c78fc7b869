/** What a server asks in the middle of a call, and whom: over both transports, in both protocol eras. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { InputAnswer, InputRequest, ToolCallOptions } from "@agentmesh/ports";
import { McpServerConfig, type McpServerConfigInput, McpToolSource } from "../src/index.ts";
import { modernEndpoint, sessionEndpoint } from "./fixtures/http-servers.ts";
import { failureOf, LONG_MS, options, soon, stdioConfig } from "./fixtures/sources.ts";

type Configure = () => Promise<McpServerConfigInput>;
type OnInput = NonNullable<ToolCallOptions["onInput"]>;

function asking(config: McpServerConfigInput, canAsk = true): McpToolSource {
  const source = new McpToolSource({ server: "fixture", config: McpServerConfig.parse(config), canAsk });
  onTestFinished(() => source.close());
  return source;
}

const answering = (answer: InputAnswer) => vi.fn<OnInput>(() => Promise.resolve(answer));

describe.each<[string, string, Configure]>([
  ["stdio", "2025-11-25", () => Promise.resolve(stdioConfig("well-behaved"))],
  ["stdio", "2026-07-28", () => Promise.resolve(stdioConfig("well-behaved", [], { protocol: "modern" }))],
  ["HTTP", "2025-11-25", async () => ({ url: (await sessionEndpoint()).url })],
  ["HTTP", "2026-07-28", async () => ({ url: (await modernEndpoint()).url })],
])("over %s in %s", (_transport, _revision, configure) => {
  test("a form is filled in, and the server goes on with its own state", async () => {
    const source = asking(await configure());
    const onInput = answering({ action: "accept", content: { name: "Ada", age: 36 } });
    const { value } = await source.call("ask", {}, options({ onInput }));
    expect(value).toEqual({
      name: { action: "accept", content: { name: "Ada", age: 36 } },
      state: "opaque state",
    });
    expect(onInput).toHaveBeenCalledTimes(1);
    expect(onInput.mock.calls[0]?.[0]).toMatchObject({
      mode: "form",
      message: "Who are you?",
      schema: { properties: { name: { type: "string", minLength: 2 } }, required: ["name"] },
    });
  });

  test.each<[string, InputAnswer, InputAnswer]>([
    ["is declined", { action: "decline" }, { action: "decline" }],
    ["nobody answers", { action: "cancel" }, { action: "cancel" }],
    ["does not fit the form", { action: "accept", content: { name: "A" } }, { action: "cancel" }],
    ["says what was not asked", { action: "accept", content: { name: "Ada", x: 1 } }, { action: "cancel" }],
  ])("what %s never reaches the server as an answer", async (_what, given, told) => {
    const source = asking(await configure());
    const { value } = await source.call("ask", {}, options({ onInput: answering(given) }));
    expect(value).toMatchObject({ name: told });
  });

  test("a page is shown by its address", async () => {
    const source = asking(await configure());
    const onInput = answering({ action: "accept" });
    const url = "https://example.org/pay?id=1";
    expect(await source.call("ask-url", { url }, options({ onInput }))).toMatchObject({
      value: { page: { action: "accept" } },
    });
    expect(onInput.mock.calls[0]?.[0]).toEqual({ mode: "url", message: "Pay there.", url });
  });

  test.each(["data:text/html,hello", "file:///etc/passwd", "https://example.org@evil.example/"])(
    "an address like %s is shown to nobody",
    async (url) => {
      const source = asking(await configure());
      const onInput = answering({ action: "accept" });
      const call = source.call("ask-url", { url }, options({ onInput }));
      await call.catch(() => undefined);
      expect(onInput).not.toHaveBeenCalled();
    },
  );

  test("a call with nobody to ask fails in the server's own words, or ours", async () => {
    const source = asking(await configure(), false);
    const error = await failureOf(source.call("ask", {}, options()));
    expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed" });
  });

  test("a person may take longer than the tool", async () => {
    const source = asking(await configure());
    await source.connect(soon());
    const onInput: OnInput = async () => {
      await new Promise((done) => setTimeout(done, 1_500));
      return { action: "accept", content: { name: "Ada" } };
    };
    const { value } = await source.call("ask", {}, options({ onInput, timeoutMs: 1_000 }));
    expect(value).toMatchObject({ name: { action: "accept" } });
  });

  test("who gives up a call is asked no more", async () => {
    const source = asking(await configure());
    const controller = new AbortController();
    let heard: AbortSignal | undefined;
    const onInput: OnInput = (_request: InputRequest, signal: AbortSignal) => {
      heard = signal;
      setImmediate(() => controller.abort());
      return new Promise(() => undefined);
    };
    const call = source.call("ask", {}, options({ onInput, signal: controller.signal, timeoutMs: LONG_MS }));
    expect(await failureOf(call)).toMatchObject({ code: "AM_TOOL_CANCELLED" });
    expect(heard?.aborted).toBe(true);
  });

  test("a server that asks without end is stopped", async () => {
    const source = asking(await configure());
    const onInput = answering({ action: "accept", content: { name: "Ada" } });
    const error = await failureOf(source.call("ask-for-ever", {}, options({ onInput })));
    expect(error.code).toBe("AM_TOOL_FAILED");
    expect(onInput.mock.calls.length).toBeLessThanOrEqual(11);
  });

  test("the folders of the configuration are told, and no others", async () => {
    const source = asking({ ...(await configure()), roots: ["/srv/data"] });
    expect(await source.call("ask-roots", {}, options())).toMatchObject({
      value: { roots: { roots: [{ uri: pathToFileURL(resolve("/srv/data")).href, name: "data" }] } },
    });
    const silent = asking(await configure());
    expect((await failureOf(silent.call("ask-roots", {}, options()))).code).toBe("AM_TOOL_FAILED");
  });
});

test("in an older era, nobody is asked while calls of several runs are open", async () => {
  const source = asking(stdioConfig("well-behaved"));
  await source.connect(soon());
  const others = answering({ action: "accept", content: { name: "Eve" } });
  const controller = new AbortController();
  const call = (run: string, more: Partial<ToolCallOptions>) => options({ caller: { tenant: "t", run }, ...more });
  const waiting = source.call("wait", { ms: LONG_MS }, call("1", { onInput: others, signal: controller.signal }));
  const mine = answering({ action: "accept", content: { name: "Ada" } });
  expect(await source.call("ask", {}, call("2", { onInput: mine }))).toMatchObject({
    value: { name: { action: "cancel" } },
  });
  expect([others, mine].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  controller.abort();
  await failureOf(waiting);
});
