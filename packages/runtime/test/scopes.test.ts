/** What a run may see of the tools of its mesh: servers, narrowed by its domain, its tenant and itself. */
import { join } from "node:path";
import { defineTool } from "@agentmesh/mcp";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMesh, type CreateMeshOptions } from "../src/index.ts";
import { temporaryFolder } from "./test-mesh.ts";

const tool = (name: string) =>
  defineTool({ name, description: name, input: z.looseObject({}), effect: "read", run: () => ({ did: name }) });

function meshOf(options: CreateMeshOptions = {}) {
  return createMesh({
    tools: { ledger: [tool("read"), tool("pay")], fx: [tool("rate")], web: [tool("fetch")] },
    domains: { finance: { servers: ["ledger", "fx"] }, audit: { servers: ["ledger"], tools: { deny: ["*.pay"] } } },
    tenants: { acme: { tools: { deny: ["fx.*"] } } },
    store: ":memory:",
    ...options,
  });
}

const planOf = (use: string) => ({ mesh: 1 as const, name: "one", tasks: [{ id: "it", use }] });

async function names(
  options: CreateMeshOptions,
  scope: { domain?: string; tools?: { allow?: string[]; deny?: string[] } },
) {
  await using mesh = await meshOf(options);
  const { tools } = await mesh.tools(scope);
  return tools.filter(({ server }) => server !== "mesh").map(({ name }) => name);
}

describe("the tools", () => {
  test.each([
    ["of no domain are all", {}, {}, ["ledger.read", "ledger.pay", "fx.rate", "web.fetch"]],
    ["of a domain are those of its servers", {}, { domain: "finance" }, ["ledger.read", "ledger.pay", "fx.rate"]],
    ["of a domain are narrowed by what it denies", {}, { domain: "audit" }, ["ledger.read"]],
    [
      "of a tenant are narrowed in every domain",
      { tenant: "acme" },
      { domain: "finance" },
      ["ledger.read", "ledger.pay"],
    ],
    [
      "of a run are narrowed last",
      {},
      { domain: "finance", tools: { allow: ["ledger.*"], deny: ["*pay"] } },
      ["ledger.read"],
    ],
    ["cannot be widened by a run", {}, { domain: "audit", tools: { allow: ["*"] } }, ["ledger.read"]],
  ])("%s", async (_, options, scope, expected) => {
    expect(await names(options, scope)).toEqual(expected);
  });
});

describe("a plan", () => {
  test.each([
    ["web.fetch", { domain: "finance" }, 'domain finance does not have the server "web"'],
    ["ledger.pay", { domain: "audit" }, 'domain audit denies "*.pay"'],
    ["fx.rate", {}, 'tenant acme denies "fx.*"'],
    ["web.fetch", { tools: { allow: ["ledger.*"] } }, "this run does not allow it"],
  ])("that names %s is told what hides it: %o", async (use, scope, reason) => {
    await using mesh = await meshOf({ tenant: "acme" });
    const { error } = await mesh.run(planOf(use), scope).result;
    const message = `"${use}" is not there for this run: ${reason}.`;
    expect(error).toMatchObject({
      code: "AM_PLAN_REJECTED",
      facts: { findings: [{ code: "AM_TOOL_HIDDEN", message }] },
    });
    expect(await mesh.check(planOf(use), scope)).toMatchObject([{ code: "AM_TOOL_HIDDEN", path: "/tasks/0/use" }]);
  });

  test("with tools of its domain runs, and its planner sees no others", async () => {
    const seen: string[] = [];
    await using mesh = await meshOf({
      nodes: {
        planner: {
          plan: ({ tools }) => {
            seen.push(...tools.map(({ name }) => name).filter((name) => !name.startsWith("mesh.")));
            return Promise.resolve({ kind: "plan", plan: planOf("ledger.read") });
          },
        },
        composer: { compose: () => Promise.resolve({ text: "done", citations: [], removedCitations: [] }) },
      },
    });
    expect((await mesh.run("read the ledger", { domain: "audit" }).result).status).toBe("succeeded");
    expect(seen).toEqual(["ledger.read"]);
  });
});

test("a domain holds for a run when another process goes on with it", async () => {
  const store = join(temporaryFolder(), "store.db");
  const plan = {
    mesh: 1 as const,
    name: "two",
    tasks: [
      { id: "asked", use: "mesh.approve", args: { message: "Go on?" } },
      { id: "it", use: "ledger.pay", after: ["asked"] },
    ],
  };
  let id = "";
  {
    await using mesh = await meshOf({ store });
    const run = mesh.run(plan, { domain: "finance" });
    expect((await run.result).status).toBe("suspended");
    id = run.id;
  }
  {
    await using mesh = await meshOf({ store, domains: {} });
    await expect(mesh.approve(id, "asked")).rejects.toMatchObject({ code: "AM_UNKNOWN_DOMAIN" });
  }
  await using mesh = await meshOf({ store, domains: { finance: { servers: ["fx"] } } });
  const run = await mesh.approve(id, "asked");
  await run?.result;
  expect((await mesh.show(id)).tasks["it"]?.error).toMatchObject({ code: "AM_TOOL_GONE" });
});

test.each([
  ["its domain", { domain: "audit" }, "ledger.read", "ledger.pay"],
  ["what it narrows itself", { tools: { deny: ["web.*"] } }, "fx.rate", "web.fetch"],
])("a workflow that a run calls may use no more than the run: %s", async (_, scope, allowed, hidden) => {
  await using mesh = await meshOf({ workflows: { good: planOf(allowed), bad: planOf(hidden) } });
  expect((await mesh.run(planOf("workflow:good"), scope).result).status).toBe("succeeded");
  expect((await mesh.run(planOf("workflow:bad")).result).status).toBe("succeeded");
  const refused = await mesh.run(planOf("workflow:bad"), scope).result;
  expect(refused.status).toBe("failed");
  const children = await mesh.runs();
  const views = await Promise.all(children.map(({ run }) => mesh.show(run)));
  const codes = views.flatMap(({ error }) => (error?.code === "AM_PLAN_REJECTED" ? [error.code] : []));
  expect(codes).toHaveLength(1);
});

test("a domain that there is not, and a server that there is not, are said at once", async () => {
  await using mesh = await meshOf();
  expect(() => mesh.run(planOf("web.fetch"), { domain: "finanse" })).toThrow(
    expect.objectContaining({ code: "AM_UNKNOWN_DOMAIN", hint: expect.stringContaining("finance") }),
  );
  await expect(meshOf({ domains: { finance: { servers: ["ledgr"] } } })).rejects.toMatchObject({
    code: "AM_SCOPE_SERVER",
    hint: expect.stringContaining('"ledger"'),
  });
});

test("a server that a program brings along stands in front of a configured one, and that is said", async () => {
  await using mesh = await meshOf({ mcpServers: { web: { command: "nothing-that-exists" } } });
  expect((await mesh.tools()).collisions).toEqual([{ server: "web", kept: "local", hidden: "stdio" }]);
  expect((await mesh.run(planOf("web.fetch")).result).status).toBe("succeeded");
});

test("the catalogue tells of each tool how its calls have gone, and its name for others", async () => {
  await using mesh = await meshOf();
  await mesh.run(planOf("fx.rate")).result;
  const { servers, tools } = await mesh.tools({ domain: "finance" });
  expect(servers.map(({ server, health }) => [server, health.calls])).toEqual([
    ["ledger", 0],
    ["fx", 1],
  ]);
  expect(tools.find(({ name }) => name === "fx.rate")).toMatchObject({
    alias: "fx__rate",
    source: "local",
    scope: { domains: ["finance"] },
    health: { calls: 1, errorRate: 0, breaker: "closed" },
  });
});
