/** What a task's `use` names: a tool of a server, a built-in, or by its prefix something that has a tool behind it. */
import { MESH_SERVER } from "./plan.ts";

/** `tool`: `server.tool`. The others are written `KIND:NAME`, but for the built-ins, `mesh.NAME`. */
export type UseKind = "tool" | "builtin" | "capability" | "workflow" | "agent";

const PREFIXED = /^(capability|workflow|agent):/;

export function kindOfUse(use: string): UseKind {
  const [, prefix] = PREFIXED.exec(use) ?? [];
  if (prefix !== undefined) return prefix as UseKind;
  return use.startsWith(`${MESH_SERVER}.`) ? "builtin" : "tool";
}

/** The server that `server.tool` names; undefined where a name alone does not say which. */
export function serverOfUse(use: string): string | undefined {
  const kind = kindOfUse(use);
  if (kind !== "tool" && kind !== "builtin") return undefined;
  return use.split(".")[0];
}
