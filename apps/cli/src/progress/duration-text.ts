/** Times for people. */

/** Below this tenths of a second say nothing. */
const FINE_BELOW_MS = 95;
const MINUTE_MS = 60_000;
/** From here on tenths of a second are noise. */
const COARSE_FROM_MS = 100_000;

/** `12 ms`, `0.3 s`, `41.0 s`, `2:14 min`. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < FINE_BELOW_MS) return `${Math.round(ms)} ms`;
  if (ms < COARSE_FROM_MS) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor((ms % MINUTE_MS) / 1_000);
  return `${Math.floor(ms / MINUTE_MS)}:${String(seconds).padStart(2, "0")} min`;
}

/** The local time of day, `12:00:01`. */
export function clockText(atMs: number): string {
  return new Date(atMs).toTimeString().slice(0, 8);
}

/** The local day and time, `2026-11-22 12:00:01`. */
export function dateText(atMs: number): string {
  const date = new Date(atMs);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `${day.map((part) => String(part).padStart(2, "0")).join("-")} ${clockText(atMs)}`;
}
