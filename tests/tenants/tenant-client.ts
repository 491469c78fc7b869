/**
 * One client of one tenant: lists and calls, all at once, with marks of its own; reads its tenant's runs; cancels in the middle
 * of a call, and goes away in the middle of one. Every byte that it receives is searched for the other tenant's name.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { otherOf, type Tenant, tokenOf } from "./tenant-server.ts";

const BUSY_MS = 500;
/** A thousand clients share one server with two cores. */
const CALL_MS_MAX = 600_000;

export interface Identity {
  readonly index: number;
  readonly tenant: Tenant;
  readonly era: "2025-11-25" | "2026-07-28";
}

/** What clients have seen, together. */
export class Findings {
  readonly counts = { responses: 0, calls: 0, busy: 0, cancelled: 0, cut: 0, read: 0, probes: 0 };
  /** Received by one and meant for another: none. */
  readonly crossed: string[] = [];
  /** What else went wrong: nothing. */
  readonly faults: string[] = [];
  /** Of the calls that every client makes with the same arguments and the same key. */
  readonly keyedRuns: string[] = [];
}

export class TenantClient {
  readonly identity: Identity;
  readonly token: string;
  readonly url: string;
  readonly #findings: Findings;
  #client: Client | undefined;
  #transport: StreamableHTTPClientTransport | undefined;
  /** The newest run of its own. */
  run = "";

  constructor(url: string, identity: Identity, findings: Findings) {
    this.url = url;
    this.identity = identity;
    this.token = tokenOf(identity.tenant, `client-${identity.index}`);
    this.#findings = findings;
  }

  /** Of a client of 2025. */
  get session(): string | undefined {
    return this.#transport?.sessionId;
  }

  async live(): Promise<void> {
    const { tenant } = this.identity;
    await this.#connect();
    await Promise.all([this.#list(), this.#call(`${tenant}__echo`), this.#call("stamp"), this.#callTwiceUnderOneKey()]);
    await Promise.all([this.#readOwnRun(), this.#readListedRuns(), this.#cancelInMidCall(), this.#call("stamp")]);
    await this.#goAwayInMidCall();
    await this.#connect();
    await this.#call(`${tenant}__echo`);
  }

  async close(): Promise<void> {
    await this.#transport?.terminateSession().catch(() => undefined);
    await this.#client?.close();
  }

  async #connect(): Promise<void> {
    const { era, index, tenant } = this.identity;
    const mode = era === "2025-11-25" ? ("legacy" as const) : { pin: era };
    const client = new Client({ name: `client-${index}`, version: "1.0.0" }, { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: `Bearer ${this.token}` } };
    const transport = new StreamableHTTPClientTransport(new URL(this.url), {
      requestInit,
      fetch: searching(otherOf(tenant), this.#findings, `client ${index} of ${tenant}`),
    });
    await client.connect(transport, { timeout: CALL_MS_MAX });
    this.#client = client;
    this.#transport = transport;
  }

  get #connected(): Client {
    if (this.#client === undefined) throw new RangeError("not connected");
    return this.#client;
  }

  async #list(): Promise<void> {
    const { tenant } = this.identity;
    const { tools } = await this.#connected.listTools(undefined, { timeout: CALL_MS_MAX });
    const names = tools.map(({ name }) => name).toSorted();
    const own = ["ask", "linger", "stamp", `${tenant}__echo`].toSorted();
    if (names.join(" ") !== own.join(" ")) this.#crossed(`tools/list gave ${names.join(" ")}`);
  }

  /** The run that it was. */
  async #call(name: string, options: { readonly mark?: string; readonly key?: string } = {}): Promise<string> {
    const { tenant, index } = this.identity;
    const { counts } = this.#findings;
    counts.calls += 1;
    const mark = options.mark ?? `${tenant}:${index}:${counts.calls}`;
    const _meta = options.key === undefined ? {} : { "agentmesh/idempotencyKey": options.key };
    for (;;) {
      const result = await this.#connected.callTool({ name, arguments: { mark }, _meta }, { timeout: CALL_MS_MAX });
      if (JSON.stringify(result._meta).includes("AM_SERVER_BUSY")) {
        this.#findings.counts.busy += 1;
        await sleep(BUSY_MS * (1 + Math.random()));
        continue;
      }
      const got = JSON.stringify(result.structuredContent);
      if (got !== JSON.stringify({ mark, place: name.includes("__") ? tenant : "desk" }))
        this.#crossed(`${name} of ${mark} gave ${got ?? JSON.stringify(result)}`);
      this.run = (result._meta?.["agentmesh/run"] as { readonly run?: string } | undefined)?.run ?? "";
      return this.run;
    }
  }

  /** As every other client does, of both tenants: it is one run, and its own. */
  async #callTwiceUnderOneKey(): Promise<void> {
    const again = () => this.#call("stamp", { mark: "the same", key: "once" });
    const [first, second] = await Promise.all([again(), again()]);
    if (first !== second) this.#findings.faults.push(`one key, two runs: ${first} ${second}`);
    this.#findings.keyedRuns.push(first);
  }

  async #readOwnRun(): Promise<void> {
    const { index, tenant } = this.identity;
    const mark = `${tenant}:${index}:own`;
    const run = await this.#call("stamp", { mark });
    if (!(await this.#read(`agentmesh://runs/${run}`)).includes(mark)) this.#crossed(`run ${run} has no ${mark}`);
    if (!(await this.#read(`agentmesh://runs/${run}/trace`)).includes(run)) this.#crossed(`the trace is not of ${run}`);
  }

  async #readListedRuns(): Promise<void> {
    const { resources } = await this.#connected.listResources(undefined, { timeout: CALL_MS_MAX });
    const [first, second] = resources.toSorted(() => Math.random() - 0.5);
    for (const resource of [first, second]) if (resource !== undefined) await this.#read(resource.uri);
  }

  async #read(uri: string): Promise<string> {
    this.#findings.counts.read += 1;
    const { contents } = await this.#connected.readResource({ uri }, { timeout: CALL_MS_MAX });
    return JSON.stringify(contents);
  }

  async #cancelInMidCall(): Promise<void> {
    await this.#linger((stop) => stop.abort());
    this.#findings.counts.cancelled += 1;
  }

  async #goAwayInMidCall(): Promise<void> {
    await this.#linger(() => void this.#connected.close());
    this.#findings.counts.cut += 1;
  }

  /** `stop` is called once the first of the two tasks is over, and the second has begun. */
  async #linger(stop: (controller: AbortController) => void): Promise<void> {
    const { tenant, index } = this.identity;
    const controller = new AbortController();
    const { signal } = controller;
    const call = { name: "linger", arguments: { mark: `${tenant}:${index}:linger` } };
    const middle = new AbortController();
    middle.signal.addEventListener("abort", () => stop(controller));
    const onprogress = ({ progress }: { readonly progress: number }): void => {
      if (progress >= 1) middle.abort();
    };
    while (!middle.signal.aborted) {
      const result = await this.#connected
        .callTool(call, { signal, onprogress, timeout: CALL_MS_MAX })
        .catch(() => undefined);
      if (result === undefined && !middle.signal.aborted)
        this.#findings.faults.push(`client ${index}: a call ended before it was stopped`);
      if (result === undefined) return;
      this.#findings.counts.busy += 1;
      await sleep(BUSY_MS * (1 + Math.random()));
    }
  }

  #crossed(what: string): void {
    this.#findings.crossed.push(`client ${this.identity.index} of ${this.identity.tenant}: ${what}`);
  }
}

/** A fetch that looks for a word in every body. */
function searching(word: string, findings: Findings, who: string): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    findings.counts.responses += 1;
    const { body, status, statusText, headers } = response;
    if (body === null) return response;
    const decoder = new TextDecoder();
    let tail = "";
    const searched = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          const text = tail + decoder.decode(chunk, { stream: true });
          if (text.includes(word)) findings.crossed.push(`${who} received: ${text.slice(0, 500)}`);
          tail = text.slice(1 - word.length);
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(searched, { status, statusText, headers });
  };
}
