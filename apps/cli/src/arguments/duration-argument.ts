/** A length of time on the command line: `90s`, `15m`, `12h`, `30d`. */
import { UsageError } from "./usage-error.ts";

const MS_OF_UNIT: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?<amount>\d{1,9})(?<unit>[smhd])$/;

/** In milliseconds. Throws UsageError. */
export function durationArgument(option: string, text: string): number {
  const { amount, unit = "" } = DURATION.exec(text)?.groups ?? {};
  const unitMs = MS_OF_UNIT[unit];
  if (amount === undefined || unitMs === undefined)
    throw new UsageError(`--${option} ${text} is no length of time.`, "Write 90s, 15m, 12h or 30d.");
  return Number(amount) * unitMs;
}
