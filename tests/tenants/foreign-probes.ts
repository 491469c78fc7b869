/** What is another's looks exactly like what is not there: the same status, the same headers, the same body. */
import { randomUUID } from "node:crypto";
import type { TenantClient } from "./tenant-client.ts";

const INFO = { name: "probe", version: "1.0.0" };
const TASKS = { "io.modelcontextprotocol/tasks": {} };
/** What differs between any two answers. */
const OWN_HEADERS = new Set(["date", "content-length", "transfer-encoding"]);
const SHOWN_CHARS = 500;

interface Asked {
  readonly method?: "POST" | "GET" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Asks the same once for something of `owner`, once for something that never was. */
interface Probe {
  readonly what: string;
  readonly foreign: string;
  readonly absent: string;
  readonly ask: (id: string) => Asked;
}

/** What only its principal can use, but for the run, which is its tenant's. */
export interface Belongings {
  readonly run: string;
  readonly session: string | undefined;
  /** The id of a task. */
  readonly task: string;
  /** The sealed state of a question. */
  readonly state: string;
}

export async function belongingsOf(client: TenantClient): Promise<Belongings> {
  const { run, session } = client;
  const args = { arguments: { mark: `${client.identity.tenant}:probe` } };
  const [task, state] = await Promise.all([
    found(client, modern("tools/call", { name: "linger", ...args }), /"taskId":"([^"]+)"/),
    found(client, modern("tools/call", { name: "ask", ...args }, {}), /"requestState":"([^"]+)"/),
  ]);
  return { run, session, task, state };
}

/** What `prober` can tell of what is another's from what is not there; empty when that is nothing. */
export async function foreignFaults(
  prober: TenantClient,
  { owner, belongings }: { readonly owner: TenantClient; readonly belongings: Belongings },
): Promise<readonly string[]> {
  const isSameTenant = prober.identity.tenant === owner.identity.tenant;
  const faults: string[] = [];
  const probes = [...(isSameTenant ? [] : runProbes(prober, belongings)), ...principalProbes(prober, belongings)];
  for (const { what, foreign, absent, ask } of probes) {
    const [seen, other] = [await answerTo(prober, ask(foreign), foreign), await answerTo(prober, ask(absent), absent)];
    if (seen !== other)
      faults.push(`${what} of another: ${seen.slice(0, SHOWN_CHARS)}\nof nobody: ${other.slice(0, SHOWN_CHARS)}`);
    if (!/error|Not found/.test(seen)) faults.push(`${what} of another is no error: ${seen.slice(0, SHOWN_CHARS)}`);
  }
  return faults;
}

/** Of a run, which every client of its tenant may read. */
function runProbes({ session }: TenantClient, { run }: Belongings): readonly Probe[] {
  return ["", "/trace"].flatMap((part) => {
    const uri = { foreign: `agentmesh://runs/${run}${part}`, absent: `agentmesh://runs/${mirrored(run)}${part}` };
    const read = { ...uri, what: `resources/read${part}`, ask: (id: string) => modern("resources/read", { uri: id }) };
    if (session === undefined) return [read];
    return [read, { ...read, ask: (id: string) => legacy(session, "resources/read", { uri: id }) }];
  });
}

function principalProbes(prober: TenantClient, { session, task, state }: Belongings): readonly Probe[] {
  const tasks = ["tasks/get", "tasks/update", "tasks/cancel"].map((method) => ({
    what: method,
    foreign: task,
    absent: mirrored(task),
    ask: (taskId: string) => modern(method, { taskId, inputResponses: {} }),
  }));
  const call = { name: "ask", arguments: { mark: "probe" }, inputResponses: {} };
  const answer = (requestState: string) => modern("tools/call", { ...call, requestState });
  return [
    ...tasks,
    { what: "a question", foreign: state, absent: mirrored(state), ask: answer },
    ...(prober.session === undefined || session === undefined ? [] : sessionProbes(session)),
  ];
}

function sessionProbes(foreign: string): readonly Probe[] {
  const session = { foreign, absent: randomUUID() };
  return [
    { ...session, what: "tools/list in a session", ask: (id) => legacy(id, "tools/list", {}) },
    { ...session, what: "the stream of a session", ask: (id) => ({ method: "GET", headers: sessionHeaders(id) }) },
    { ...session, what: "the end of a session", ask: (id) => ({ method: "DELETE", headers: sessionHeaders(id) }) },
  ];
}

async function found(client: TenantClient, asked: Asked, pattern: RegExp): Promise<string> {
  const text = await (await sent(client, asked)).text();
  const [, id] = pattern.exec(text) ?? [];
  if (id === undefined) throw new RangeError(`${String(pattern)} is not in ${text}`);
  return id;
}

function modern(method: string, params: Readonly<Record<string, unknown>>, extensions: object = TASKS): Asked {
  const name = params["name"] ?? params["taskId"] ?? params["uri"];
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} }, extensions },
  };
  return {
    headers: {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
    },
    body: { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } },
  };
}

function legacy(session: string | undefined, method: string, params: object): Asked {
  return { headers: sessionHeaders(session ?? ""), body: { jsonrpc: "2.0", id: 1, method, params } };
}

function sessionHeaders(session: string): Readonly<Record<string, string>> {
  return { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
}

async function sent({ url, token }: TenantClient, { method = "POST", headers, body }: Asked): Promise<Response> {
  const own = {
    "content-type": "application/json",
    accept: method === "GET" ? "text/event-stream" : "application/json, text/event-stream",
    authorization: `Bearer ${token}`,
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return await fetch(url, { method, headers: { ...own, ...headers }, ...content });
}

/** Everything of an answer, with the id that was asked for as `ID`. */
async function answerTo(prober: TenantClient, asked: Asked, id: string): Promise<string> {
  const response = await sent(prober, asked);
  const headers = [...response.headers].filter(([name]) => !OWN_HEADERS.has(name));
  const text = await response.text();
  return `${response.status} ${JSON.stringify(headers)} ${text}`.replaceAll(id, "ID");
}

/** Of the same form, and of nobody. */
function mirrored(id: string): string {
  return id.replace(/[^/._]{8}$/, (end) => end.replaceAll(/[^a]/g, "a"));
}
