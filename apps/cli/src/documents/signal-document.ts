/** An event as a line of newline-delimited JSON: what every event has comes first (DESIGN 10). */
import type { RunSignal } from "@agentmesh/runtime";

export function signalDocument(signal: RunSignal): object {
  const { v, atMs, run, type, ...rest } = signal;
  if (!("seq" in rest)) return { v, atMs, run, type, ...rest };
  const { seq, ...facts } = rest;
  return { v, seq, atMs, run, type, ...facts };
}
