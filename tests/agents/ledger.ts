/** What the ledger server has written down. */
import { existsSync, readFileSync } from "node:fs";
import type { JsonObject } from "@agentmesh/core";

export type LedgerLine =
  | { readonly kind: "call"; readonly key: string; readonly text: string; readonly meta: JsonObject }
  | { readonly kind: "effect"; readonly key: string; readonly text: string }
  | { readonly kind: "stopped"; readonly key: string; readonly text: string };

export function readLedger(file: string): readonly LedgerLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as LedgerLine);
}
