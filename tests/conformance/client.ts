/**
 * The client that MCP's conformance suites test: `client.ts URL`, told by environment variables which scenario this is. It is
 * our own source of tools as a mesh uses it: it connects, lists, calls what there is to call, answers with defaults when it
 * is asked, and leaves.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Json, JsonObject } from "@agentmesh/core";
import { letSignIn, McpServerConfig, McpToolSource } from "@agentmesh/mcp";
import type { InputAnswer, InputRequest } from "@agentmesh/ports";
import { EAGER_PERSON, scenarioConfig, type SignInContext } from "./scenario-sign-in.ts";

interface ScenarioContext extends SignInContext {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
}

const [url = ""] = process.argv.slice(2);
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as ScenarioContext;
/** In milliseconds; the suite's own limit is above it. */
const LIMIT_MS = 50_000;

const signal = AbortSignal.timeout(LIMIT_MS);
/** Sign-ins of scenarios are none of the user's. */
const home = mkdtempSync(join(tmpdir(), "agentmesh-conformance-"));
process.env["XDG_CONFIG_HOME"] = home;
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const config = McpServerConfig.parse(await scenarioConfig(scenario, url, context));
await letSignIn(config, EAGER_PERSON);
const source = new McpToolSource({ server: "conformance", config, canAsk: true });
try {
  const { state, error } = await source.connect(signal);
  if (error !== undefined) say(error.message, error.facts);
  for (const [tool, args] of calls()) await call(tool, args);
  process.exitCode = state === "ready" ? 0 : 1;
} finally {
  await source.close();
  rmSync(home, { recursive: true, force: true });
}

/** What the scenario lists, or each tool once. */
function calls(): readonly (readonly [string, JsonObject])[] {
  const { toolCalls } = context;
  if (toolCalls !== undefined) return toolCalls.map((each) => [each.name, each.arguments]);
  return source.tools().map(({ tool }) => [tool, argumentsOf(tool)]);
}

/** Most tools of the scenarios take none. */
function argumentsOf(tool: string): JsonObject {
  if (tool === "add_numbers") return { a: 5, b: 3 };
  const [first] = source.tools();
  return tool === "json_schema_echo" && first !== undefined ? { schema: first.inputSchema } : {};
}

async function call(tool: string, args: JsonObject): Promise<void> {
  try {
    const { value } = await source.call(tool, args, { signal, idempotencyKey: `conformance/${tool}`, onInput });
    say(tool, value);
  } catch (error) {
    say(tool, error);
  }
}

/** Accepts what is asked, with the defaults of the form. */
function onInput(request: InputRequest): Promise<InputAnswer> {
  return Promise.resolve({ action: "accept", content: request.mode === "form" ? defaultsOf(request.schema) : {} });
}

function defaultsOf({ properties = {} }: JsonObject): JsonObject {
  const fields = Object.entries(properties as Record<string, { readonly default?: Json }>);
  return Object.fromEntries(
    fields.flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}

/** The suite shows it when a scenario fails. */
function say(...words: readonly unknown[]): void {
  process.stderr.write(`${words.map((word) => (typeof word === "string" ? word : inspect(word))).join(" ")}\n`);
}
