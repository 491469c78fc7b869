/** Figures beside what they may be at most. */
import { markdownTable } from "../report/markdown-table.ts";

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly max: number;
  /** After the decimal point. */
  readonly digits: number;
}

export class Goals {
  readonly #goals: Goal[] = [];

  add(goal: Goal): void {
    this.#goals.push(goal);
  }

  /** For documents. */
  table(): string {
    const rows = this.#goals.map(({ what, value, max, digits }) => [
      what,
      Number.isFinite(value) ? value.toFixed(digits) : "fails",
      String(max),
    ]);
    return markdownTable(["figure", "measured", "goal, at most"], rows);
  }

  /** Tells people, on stderr. Returns the exit code: 1 when a goal was missed. */
  report(): 0 | 1 {
    for (const { what, value, max, digits } of this.#goals) {
      const verdict = value <= max ? "ok    " : "MISSED";
      process.stderr.write(`${verdict} ${value.toFixed(digits)} <= ${max}  ${what}\n`);
    }
    return this.#goals.every(({ value, max }) => value <= max) ? 0 : 1;
  }
}
