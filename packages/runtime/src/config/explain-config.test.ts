import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Environment } from "./config-environment.ts";
import { describeOrigin } from "./config-origin.ts";
import { explainConfig } from "./explain-config.ts";
import { loadConfig } from "./load-config.ts";

/** `path = value (origin)`, one line a value. */
async function explain(text: string, environment: Environment): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "agentmesh-explain-"));
  try {
    await writeFile(join(folder, "agentmesh.config.yaml"), text);
    const loaded = await loadConfig({ workingDirectory: folder, environment });
    return explainConfig(loaded).map(({ path, value, origin }) =>
      `${path} = ${JSON.stringify(value)} (${describeOrigin(origin)})`.replaceAll(folder, "~"),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("every value in force is there, with its origin", async () => {
  const shown = await explain("models: { large: { provider: openai, model: gpt-5 } }\ntenant: acme\n", {
    AGENTMESH_LOG_LEVEL: "debug",
  });
  expect(shown).toEqual([
    'models.large.provider = "openai" (agentmesh.config.yaml:1)',
    'models.large.model = "gpt-5" (agentmesh.config.yaml:1)',
    'tenant = "acme" (agentmesh.config.yaml:2)',
    'log.level = "debug" (AGENTMESH_LOG_LEVEL)',
    "log.memoryMax = 1000 (default)",
    'pinning.drift = "stop" (default)',
    "expose.run = true (default)",
    'expose.workflows = "*" (default)',
    'serve.host = "127.0.0.1" (default)',
    "serve.port = 7420 (default)",
    "policy.concurrency.run = 16 (default)",
    "policy.plannedTasksMax = 64 (default)",
    "policy.planAttemptsMax = 3 (default)",
    "policy.patchesMax = 2 (default)",
    "policy.retryMax = 2 (default)",
    "policy.backoffMs = 250 (default)",
    "policy.backoffMsMax = 30000 (default)",
    'policy.inDoubt = "ask" (default)',
    "cache.enabled = true (default)",
    "cache.models = false (default)",
    "cache.plans = false (default)",
    "cache.shapes = true (default)",
    "cache.megabytesMax = 256 (default)",
    'store = "~/.agentmesh/store.db" (default)',
  ]);
});

test("a secret is shown nowhere, wherever it stands", async () => {
  const text = [
    "models: { large: { provider: openai, model: gpt-5, apiKey: literal-1 } }",
    "mcpServers:",
    "  web: { url: 'https://u:${PW}@example.org/mcp?token=literal-2', auth: { bearer: '${TOKEN}' } }",
    "  tool:",
    "    command: tool",
    "    args: [--api-key, literal-3, --token=literal-4, '--pin=${PIN}', '--home=${HOME}', 'x-${TOKEN}-y']",
    "    env: { API_KEY: literal-5, MODE: fast }",
  ].join("\n");
  const environment = {
    TOKEN: "variable-1",
    PW: "variable-2",
    PIN: "77",
    HOME: "/people/me",
    OPENAI_API_KEY: "variable-3",
  };
  const shown = (await explain(text, environment)).join("\n");
  expect(shown).not.toMatch(/literal-|variable-|77/);
  for (const line of [
    'mcpServers.web.url = "https://u:[secret]@example.org/mcp?token=[secret]" (agentmesh.config.yaml:3 (PW))',
    'mcpServers.web.auth.bearer = "[secret]" (agentmesh.config.yaml:3 (TOKEN))',
    'mcpServers.tool.args[2] = "--token=[secret]" (agentmesh.config.yaml:6)',
    'mcpServers.tool.args[3] = "[secret]" (agentmesh.config.yaml:6 (PIN))',
    'mcpServers.tool.args[4] = "--home=/people/me" (agentmesh.config.yaml:6 (HOME))',
    'mcpServers.tool.args[5] = "x-[secret]-y" (agentmesh.config.yaml:6 (TOKEN))',
    'mcpServers.tool.env.MODE = "fast" (agentmesh.config.yaml:7)',
    "mcpServers.web.timeoutMs = 60000 (default)",
  ]) {
    expect(shown).toContain(line);
  }
});

test("keys and secrets of connections are never shown", async () => {
  const key = "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByq\\n-----END PRIVATE KEY-----";
  const shown = await explain(
    `mcpServers:
  vault:
    url: https://vault.example.com/mcp
    tls: { cert: client.pem, key: "${key}" }
    auth: { oauth: { issuer: "https://id.example.com", clientId: robot, clientSecret: hunter2hunter2 } }
`,
    {},
  );
  expect(shown).toContain('mcpServers.vault.tls.key = "[secret]" (agentmesh.config.yaml:4)');
  expect(shown).toContain('mcpServers.vault.auth.oauth.clientSecret = "[secret]" (agentmesh.config.yaml:5)');
  expect(shown).toContain('mcpServers.vault.tls.cert = "~/client.pem" (agentmesh.config.yaml:4)');
});
