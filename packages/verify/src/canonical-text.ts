/** The canonical JSON text of a value, over which its hash is taken: keys in code-unit order, no white space. */
import { createHash } from "node:crypto";

export function canonicalText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value) parts.push(canonicalText(item));
    return `[${parts.join(",")}]`;
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(record).sort((left, right) => (left < right ? -1 : 1)))
    parts.push(`${JSON.stringify(key)}:${canonicalText(record[key])}`);
  return `{${parts.join(",")}}`;
}

/** sha256, base64url. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url");
}
