/** What the faulty server would answer if nothing were wrong with it, in either protocol era. */
import { appendFileSync } from "node:fs";
import type { FaultOrder, Phase } from "./fault-cell.ts";

export interface ServerRequest {
  readonly id: number | string;
  readonly method: string;
  readonly params: { readonly [name: string]: unknown };
}

const CAPABILITIES = { tools: { listChanged: true } };
const SERVER = { name: "faulty", version: "1.0.0" };
/** Who answers a call so has not begun it. */
const EFFECTLESS = /^(crash-early|4\d\d|429-retry|redirect.*|session-lost)$/;
/** Of the modern era; the older ones pass over it. */
const COMPLETE = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

export function phaseOf(method: string): Phase | undefined {
  if (method === "initialize" || method === "server/discover") return "start";
  if (method === "tools/list") return "list";
  return method === "tools/call" ? "call" : undefined;
}

/** The tool writes, so that nobody may call it twice; it answers `done` and how often its tools were listed. */
export class RightAnswers {
  readonly #order: FaultOrder;
  #lists = 0;

  constructor(order: FaultOrder) {
    this.#order = order;
  }

  /** Undefined for a method that it does not know. A call has its effect here. */
  result({ method, params }: ServerRequest): { readonly [name: string]: unknown } | undefined {
    if (method === "initialize") {
      return { protocolVersion: "2025-11-25", capabilities: CAPABILITIES, serverInfo: SERVER };
    }
    if (method === "server/discover") {
      return { supportedVersions: ["2026-07-28"], capabilities: CAPABILITIES, ...COMPLETE };
    }
    if (method === "tools/list") return { ...this.#list(), ...COMPLETE };
    if (method !== "tools/call") return undefined;
    this.#effect(params);
    return { content: [], structuredContent: this.#value(), ...COMPLETE };
  }

  #effect(params: ServerRequest["params"]): void {
    if (this.#order.phase === "call" && EFFECTLESS.test(this.#order.behaviour)) return;
    const meta = params["_meta"] as { readonly [name: string]: unknown } | undefined;
    appendFileSync(this.#order.record, `effect ${String(meta?.["agentmesh/idempotencyKey"])}\n`);
  }

  arrived(): void {
    appendFileSync(this.#order.record, "arrived\n");
  }

  #value(): object {
    const { behaviour, phase } = this.#order;
    return { done: behaviour === "output-breach" && phase === "call" ? "no boolean" : true };
  }

  #list(): object {
    const { behaviour, phase } = this.#order;
    this.#lists += 1;
    const isEndless = behaviour === "endless-list" && phase === "list";
    return { tools: this.#tools(), ...(isEndless ? { nextCursor: `page ${this.#lists}` } : {}) };
  }

  #tools(): object[] {
    const { behaviour, phase } = this.#order;
    const isOdd = phase === "list" || (phase === "idle" && this.#lists > 1);
    const act = {
      name: "act",
      inputSchema: { type: "object", properties: {} },
      outputSchema: { type: "object", properties: { done: { type: "boolean" } }, required: ["done"] },
    };
    if (!isOdd) return [act];
    if (behaviour === "crowd") return [act, ...crowd(10_500)];
    if (behaviour === "schema-change") return [{ ...act, inputSchema: { type: "object", required: ["amount"] } }];
    if (behaviour === "tool-gone") return [];
    if (behaviour === "twins") return [act, { ...act, description: "Another." }];
    if (behaviour === "odd-schema")
      return [{ ...act, outputSchema: { type: "object", $ref: "https://example.com/x" } }];
    return [act];
  }
}

function crowd(count: number): object[] {
  const text = { type: "string", description: "What it is that is asked for." };
  const inputSchema = { type: "object", properties: { text, place: text, time: text } };
  return Array.from({ length: count }, (_, index) => ({
    name: `tool-${index}`,
    description: `One of very many tools, of which this one is the number ${index}.`,
    inputSchema,
  }));
}
