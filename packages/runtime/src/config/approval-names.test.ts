import { expect, test } from "vitest";
import { type LoadConfigOptions, loadConfig, type LoadedConfig } from "./load-config.ts";

function load(options: Partial<LoadConfigOptions>): Promise<LoadedConfig> {
  return loadConfig({ workingDirectory: ".", file: false, environment: { AGENTMESH_NO_MODEL: "1" }, ...options });
}

async function problemsOf(options: Partial<LoadConfigOptions>): Promise<string> {
  const error = await load(options).then(
    () => new Error("nothing is wrong"),
    (error_: unknown) => error_ as Error,
  );
  return error.message;
}

const files = { command: "npx" };

test("the policy of the documentation is taken as it is", async () => {
  const policy: NonNullable<LoadConfigOptions["overrides"]>["policy"] = {
    approve: ["destructive"],
    inDoubt: "ask",
    budget: { tokens: 200_000, usd: 2, seconds: 600 },
  };
  const models = { large: { provider: "openai", model: "m", price: { input: 1.25, output: 10 } } } as const;
  const { config } = await load({ overrides: { policy, models } });
  expect(config.policy).toMatchObject(policy);
  expect(config.models["large"]).toMatchObject(models.large);
});

test("effects, the plan, tools and whole servers can ask, whoever serves them", async () => {
  const approve = ["write", "plan", "files.write_file", "files.*", "local.a.b"];
  const { config } = await load({ overrides: { mcpServers: { files }, policy: { approve } } });
  expect(config.policy.approve).toEqual(approve);
});

test.each([
  ["destructve", 'Did you mean "destructive"?'],
  ["Plan", 'Did you mean "plan"?'],
  ["files", 'Did you mean "files.*"?'],
  ["budget", "Known: read, idempotent, write, destructive, plan, files.*."],
  ["files.write_*", 'Did you mean "files.*"?'],
  ["*", "Known: "],
  ["files.", 'Did you mean "files.*"?'],
  [".write", 'Did you mean "write"'],
])("the name %j, which would never ask, is refused: %s", async (name, advice) => {
  const said = await problemsOf({ overrides: { mcpServers: { files }, policy: { approve: ["read", name] } } });
  expect(said).toContain("option, policy.approve[1]: This names nothing that could ask: write an effect, ");
  expect(said).toContain(advice);
});

test("a variable can say it, and is named when it says nonsense", async () => {
  const environment = { AGENTMESH_NO_MODEL: "1", AGENTMESH_POLICY__APPROVE: '["destructve"]' };
  expect(await problemsOf({ environment })).toContain("variable AGENTMESH_POLICY__APPROVE, policy.approve[0]: ");
});
