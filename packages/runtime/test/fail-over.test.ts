/** Capabilities with real servers: which tool is bound, and which one goes on when a server dies. */
import { fileURLToPath } from "node:url";
import { defineTool } from "@agentmesh/mcp";
import { expect, test } from "vitest";
import { z } from "zod";
import { createMesh, type MeshConfigInput } from "../src/index.ts";
import { temporaryFolder } from "./test-mesh.ts";

const mortal = fileURLToPath(new URL("./fixtures/mortal-server.ts", import.meta.url));

/** `mortal` dies in the middle of the first call of each tool, and `never` does not start. */
function serversIn(folder: string): NonNullable<MeshConfigInput["mcpServers"]> {
  return {
    mortal: { command: process.execPath, args: [mortal, folder], trust: { annotations: true } },
    never: { command: "no-such-program-of-agentmesh" },
  };
}

const tool = (name: string, effect: "read" | "write") =>
  defineTool({ name, description: name, input: z.looseObject({}), effect, run: () => ({ did: name }) });
const tools = { own: [tool("look", "read"), tool("pay", "write")] };
const plan = (use: string) => ({ mesh: 1 as const, name: "c", tasks: [{ id: "a", use }], output: { $from: "a" } });

const capabilities = {
  look: ["never.look", "mortal.look", "own.look"],
  pay: ["mortal.pay", "own.pay"],
  nothing: ["never.look", "mortal.gone"],
};

test("a read whose server dies in the middle of it goes on with another tool", async () => {
  const mcpServers = serversIn(temporaryFolder());
  await using mesh = await createMesh({ mcpServers, tools, capabilities, store: ":memory:" });
  const run = mesh.run(plan("capability:look"));
  expect((await run.result).output).toEqual({ did: "look" });
  const events = await mesh.events(run.id);
  expect(events.find(({ type }) => type === "task.routed")).toMatchObject({
    from: "mortal.look",
    to: "own.look",
    reason: "AM_TOOL_DISCONNECTED",
  });
  expect(events.find(({ type }) => type === "task.retried")).toMatchObject({ cause: "failover" });
});

test("a write whose server dies in the middle of it does not", async () => {
  const mcpServers = serversIn(temporaryFolder());
  await using mesh = await createMesh({ mcpServers, tools, capabilities, store: ":memory:" });
  const run = mesh.run(plan("capability:pay"));
  expect((await run.result).status).toBe("suspended");
  expect(run.view?.tasks["a"]).toMatchObject({ status: "in_doubt", tool: "mortal.pay" });
});

test("a plan is checked with the tools of its capability that the run may use", async () => {
  const mcpServers = serversIn(temporaryFolder());
  const domains = { outside: { servers: ["mortal"] }, inside: { tools: { allow: ["other.*"] } } };
  await using mesh = await createMesh({ mcpServers, tools, capabilities, domains, store: ":memory:" });
  const codes = async (use: string, domain?: string): Promise<readonly string[]> => {
    const findings = await mesh.check(plan(use), domain === undefined ? {} : { domain });
    return findings.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`);
  };
  expect(await codes("capability:look")).toEqual([]);
  expect(await codes("capability:look", "outside")).toEqual([]);
  expect(await codes("capability:look", "inside")).toEqual([
    'AM_TOOL_HIDDEN "capability:look" is not there for this run: domain inside does not allow it.',
  ]);
  expect(await codes("capability:nothing")).toEqual([
    'AM_SERVER_UNAVAILABLE "capability:nothing" is not available: none of the tools that the configuration names is there',
  ]);
  expect(await codes("capability:lok")).toEqual(['AM_UNKNOWN_TOOL No capability is named "capability:lok".']);
});

test("a capability is bound to the first of its tools that takes the arguments of the plan", async () => {
  const strict = defineTool({
    name: "strict",
    description: "Takes numbers.",
    input: z.strictObject({ count: z.number() }),
    effect: "read",
    run: () => ({ did: "strict" }),
  });
  const able = { count: ["own.strict", "own.look"] };
  await using mesh = await createMesh({
    tools: { own: [...tools.own, strict] },
    capabilities: able,
    store: ":memory:",
  });
  const bound = async (args: object): Promise<unknown> => {
    const tasks = [{ id: "a", use: "capability:count", args }];
    return (await mesh.run({ mesh: 1, name: "c", tasks, output: { $from: "a.did" } } as never).result).output;
  };
  expect(await bound({ count: 1 })).toBe("strict");
  expect(await bound({ count: "one" })).toBe("look");
});
