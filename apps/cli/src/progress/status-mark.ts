/** Every state has a symbol, a word and a colour; the word alone is enough. */
import type { PublicRunStatus, PublicTaskStatus } from "@agentmesh/core";
import type { LinePart, Style } from "../terminal/line.ts";

export type Status = PublicTaskStatus | PublicRunStatus | "ok" | "warning" | "info";

const MARKS: Readonly<Record<Status, { readonly symbol: string; readonly style: Style }>> = {
  pending: { symbol: "◌", style: "dim" },
  ready: { symbol: "◌", style: "dim" },
  waiting: { symbol: "◔", style: "yellow" },
  running: { symbol: "●", style: "cyan" },
  succeeded: { symbol: "✓", style: "green" },
  failed: { symbol: "✗", style: "red" },
  skipped: { symbol: "⊘", style: "dim" },
  cancelled: { symbol: "⊘", style: "yellow" },
  in_doubt: { symbol: "?", style: "yellow" },
  suspended: { symbol: "‖", style: "yellow" },
  ok: { symbol: "✓", style: "green" },
  warning: { symbol: "!", style: "yellow" },
  info: { symbol: "◇", style: "cyan" },
};

export function statusMark(status: Status): LinePart {
  const { symbol, style } = MARKS[status];
  return { style, text: symbol };
}

/** The word, in its colour, as wide as asked. */
export function statusWord(status: PublicTaskStatus | PublicRunStatus, columns = 0): LinePart {
  return { style: MARKS[status].style, text: status.padEnd(columns) };
}
