/** The official MCP servers as a configuration, each working in a folder of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol");
const start = (name: string, ...args: string[]) => ({
  command: process.execPath,
  args: [join(packages, name, "dist/index.js"), ...args],
});

export function officialServers(folder: string) {
  mkdirSync(join(folder, "notes"), { recursive: true });
  writeFileSync(join(folder, "notes", "launch.txt"), "The launch is on 14 March in Lisbon.\n");
  return {
    everything: start("server-everything"),
    files: start("server-filesystem", folder),
    memory: { ...start("server-memory"), env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } },
    thinking: start("server-sequential-thinking"),
  };
}
