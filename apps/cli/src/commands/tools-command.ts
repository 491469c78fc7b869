/** `agentmesh tools`: what the servers offer, as they say it now. */
import type { ToolSpec } from "@agentmesh/core";
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
  const { servers, tools } = await mesh.tools();
  if (call.output.isJson) call.output.document({ servers: servers.map(serverDocument), tools });
  else show(servers, tools, call.output);
  return EXIT.ok;
}

function serverDocument({ error, ...status }: ServerStatus): object {
  return error === undefined ? status : { ...status, error: error.toJSON() };
}

function show(servers: readonly ServerStatus[], tools: readonly ToolSpec[], output: Output): void {
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

function toolRow({ name, effect, description }: ToolSpec): Row {
  const [first = ""] = description.split("\n");
  const text = first.length > DESCRIPTION_CHARS_MAX ? `${first.slice(0, DESCRIPTION_CHARS_MAX - 1)}…` : first;
  return [{ style: "bold", text: name }, effect, { style: "dim", text }];
}
