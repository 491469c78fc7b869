/**
 * The name of a tool where dots and foreign letters are not allowed: for models' own function calls and for tools that are
 * served outward. Never for plans, which say `server.tool`. Two tools never share an alias, whatever others there are.
 */
import { createHash } from "node:crypto";

/** What the APIs of models and most hosts of MCP take. */
export const TOOL_ALIAS_CHARS_MAX = 64;

/** A server whose end cannot be mistaken: the first `__` of an alias that is not marked stands right behind it. */
const PLAIN_SERVER = /^[A-Za-z][A-Za-z0-9-]*(?:_[A-Za-z0-9-]+)*$/;
const PLAIN_TOOL = /^[A-Za-z0-9_-]+$/;
/** Of base 32: 60 bits of a digest. */
const MARK_CHARS = 12;
/** A plain name that looks like a marked one is marked as well. */
const MARKED = /_[0-9a-v]{12}$/;
const SEPARATOR = "__";
const FOREIGN = /[^A-Za-z0-9-]+/g;

/**
 * `server__tool` where that is plain, else as much of it as there is room for and a mark that follows from the whole name:
 * letters, digits, `_` and `-`, at most 64 of them. `name`: `server.tool`.
 */
export function toolAlias(name: string): string {
  const dot = name.indexOf(".");
  const [server, tool] = dot < 0 ? ["", name] : [name.slice(0, dot), name.slice(dot + 1)];
  const plain = `${server}${SEPARATOR}${tool}`;
  const isPlain = PLAIN_SERVER.test(server) && PLAIN_TOOL.test(tool) && !MARKED.test(plain);
  return isPlain && plain.length <= TOOL_ALIAS_CHARS_MAX ? plain : markedAlias(server, tool, name);
}

function markedAlias(server: string, tool: string, name: string): string {
  const shown = [server, tool].map((part) => part.replace(FOREIGN, "_")).join(SEPARATOR);
  const room = TOOL_ALIAS_CHARS_MAX - MARK_CHARS - 1;
  const head = (/^[A-Za-z]/.test(shown) ? shown : `t${shown}`).slice(0, room).replace(/_+$/, "");
  return `${head}_${markOf(name)}`;
}

function markOf(name: string): string {
  // As UTF-16, so that names with broken characters in them differ where they differ.
  const digest = createHash("sha256").update(name, "utf16le").digest();
  return digest.readBigUInt64BE().toString(32).padStart(13, "0").slice(1);
}
