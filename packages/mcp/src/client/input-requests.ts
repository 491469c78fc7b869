/**
 * What a server asks in the middle of a call, in either protocol era, and what it is answered: a person fills in a form or
 * opens a page (elicitation), and the configured roots are told. What a person answers reaches the server only when it fits
 * the form.
 */
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isJsonObject, type JsonObject, UnusableSchemaError, validateJson } from "@agentmesh/core";
import type { InputAnswer, InputRequest, ToolCallOptions } from "@agentmesh/ports";
import * as z from "@agentmesh/core/zod";
import { type CalledTool, toolFailed } from "../tool/call-failure.ts";
import { cleanText } from "../tool/clean-text.ts";
import type { Deadline } from "../tool/deadline.ts";

const MESSAGE_CHARS_MAX = 2_000;
/** Of a form, as JSON. */
const FORM_CHARS_MAX = 65_536;
const CANCEL: InputAnswer = { action: "cancel" };

const Elicitation = z.union([
  z.looseObject({ mode: z.literal("url"), message: z.string(), url: z.string() }),
  z.looseObject({
    mode: z.literal("form").optional(),
    message: z.string(),
    requestedSchema: z.looseObject({ type: z.literal("object"), properties: z.record(z.string(), z.unknown()) }),
  }),
]);

/** The call in whose middle it is asked. */
export interface AskingCall {
  readonly called: CalledTool;
  readonly deadline: Deadline;
  readonly onInput: ToolCallOptions["onInput"];
}

export interface AskedInput {
  readonly method: string;
  readonly params?: unknown;
}

/** Throws ToolCallError for what is not offered here, and DeadlineReached. */
export async function answerInput(
  { method, params }: AskedInput,
  { called, deadline, onInput }: AskingCall,
  roots: readonly string[],
): Promise<object> {
  if (method === "roots/list" && roots.length > 0) return rootsAnswer(roots);
  if (method !== "elicitation/create")
    throw notOffered(called, `it asks for "${method}" in mid-call, which is not offered`);
  if (onInput === undefined) throw notOffered(called, "it asks a person in mid-call, and nobody can be asked");
  const request = readElicitation(params);
  if (request === undefined) return CANCEL;
  using _hold = deadline.hold();
  return fitting(await deadline.race(onInput(request, deadline.signal)), request);
}

export function rootsAnswer(roots: readonly string[]): { roots: { uri: string; name: string }[] } {
  return { roots: roots.map((root) => ({ uri: pathToFileURL(resolve(root)).href, name: basename(resolve(root)) })) };
}

/** Undefined: it cannot be shown to anybody. */
function readElicitation(params: unknown): InputRequest | undefined {
  const { data } = Elicitation.safeParse(params);
  if (data === undefined) return undefined;
  const message = cleanText(data.message, MESSAGE_CHARS_MAX);
  if (data.mode === "url") {
    const url = webAddress(data.url);
    return url === undefined ? undefined : { mode: "url", message, url };
  }
  const schema: unknown = data.requestedSchema;
  if (!isJsonObject(schema) || JSON.stringify(schema).length > FORM_CHARS_MAX) return undefined;
  return { mode: "form", message, schema };
}

/** Of http and https, and without credentials, which would hide the host that is really meant. */
function webAddress(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return undefined;
  return url.username === "" && url.password === "" ? url.href : undefined;
}

function fitting(answer: InputAnswer, request: InputRequest): InputAnswer {
  if (answer.action !== "accept") return { action: answer.action };
  if (request.mode === "url") return { action: "accept" };
  const content = answer.content ?? {};
  return fits(request.schema, content) ? { action: "accept", content } : CANCEL;
}

function fits(schema: JsonObject, content: JsonObject): boolean {
  const { properties } = schema;
  const asked = new Set(isJsonObject(properties) ? Object.keys(properties) : []);
  if (Object.keys(content).some((key) => !asked.has(key))) return false;
  try {
    return validateJson(schema, content).length === 0;
  } catch (error) {
    if (error instanceof UnusableSchemaError) return false;
    throw error;
  }
}

function notOffered(called: CalledTool, text: string): Error {
  return toolFailed(called, { text, retryable: false });
}
