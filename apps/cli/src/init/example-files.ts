/** What `agentmesh init` writes. */

export const CONFIG_FILE = "agentmesh.config.yaml";
export const EXAMPLE_PLAN_FILE = "example.plan.json";

/** `detected`: models that this machine offers, for people. */
export function exampleConfig(detected: readonly string[]): string {
  const found =
    detected.length === 0
      ? "# None was found on this machine. Fetch a small one with: agentmesh models pull"
      : `# Found on this machine, and used while none is named: ${detected.join(", ")}`;
  return `# AgentMesh. Check it with: agentmesh doctor. Where each value comes from: agentmesh config --explain

# Where tools come from. A block of another MCP host can be pasted in.
mcpServers:
  files:
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", .]
    trust: { annotations: true } # believe what it says about the effects of its tools
  # web:
  #   url: https://example.org/mcp
  #   auth: { bearer: "\${WEB_TOKEN}" }

# Which models plan and answer. Plan files need none.
${found}
# models:
#   small: { provider: ollama, model: qwen3 }
#   large: { provider: openai, model: gpt-5.4-mini } # reads OPENAI_API_KEY
# roles: { planner: large, composer: large, router: small, validator: small }

# What runs may do.
# policy:
#   approve: [destructive] # ask before such calls: an effect, server.tool, server.*, or plan
#   budget: { tokens: 200000, seconds: 600 } # and usd, calls; reached, the run ends, or asks with onExceeded: ask
#   inDoubt: ask # a call whose outcome is unknown: ask, retry or fail
#   concurrency: { run: 16 }
`;
}

export function examplePlan(): string {
  const plan = {
    mesh: 1,
    name: "look-around",
    note: `Lists this folder and reads a file at the same time. Run it with: agentmesh run ${EXAMPLE_PLAN_FILE}`,
    inputs: { file: { type: "string", default: CONFIG_FILE } },
    tasks: [
      { id: "listing", use: "files.list_directory", args: { path: "." } },
      { id: "text", use: "files.read_text_file", args: { path: { $from: "inputs.file" }, head: 5 } },
    ],
    output: "{{ listing.content }}\n\n{{ text.content }}",
  };
  return `${JSON.stringify(plan, null, 2)}\n`;
}
