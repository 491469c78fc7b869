/** What a server behind a served mesh asks in the middle of a call: it reaches the client of the mesh, and the answer the server. */
import { fileURLToPath } from "node:url";
import type { Client } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { Folder, onlyRun } from "./command.ts";
import { connect, ERAS, WAYS } from "./served-client.ts";

const ASKING = fileURLToPath(import.meta.resolve("../../../tests/servers/asking-server.ts"));

/** `inner`: how the mesh speaks with the server behind it. */
async function askingFolder(inner: "legacy" | "modern"): Promise<Folder> {
  const bar = { command: process.execPath, args: [ASKING], protocol: inner };
  return Folder.create({ "agentmesh.config.json": { mcpServers: { bar }, expose: { tools: ["bar.*"] } } });
}

type Answer = { action: "accept"; content?: Record<string, number> } | { action: "decline" | "cancel" };

/** What the person of this client is asked, which answers in this order. */
function answering(client: Client, ...answers: Answer[]): readonly object[] {
  const asked: object[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params);
    return answers.shift() ?? { action: "cancel" as const };
  });
  return asked;
}

describe.each(WAYS)("a client of %s over %s", (era, transport) => {
  test.each(["legacy", "modern"] as const)("fills in the form of a %s server, or refuses to", async (inner) => {
    const folder = await askingFolder(inner);
    const { client } = await connect(folder, transport, { era, canAsk: true });
    const asked = answering(client, { action: "accept", content: { size: 2 } }, { action: "decline" });
    const told = await client.callTool({ name: "bar__order" });
    expect(told.content).toEqual([{ type: "text", text: '{"action":"accept","content":{"drink":"tea","size":2}}' }]);
    expect(asked[0]).toMatchObject({
      message: expect.stringMatching(/^What shall it be\? \(asked by bar\.order; run r_\w+, call\)$/),
      requestedSchema: { type: "object", properties: { size: { minimum: 1 } }, required: ["size"] },
    });
    const refused = await client.callTool({ name: "bar__order" });
    expect(refused.content).toEqual([{ type: "text", text: '{"action":"decline"}' }]);
  });
});

describe.each(ERAS)("a client of %s", (era) => {
  test("is shown the page that a server wants to be opened", async () => {
    const { client } = await connect(await askingFolder("modern"), "stdio", { era, canAsk: true });
    const asked = answering(client, { action: "accept" });
    const told = await client.callTool({ name: "bar__pay" });
    expect(told.content).toEqual([{ type: "text", text: '{"action":"accept"}' }]);
    expect(asked).toMatchObject([{ mode: "url", url: "https://pay.example/1" }]);
  });

  test("leaves the question to others: it stays, and the run goes on once somebody answers", async () => {
    const folder = await askingFolder("legacy");
    const { client } = await connect(folder, "HTTP", { era, canAsk: true });
    answering(client, { action: "cancel" });
    const left = await client.callTool({ name: "bar__order" });
    expect(left).toMatchObject({ isError: true });
    const { run, status, waits } = await onlyRun(folder);
    expect({ status, waits }).toMatchObject({ status: "running", waits: [{ name: "call" }] });
    expect((await folder.run("approve", run, "call", "--args", '{"size":4}')).exit).toBe(0);
    expect((await onlyRun(folder)).status).toBe("succeeded");
  });

  test("that cannot ask is told what waits, what to fill in, and the command to answer by", async () => {
    const folder = await askingFolder("legacy");
    const { client } = await connect(folder, "HTTP", { era });
    const { content, isError } = await client.callTool({ name: "bar__order" });
    expect(isError).toBe(true);
    const [{ text } = { text: "" }] = content as { text: string }[];
    expect(text).toMatch(/- input of call \(bar\.order: What shall it be\?: \{"size":.*"drink".*\}\)/);
    const [, command = ""] = /: agentmesh (approve r_\w+ call) --args '\{\.\.\.\}'$/.exec(text) ?? [];
    expect((await folder.run(...command.split(" "), "--args", '{"size":3}')).exit).toBe(0);
  });
});
