/** What a run says of itself to whoever called for it, in `_meta` of the result: its id, what it has used up, where its time went. */
import { ChildUsage, isJson, isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import type { RunReport } from "@agentmesh/ports";
import * as z from "@agentmesh/core/zod";

const KEY = "agentmesh/run";
/** Of the spans, as JSON text, in UTF-16 units: more is left out. */
const SPANS_CHARS_MAX = 256 * 1024;

const Report = z.object({ run: z.string().min(1).max(256), usage: z.object(ChildUsage.shape) });

export function encodeRunReport({ run, usage, spans }: RunReport): JsonObject {
  const { modelCalls, toolCalls, inputTokens, outputTokens, isExact, costMicroUsd } = usage;
  const used = { modelCalls, toolCalls, inputTokens, outputTokens, isExact, costMicroUsd };
  return { [KEY]: { run, usage: used, ...(spans === undefined || !isShort(spans) ? {} : { spans }) } };
}

/** Undefined: it is no run of a mesh, or says so in a way that nobody understands. */
export function decodeRunReport(meta: JsonObject): RunReport | undefined {
  const said = meta[KEY];
  const parsed = Report.safeParse(said);
  if (!parsed.success || !isJsonObject(said)) return undefined;
  const { run, usage } = parsed.data;
  const { spans } = said;
  return { run, usage, ...(isJson(spans) && isShort(spans) ? { spans } : {}) };
}

function isShort(spans: Json): boolean {
  return JSON.stringify(spans).length <= SPANS_CHARS_MAX;
}
