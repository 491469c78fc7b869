/** The matrix: what has to come of each misbehaviour, over each transport, in each phase in which it makes sense. */
import { cellName, type FaultCell, PHASES, type Phase, TRANSPORTS, type Transport } from "./fault-cell.ts";

/** By phase; several are right where the fault races with a timeout or its words depend on the platform. */
type Outcomes = { readonly [phase in Phase]?: string | readonly string[] };
/** `http`: the same in both eras. */
type Row = { readonly [transport in Transport | "http"]?: Outcomes };

/** Every outcome of a call with a code says whether the effect may have happened: the tool writes. */
const both = (outcome: string) => ({ start: outcome, list: outcome });
const WELL: Outcomes = { ...both("ready"), call: "ok" };
const TIMEOUT: Outcomes = { ...both("AM_SERVER_START_TIMEOUT"), call: "AM_TOOL_TIMEOUT unknown" };
const EXITED: Outcomes = { ...both("AM_SERVER_EXITED"), call: "AM_TOOL_DISCONNECTED unknown" };
const GARBLED: Outcomes = { ...both("AM_SERVER_GARBAGE"), call: "AM_TOOL_DISCONNECTED unknown" };
/** One line that is no message: others may follow. */
const GARBAGE: Outcomes = { ...both("AM_SERVER_GARBAGE"), call: "AM_TOOL_TIMEOUT unknown" };
const PROTOCOL: Outcomes = { ...both("AM_SERVER_PROTOCOL"), call: "AM_TOOL_PROTOCOL unknown" };
const CUT: Outcomes = { ...both("AM_SERVER_UNREACHABLE"), call: "AM_TOOL_DISCONNECTED unknown" };
const BROKEN_OFF: Outcomes = { ...both("AM_SERVER_PROTOCOL"), call: "AM_TOOL_DISCONNECTED unknown" };
const TOO_LARGE: Outcomes = { ...both("AM_SERVER_PROTOCOL"), call: "AM_TOOL_OUTPUT_TOO_LARGE failed" };
const TURNED_AWAY: Outcomes = { ...both("AM_SERVER_HTTP_STATUS"), call: "AM_TOOL_UNAVAILABLE refused" };
const UNAUTHORISED: Outcomes = { ...both("AM_SERVER_UNAUTHORISED"), call: "AM_TOOL_UNAVAILABLE refused" };
const SERVER_FAULT: Outcomes = { ...both("AM_SERVER_HTTP_STATUS"), call: "AM_TOOL_DISCONNECTED unknown" };
const ANSWERED_ERROR: Outcomes = { ...both("AM_SERVER_PROTOCOL"), call: "AM_TOOL_FAILED failed" };
/** Of a list, what cannot be a tool may be left out. */
const NESTED: Outcomes = {
  start: "AM_SERVER_PROTOCOL",
  list: ["AM_SERVER_PROTOCOL", "ready"],
  call: ["AM_TOOL_PROTOCOL unknown", "AM_TOOL_OUTPUT_INVALID failed"],
};
const IDLE: Outcomes = { idle: "ok" };
const CHANGED: Outcomes = { idle: ["AM_PLAN_REJECTED", "AM_TOOL_DRIFTED", "ok"] };

const ROWS: { readonly [behaviour: string]: Row } = {
  // It gives no answer.
  hang: { stdio: { ...TIMEOUT, close: "closed" }, http: { ...TIMEOUT, close: "closed" } },
  crash: { stdio: { ...EXITED, ...IDLE }, http: { ...CUT, idle: "AM_TOOL_UNAVAILABLE refused" } },
  "crash-early": { stdio: { call: "AM_TOOL_DISCONNECTED unknown" }, http: { call: "AM_TOOL_DISCONNECTED unknown" } },
  exit: { stdio: { ...EXITED, ...IDLE, close: "closed" } },
  "left-behind": { stdio: { ...EXITED, ...IDLE } },
  "half-frame": { stdio: { ...EXITED, ...IDLE } },
  "stdout-closed": { stdio: { ...TIMEOUT } },
  "stdin-closed": { stdio: { ...TIMEOUT } },
  stubborn: { stdio: { ...TIMEOUT, idle: "ok", close: "closed" } },
  reset: { http: { ...CUT, ...IDLE, close: "closed" } },
  "slow-headers": { http: TIMEOUT },
  "sse-silent": { http: TIMEOUT },
  drip: { stdio: TIMEOUT, http: TIMEOUT },
  progress: { stdio: TIMEOUT, http: TIMEOUT },

  // What it writes is not what the protocol says.
  prose: { stdio: { ...WELL, ...IDLE }, http: WELL },
  "bad-frames": { stdio: { ...WELL, ...IDLE }, http: WELL },
  flood: { stdio: { ...GARBLED, ...IDLE }, http: { ...TOO_LARGE, ...IDLE } },
  "sse-flood": { http: BROKEN_OFF },
  "endless-line": { stdio: BROKEN_OFF, http: { ...TOO_LARGE, ...IDLE } },
  "cut-json": { stdio: GARBAGE, http: PROTOCOL },
  "not-json": { stdio: GARBAGE, http: PROTOCOL },
  "wrong-version": { stdio: GARBAGE, http: PROTOCOL },
  "no-result": { stdio: GARBAGE, http: PROTOCOL },
  "odd-error": { stdio: GARBAGE, http: PROTOCOL },
  batch: { stdio: GARBAGE, http: WELL },
  "wrong-shape": { stdio: PROTOCOL, http: PROTOCOL },
  nested: { stdio: NESTED, http: NESTED },
  "wrong-id": { stdio: TIMEOUT, http: TIMEOUT },
  "null-id": { stdio: GARBAGE, http: PROTOCOL },
  // The protocol has no such answer; the SDK takes it all the same.
  "text-id": { stdio: WELL, http: WELL },
  twice: { stdio: WELL, http: WELL },
  "bad-utf8": { stdio: WELL, http: WELL },
  asks: { stdio: WELL, http: WELL },
  stderr: { stdio: { ...WELL, ...IDLE } },
  huge: { stdio: TOO_LARGE, http: TOO_LARGE },
  // Nobody knows which call it answers.
  "huge-tail": { stdio: BROKEN_OFF, http: TOO_LARGE },
  "error-answer": { stdio: ANSWERED_ERROR, http: ANSWERED_ERROR },

  // HTTP says otherwise.
  "400": { http: TURNED_AWAY },
  "401": { http: UNAUTHORISED },
  "403": { http: UNAUTHORISED },
  "404": { http: TURNED_AWAY },
  "429": { http: TURNED_AWAY },
  "429-retry": { http: TURNED_AWAY },
  "500": { http: { ...SERVER_FAULT, close: "closed" } },
  "502": { http: SERVER_FAULT },
  "503": { http: SERVER_FAULT },
  redirect: { http: TURNED_AWAY },
  "redirect-loop": { http: TURNED_AWAY },
  "redirect-get": { http: TURNED_AWAY },
  "session-lost": { "http-legacy": { call: "AM_TOOL_UNAVAILABLE refused", ...IDLE } },
  "wrong-type": { http: PROTOCOL },
  empty: { http: PROTOCOL },
  accepted: { http: TIMEOUT },
  "no-content": { http: PROTOCOL },
  "short-body": { http: CUT },
  "bad-gzip": { http: CUT },
  "cut-gzip": { http: PROTOCOL },
  "gzip-bomb": { http: TOO_LARGE },
  "huge-headers": { http: BROKEN_OFF },
  "not-http": { http: BROKEN_OFF },
  "sse-cut": { http: { ...BROKEN_OFF, ...IDLE } },
  "sse-empty": { http: BROKEN_OFF },
  "sse-reset": { http: BROKEN_OFF },

  // Its tools are not what they were.
  storm: { stdio: { ...WELL, ...IDLE }, http: { ...WELL, ...IDLE } },
  crowd: { stdio: { list: "ready", idle: "ok" }, http: { list: "ready", idle: "ok" } },
  "endless-list": { stdio: { list: "AM_SERVER_PROTOCOL" }, http: { list: "AM_SERVER_PROTOCOL" } },
  twins: { stdio: { list: "ready" }, http: { list: "ready" } },
  "odd-schema": { stdio: { list: "ready" }, http: { list: "ready" } },
  // The plan does not fit any more, once the change is known.
  "schema-change": { stdio: CHANGED, http: CHANGED },
  "tool-gone": { stdio: CHANGED, http: CHANGED },
  "output-breach": {
    stdio: { call: "AM_TOOL_OUTPUT_INVALID failed" },
    http: { call: "AM_TOOL_OUTPUT_INVALID failed" },
  },
};

/** The ways in which a server is busy when its host is killed: each leaves processes behind, if nobody sees to it. */
const KILLED = ["hang", "stubborn", "left-behind", "flood", "endless-line", "stderr", "storm", "drip", "progress"];
const KILLED_PHASES: readonly Phase[] = ["start", "list", "call", "idle", "close"];

function cellsOf(behaviour: string, transport: Transport): FaultCell[] {
  const row = ROWS[behaviour] ?? {};
  const outcomes = { ...(transport === "stdio" ? {} : row.http), ...row[transport] };
  return PHASES.flatMap((phase) => {
    const expected = outcomes[phase];
    return expected === undefined ? [] : [{ behaviour, transport, phase, expected: [expected].flat() }];
  });
}

function killedCells(behaviour: string): FaultCell[] {
  return KILLED_PHASES.map((phase) => ({ behaviour, transport: "stdio", phase, expected: [], isHostKilled: true }));
}

export const CELLS: readonly FaultCell[] = [
  ...Object.keys(ROWS).flatMap((behaviour) => TRANSPORTS.flatMap((transport) => cellsOf(behaviour, transport))),
  ...KILLED.flatMap(killedCells),
];

/** Of every kind one, and none that waits for long. */
const SAMPLED = new Set(
  `
hang, stdio, call
hang, http-modern, call
crash, stdio, start
crash, stdio, call
crash, stdio, idle
crash, http-modern, list
left-behind, stdio, call
prose, http-legacy, call
flood, stdio, call
flood, http-legacy, call
sse-flood, http-modern, call
cut-json, http-modern, call
nested, stdio, call
twice, stdio, call
huge, stdio, call
huge, http-modern, list
429, http-legacy, call
502, http-modern, call
redirect, http-modern, start
session-lost, http-legacy, idle
sse-cut, http-legacy, call
storm, http-modern, idle
twins, stdio, list
schema-change, stdio, idle
endless-list, stdio, list
output-breach, http-legacy, call
stubborn, stdio, call, host killed
hang, stdio, start, host killed
`.split("\n"),
);

export const SAMPLE: readonly FaultCell[] = CELLS.filter((cell) => SAMPLED.has(cellName(cell)));
