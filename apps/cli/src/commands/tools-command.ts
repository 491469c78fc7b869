/** `agentmesh tools`: what the servers offer, as they say it now. */
import { type JsonSchema, suggestion } from "@agentmesh/core";
import type { CatalogueTool, HealthReport, ToolList } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import { readScope } from "../documents/work.ts";
import type { ServerStatus } from "@agentmesh/ports";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { durationText } from "../progress/duration-text.ts";
import { count } from "../progress/event-line.ts";
import { type Status, statusMark } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { type Row, tableLines } from "../terminal/table.ts";

const DESCRIPTION_CHARS_MAX = 80;

export async function toolsCommand(call: CommandCall): Promise<number> {
  const [word] = call.operands;
  if (word === "lock") return await (await import("./tools-lock.ts")).lockTools(call);
  await using mesh = await openSession(call);
  const { servers, tools, collisions } = await mesh.tools(readScope(call));
  const wanted = word === undefined ? tools : tools.filter(({ name, server }) => word === name || word === server);
  if (word !== undefined && wanted.length === 0) throw unknownName(word, { servers, tools });
  const about =
    word === undefined ? servers : servers.filter(({ server }) => wanted.some((tool) => tool.server === server));
  const [first] = wanted;
  if (call.output.isJson) call.output.document({ servers: about.map(serverDocument), tools: wanted, collisions });
  else if (first !== undefined && first.name === word) showTool(first, call.output);
  else show(about, wanted, call.output);
  for (const collision of collisions) warnOf(collision, call.output);
  return EXIT.ok;
}

function warnOf({ server, kept, hidden }: ToolList["collisions"][number], output: Output): void {
  const text = ` two servers are called ${server}: the ${hidden} one is not used, the ${kept} one is`;
  output.warn(statusMark("warning"), text);
}

function unknownName(word: string, { servers, tools }: Pick<ToolList, "servers" | "tools">): UsageError {
  const known = [...servers.map(({ server }) => server), ...tools.map(({ name }) => name), "lock"];
  return new UsageError(`There is no server and no tool "${word}".`, suggestion(word, known));
}

/** All of one tool. */
function showTool(tool: CatalogueTool, output: Output): void {
  const { name, effect, isOpenWorld, fingerprint, alias, health, description, drift } = tool;
  const { inputSchema, outputSchema, outputShape } = tool;
  output.resultLine({ style: "bold", text: name }, `  ${effect}${isOpenWorld ? ", open world" : ""}`);
  output.resultLine({ style: "dim", text: description });
  output.resultLine(`fingerprint  ${fingerprint}`);
  output.resultLine(`alias        ${alias}`);
  output.resultLine(`health       ${healthText(health)}`);
  showSchema("arguments", inputSchema, output);
  if (outputShape === undefined) showSchema("output", outputSchema, output);
  else showSchema("output so far", outputShape.schema, output);
  for (const { path, was = "-", is = "-" } of drift?.changes ?? [])
    output.warn(statusMark("warning"), ` not as pinned: ${path} was ${was}, is ${is}`);
}

function showSchema(label: string, schema: JsonSchema | undefined, output: Output): void {
  const [first = "", ...rest] = (schema === undefined ? "not said" : JSON.stringify(schema, null, 2)).split("\n");
  output.resultLine(`${label.padEnd(13)}${first}`);
  for (const line of rest) output.resultLine(line);
}

function healthText({ calls, errorRate = 0, p50Ms = 0, p95Ms = 0, breaker }: HealthReport): string {
  if (calls === 0) return "not called yet";
  const failed = `${Math.round(errorRate * 100)} % failed`;
  return `${count(calls, "call")}, ${failed}, p50 ${durationText(p50Ms)}, p95 ${durationText(p95Ms)}, breaker ${breaker}`;
}

function serverDocument({ error, ...status }: ServerStatus): object {
  return error === undefined ? status : { ...status, error: error.toJSON() };
}

function show(servers: readonly ServerStatus[], tools: readonly CatalogueTool[], output: Output): void {
  for (const line of tableLines(servers.map(serverRow))) output.resultLine(...line);
  if (servers.length > 0) output.resultLine("");
  for (const line of tableLines(tools.map(toolRow))) output.resultLine(...line);
  for (const { server, error, warnings = [] } of servers) {
    for (const warning of warnings) output.warn(statusMark("warning"), ` ${server}: ${warning}`);
    if (error !== undefined) output.warn({ style: "dim", text: "  hint: " }, `${server}: ${error.hint}`);
  }
  if (servers.length === 0)
    output.say(
      "No server is configured: name some under mcpServers in agentmesh.config.yaml, or write one with: agentmesh init",
    );
}

function serverRow({ server, state, transport, tools, protocolVersion, connectMs, error }: ServerStatus): Row {
  const mark: Status = state === "ready" ? "ok" : state === "failed" ? "failed" : "pending";
  const time = connectMs === undefined ? "" : durationText(connectMs);
  const detail = error === undefined ? `MCP ${protocolVersion ?? "-"}` : `${error.code}: ${error.message}`;
  return [statusMark(mark), server, state, transport, count(tools, "tool"), time, detail];
}

function toolRow({ name, effect, description, drift }: CatalogueTool): Row {
  const [first = ""] = description.split("\n");
  const text = first.length > DESCRIPTION_CHARS_MAX ? `${first.slice(0, DESCRIPTION_CHARS_MAX - 1)}…` : first;
  const pinned = drift === undefined ? "" : "not as pinned  ";
  return [{ style: "bold", text: name }, effect, { style: "dim", text: `${pinned}${text}` }];
}
