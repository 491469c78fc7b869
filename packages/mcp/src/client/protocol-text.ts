/** Makes readable what the SDK says of a message that is not as MCP says: it appends the faults as a JSON document. */
import { isJsonObject } from "@agentmesh/core";

const WITH_ISSUES = /^([^[]*?):?\s*(\[[\s\S]*\])\s*$/;
const ISSUES_MAX = 3;

/** One line, as `Invalid result for tools/list: tools.0.name: expected string`; other text unchanged. */
export function protocolText(message: string): string {
  const [, what = "", document = ""] = WITH_ISSUES.exec(message) ?? [];
  const issues = issuesOf(document);
  const said = issues.slice(0, ISSUES_MAX).join("; ");
  if (said === "") return message;
  return what === "" ? said : `${what}: ${said}`;
}

function issuesOf(document: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((issue: unknown) => {
    if (!isJsonObject(issue) || typeof issue["message"] !== "string") return [];
    const path = Array.isArray(issue["path"]) ? issue["path"].join(".") : "";
    return [path === "" ? issue["message"] : `${path}: ${issue["message"]}`];
  });
}
