/** Node, configuration, store, disk and servers. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { ServerStatus } from "@agentmesh/ports";
import { type LoadedConfig, type Mesh, openMesh } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { durationText } from "../progress/duration-text.ts";
import { count } from "../progress/event-line.ts";
import { loadSettings } from "../session.ts";
import { type DoctorCheck, failedCheck, type ReportCheck } from "./doctor-check.ts";

/** Below this a store may soon not grow any more, in bytes. */
const FREE_BYTES_MIN = 200 * 1024 * 1024;

/** The configuration, when there is one that can be used. */
export async function checkSettings(call: CommandCall, report: ReportCheck): Promise<LoadedConfig | undefined> {
  report({ name: "node", status: "ok", detail: process.version });
  const loaded = await checked("configuration", report, () => loadSettings(call));
  if (loaded === undefined) return undefined;
  report({ name: "configuration", status: "ok", detail: loaded.file ?? "none found: defaults hold" });
  const mesh = await checked("store", report, () => Promise.resolve(openMesh(loaded)));
  if (mesh === undefined) return loaded;
  await using opened = mesh;
  report({ name: "store", status: "ok", detail: loaded.config.store });
  await checkDisk(loaded.config.store, report);
  await checkServers(opened, report);
  return loaded;
}

/** Undefined when it failed, which is then reported. */
async function checked<T>(name: string, report: ReportCheck, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    report(failedCheck(name, error));
    return undefined;
  }
}

async function checkDisk(store: string, report: ReportCheck): Promise<void> {
  const disk = await checked("disk", report, () => statfs(dirname(store)));
  if (disk === undefined) return;
  const freeBytes = disk.bavail * disk.bsize;
  const detail = `${Math.floor(freeBytes / 1024 / 1024)} MB free beside the store`;
  if (freeBytes >= FREE_BYTES_MIN) report({ name: "disk", status: "ok", detail });
  else report({ name: "disk", status: "warning", detail, hint: "Make room, or name another place with --store PATH." });
}

async function checkServers(mesh: Mesh, report: ReportCheck): Promise<void> {
  const { servers } = await mesh.tools();
  for (const status of servers) report(serverCheck(status));
  if (servers.length > 0) return;
  const hint = "Name some under mcpServers in agentmesh.config.yaml, or write one with: agentmesh init";
  report({ name: "servers", status: "warning", detail: "none is configured", hint });
}

function serverCheck({ server, error, tools, connectMs, protocolVersion, warnings = [] }: ServerStatus): DoctorCheck {
  const name = `server ${server}`;
  if (error !== undefined) return failedCheck(name, error);
  const detail = `${count(tools, "tool")} in ${durationText(connectMs ?? 0)}, MCP ${protocolVersion ?? "-"}`;
  return warnings.length === 0
    ? { name, status: "ok", detail }
    : { name, status: "warning", detail: `${detail}; ${warnings.join("; ")}` };
}
