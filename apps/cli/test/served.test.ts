/** `agentmesh mcp` and `agentmesh serve`, to real clients of both eras. */
import { readFileSync } from "node:fs";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { bankFolder, callsOf, type Folder, isRunning, jsonLines, onlyRun, plan } from "./command.ts";
import { clientOf, connect, ERAS, WAYS } from "./served-client.ts";

const patient = { timeout: 30_000 };

const PAY = plan([{ id: "paid", use: "bank.pay", args: { to: { $from: "inputs.to" } }, approve: true }], {
  name: "Pay",
  note: "Pays somebody.",
  inputs: { to: { type: "string", description: "Whom" } },
  output: { to: { $from: "paid.paid" } },
});
const TWO = plan([
  { id: "first", use: "bank.look", args: { to: "ann" } },
  { id: "second", use: "bank.look", args: { to: "bob" }, after: ["first"] },
]);
/** Long enough that progress does not arrive with the result: the SDK's client passes over that. */
const SLOW = plan([
  { id: "first", use: "bank.look", args: { to: "ann" } },
  { id: "pause", use: "mesh.wait", args: { delayMs: 400 }, after: ["first"] },
  { id: "second", use: "bank.look", args: { to: "bob" }, after: ["pause"] },
  { id: "rest", use: "mesh.wait", args: { delayMs: 400 }, after: ["second"] },
]);
const STUCK = plan([{ id: "stuck", use: "bank.look", args: { to: "eve", hangs: true } }]);

async function servedFolder(): Promise<Folder> {
  const workflows = { pay: "pay.json", two: "two.json", stuck: "stuck.json" };
  const folder = await bankFolder([], { workflows, expose: { tools: ["bank.look"] } });
  await Promise.all([folder.write("pay.json", PAY), folder.write("two.json", TWO), folder.write("stuck.json", STUCK)]);
  return folder;
}

describe.each(WAYS)("a client of %s over %s", (era, transport) => {
  test("finds run, the workflows and chosen tools, calls them, and is told how far they are", async () => {
    const { client } = await connect(await servedFolder(), transport, { era });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["run", "pay", "two", "stuck", "bank__look"]);
    expect(tools.find(({ name }) => name === "pay")).toMatchObject({
      description: "Pays somebody.",
      inputSchema: { properties: { to: { type: "string" } }, required: ["to"] },
      outputSchema: { type: "object", properties: { to: {} }, required: ["to"] },
      annotations: { readOnlyHint: false, destructiveHint: false },
    });
    expect(tools.find(({ name }) => name === "two")?.annotations).toMatchObject({ readOnlyHint: true });
    const looked = await client.callTool({ name: "bank__look", arguments: { to: "ann" } });
    expect(looked).toMatchObject({ content: [{ type: "text", text: "looked at ann" }] });
    const seen: { progress: number; total?: number | undefined }[] = [];
    const onprogress = (progress: (typeof seen)[number]) => void seen.push(progress);
    const ran = await client.callTool({ name: "run", arguments: { plan: SLOW, name: "mine" } }, { onprogress });
    expect(seen).toContainEqual(expect.objectContaining({ progress: 2, total: 4 }));
    const steps = seen.map(({ progress }) => progress);
    expect(steps).toEqual(steps.toSorted((left, right) => left - right));
    expect(ran.structuredContent).toMatchObject({ status: "succeeded", usage: { toolCalls: 2 } });
    const wrong = await client.callTool({ name: "run", arguments: {} });
    expect(wrong).toMatchObject({ isError: true, _meta: { "agentmesh/error": { code: "AM_ARGUMENT_INVALID" } } });
  });

  test("approves a call in its middle, or refuses it", async () => {
    const folder = await servedFolder();
    const { client } = await connect(folder, transport, { era, canAsk: true });
    const asked: string[] = [];
    client.setRequestHandler("elicitation/create", ({ params }) => {
      asked.push(params.message);
      const isAnn = params.message.includes("ann");
      return { action: "accept" as const, content: { approve: isAnn, ...(isAnn ? {} : { note: "not him" }) } };
    });
    const paid = await client.callTool({ name: "pay", arguments: { to: "ann" } });
    expect(paid.structuredContent).toEqual({ to: "ann" });
    expect(asked).toEqual([expect.stringMatching(/^Call bank\.pay with \{"to":"ann"\}\? \(run r_\w+, paid\)$/)]);
    const refused = await client.callTool({ name: "pay", arguments: { to: "bob" } });
    expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("not him") }] });
    expect(callsOf(folder)).toEqual(["pay ann"]);
  });

  test("cancels a run by aborting its call", async () => {
    const folder = await servedFolder();
    const { client } = await connect(folder, transport, { era });
    const abort = new AbortController();
    const call = client.callTool({ name: "stuck" }, { signal: abort.signal });
    await vi.waitFor(() => expect(callsOf(folder)).toEqual(["look eve"]), patient);
    abort.abort();
    await expect(call).rejects.toThrow();
    await vi.waitFor(async () => expect((await onlyRun(folder)).status).toBe("cancelled"), patient);
  });
});

describe("a client", () => {
  const [era, transport] = ["2026-07-28", "HTTP"] as const;

  test("that cannot ask is told what the run waits for, and it can be approved elsewhere", async () => {
    const folder = await servedFolder();
    const { client } = await connect(folder, transport, { era });
    const { content } = await client.callTool({ name: "pay", arguments: { to: "ann" } });
    const [, command = ""] = /: agentmesh (approve r_\w+ paid)/.exec(JSON.stringify(content)) ?? [];
    expect((await folder.run(...command.split(" "))).exit).toBe(0);
    expect(callsOf(folder)).toEqual(["pay ann"]);
  });

  test("calls again under the same key, and it is the same run", async () => {
    const folder = await servedFolder();
    const { client } = await connect(folder, transport, { era });
    const again = () =>
      client.callTool({
        name: "run",
        arguments: { plan: TWO },
        _meta: { "agentmesh/idempotencyKey": "once" },
      });
    const [first, second] = await Promise.all([again(), again()]);
    const third = await again();
    const runs = [first, second, third].map(({ structuredContent }) => (structuredContent as { run: string }).run);
    expect(new Set(runs).size).toBe(1);
    expect(callsOf(folder)).toEqual(["look ann", "look bob"]);
  });

  test("reads runs and their traces, and gets a workflow as a prompt", async () => {
    const { client } = await connect(await servedFolder(), transport, { era });
    await client.callTool({ name: "two" });
    const { resources } = await client.listResources();
    const [{ uri } = { uri: "" }] = resources;
    const read = async (address: string) => JSON.stringify((await client.readResource({ uri: address })).contents);
    expect(await read(uri)).toMatch(/succeeded.*looked at bob/);
    expect(await read(`${uri}/trace`)).toContain("spans");
    await expect(client.readResource({ uri: "agentmesh://runs/r_nothing" })).rejects.toMatchObject({ code: -32_602 });
    const { prompts } = await client.listPrompts();
    expect(prompts.find(({ name }) => name === "pay")).toMatchObject({ arguments: [{ name: "to", required: true }] });
    const { messages } = await client.getPrompt({ name: "pay", arguments: { to: "7" } });
    expect(JSON.stringify(messages)).toContain('{\\"to\\":\\"7\\"}');
  });
});

test.each(ERAS)("standard input closes on a client of %s: within two seconds nothing is left", async (era) => {
  const folder = await servedFolder();
  const { client, pid } = await connect(folder, "stdio", { era });
  const server = pid();
  client.callTool({ name: "stuck" }).catch(() => undefined);
  await vi.waitFor(() => expect(callsOf(folder)).toEqual(["look eve"]), patient);
  const left = [server, ...childrenOf(server)];
  const startedAtMs = performance.now();
  // The transport closes standard input and waits two seconds before it sends any signal.
  await client.close();
  expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  expect(left.filter(isRunning)).toEqual([]);
});

/** The servers that it has started. */
function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

describe("agentmesh serve", () => {
  test("tells where it listens, that it is well, and stops when it is told", async () => {
    const folder = await servedFolder();
    const server = folder.start("serve", "--port", "0", "--json");
    const [line = ""] = await server.prints(/.*\n/);
    const { url, type } = jsonLines(line)[0] ?? {};
    expect(type).toBe("server.listening");
    expect(await (await fetch(`${String(url)}/healthz`)).json()).toMatchObject({ status: "ok" });
    expect((await fetch(`${String(url)}/nothing`)).status).toBe(404);
    server.interrupt();
    expect((await server.ended).exit).toBe(0);
  });

  test("goes on with what was under way when it was killed, before anybody asks", async () => {
    const folder = await servedFolder();
    const first = folder.start("serve", "--port", "0");
    const client = clientOf("2026-07-28");
    onTestFinished(() => client.close());
    const [, url = ""] = await first.says(/MCP at (\S+\/mcp)/);
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    client.callTool({ name: "stuck" }).catch(() => undefined);
    await vi.waitFor(() => expect(callsOf(folder)).toEqual(["look eve"]), patient);
    first.kill();
    await first.ended;
    const second = folder.start("serve", "--port", "0");
    await vi.waitFor(async () => expect((await onlyRun(folder)).status).toBe("succeeded"), patient);
    second.interrupt();
    await second.ended;
    expect(callsOf(folder)).toEqual(["look eve", "look eve"]);
  });

  test("does not listen where others reach it unless it is told to", async () => {
    const folder = await servedFolder();
    const { exit, stderr } = await folder.run("serve", "--port", "0", "--host", "0.0.0.0");
    expect(exit).toBe(2);
    expect(stderr).toContain("AM_LISTEN_OPEN");
  });
});
