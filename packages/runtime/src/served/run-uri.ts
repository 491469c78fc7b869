/** `agentmesh://runs/RUN` and `agentmesh://runs/RUN/trace`. */

export type RunPart = "run" | "trace";

const PREFIX = "agentmesh://runs/";
const SUFFIX: Readonly<Record<RunPart, string>> = { run: "", trace: "/trace" };
const PATTERN = /^agentmesh:\/\/runs\/([A-Za-z0-9_-]{1,64})(\/trace)?$/;

export function runUri(run: string, part: RunPart = "run"): string {
  return `${PREFIX}${run}${SUFFIX[part]}`;
}

/** Undefined for what is no such URI. */
export function parseRunUri(uri: string): { readonly run: string; readonly part: RunPart } | undefined {
  const [, run, suffix] = PATTERN.exec(uri) ?? [];
  return run === undefined ? undefined : { run, part: suffix === undefined ? "run" : "trace" };
}
