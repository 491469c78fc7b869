/** A finding of the check in one line. */
import type { Finding, FindingSeverity } from "@agentmesh/core";
import type { Line, Style } from "../terminal/line.ts";

const STYLE_OF: Readonly<Record<FindingSeverity, Style>> = { error: "red", warning: "yellow", info: "dim" };

/** `place`: `plan.json:4:12`, or nothing. */
export function findingLine({ severity, code, path, message }: Finding, place = ""): Line {
  const where = place === "" ? path : `${place} ${path}`;
  return [{ style: STYLE_OF[severity], text: `${severity} ${code}` }, ` ${where} `, message];
}
