/** The place of a value in the configuration: its keys and indexes from the root. JSON Pointer for programs, dots for people. */
export type ConfigPath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `mcpServers.files.args[1]`; a key that is no plain word stands in brackets. Empty for the root. */
export function describePath(path: ConfigPath): string {
  return path.map((part, index) => describePart(part, index === 0)).join("");
}

function describePart(part: string | number, isFirst: boolean): string {
  if (typeof part === "number") return `[${part}]`;
  if (!PLAIN_KEY.test(part)) return `[${JSON.stringify(part)}]`;
  return isFirst ? part : `.${part}`;
}
