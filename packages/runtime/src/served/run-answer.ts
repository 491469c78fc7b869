/** What a run has come to, as the result of the tool that it was called by. Values come from the store: secrets are masked there. */
import { type ErrorRecord, isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import type { RunResult, RunWait } from "../mesh/run-result.ts";
import { runUri } from "./run-uri.ts";
import type { ResultShape } from "./served-work.ts";

/** Of a result, as JSON text. What is larger stays in the store. */
const RESULT_CHARS_MAX = 8 * 1024 * 1024;
/** Of what a form asks for, as JSON text. */
const FIELDS_CHARS_MAX = 2_000;
const RUN_META = "agentmesh/run";

/** `spans`: for the run that has asked for it. */
export function runAnswer(result: RunResult, shape: ResultShape, spans?: Json): JsonObject {
  const { run, status, usage, citations } = result;
  const trace = spans === undefined ? {} : { spans };
  const meta = { _meta: { [RUN_META]: { run, status, usage: { ...usage }, citations, ...trace } } };
  if (JSON.stringify(result.output).length > RESULT_CHARS_MAX) return { ...tooLarge(run), ...meta };
  if (shape === "run") return { ...wholeRun(result), ...meta };
  if (status !== "succeeded") return { isError: true, content: [textBlock(endingText(result))], ...meta };
  return { ...(shape === "content" ? contentOf(result.output) : structured(result.output)), ...meta };
}

function wholeRun(result: RunResult): JsonObject {
  const { run, status, output, answer, citations, usage, error, waits } = result;
  const document: JsonObject = {
    run,
    status,
    output,
    answer,
    citations,
    usage: { ...usage },
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(waits === undefined ? {} : { waits: waits.map((wait) => ({ ...wait })) }),
  };
  return {
    ...(status === "failed" || status === "cancelled" ? { isError: true } : {}),
    content: [textBlock(endingText(result))],
    structuredContent: document,
  };
}

/** What a tool without an output schema gave, as it gave it. */
function contentOf(output: Json): JsonObject {
  const isPlain = isJsonObject(output) && typeof output["text"] === "string" && Array.isArray(output["content"]);
  return isPlain ? { content: output["content"] ?? [] } : structured(output);
}

function structured(output: Json): JsonObject {
  return { content: [textBlock(textOf(output))], structuredContent: output };
}

function endingText(result: RunResult): string {
  const { run, status, output, answer, error, waits = [] } = result;
  if (status === "succeeded") return answer ?? textOf(output);
  if (status === "suspended") return waitingText(run, waits);
  return error === undefined ? `The run ${run} was ${status}.` : `The run ${run} has ${status}: ${errorText(error)}`;
}

function errorText({ code, message, hint }: ErrorRecord): string {
  return `${code}: ${message}${hint === "" ? "" : ` ${hint}`}`;
}

/** For a client that cannot be asked: whoever can, knows what to do. */
function waitingText(run: string, waits: readonly RunWait[]): string {
  const lines = waits.map((wait) => {
    const { for: kind, name, tool, signal, message, form } = wait;
    const about = [tool ?? signal, message, wantedText(form)].filter((part) => part !== undefined).join(": ");
    const what = form === undefined ? kind : "input";
    return `- ${what} of ${name}${about === "" ? "" : ` (${about})`}: ${commandText(run, wait)}`;
  });
  return [`The run ${run} is stored and waits for a person:`, ...lines].join("\n");
}

/** Of a question in the middle of a call: the fields to fill in, or the page to open. */
function wantedText(form: Json | undefined): string | undefined {
  if (form === undefined || !isJsonObject(form)) return undefined;
  const { schema, url } = form;
  if (typeof url === "string") return url;
  return isJsonObject(schema) ? JSON.stringify(schema["properties"] ?? {}).slice(0, FIELDS_CHARS_MAX) : undefined;
}

function commandText(run: string, { for: kind, name, signal = "NAME", form }: RunWait): string {
  const isForm = form !== undefined && isJsonObject(form) && form["mode"] === "form";
  if (kind === "approval") return `agentmesh approve ${run} ${name}${isForm ? " --args '{...}'" : ""}`;
  if (kind === "resolution") return `agentmesh resolve ${run} ${name} --done | --retry | --fail`;
  return kind === "time" ? "it ends by itself" : `agentmesh signal ${run} ${signal}`;
}

function tooLarge(run: string): JsonObject {
  const text = `The output is larger than ${RESULT_CHARS_MAX} characters. It is stored; look at it with: agentmesh show ${run} --full`;
  return { isError: true, content: [textBlock(text), { type: "resource_link", uri: runUri(run), name: run }] };
}

function textBlock(text: string): JsonObject {
  return { type: "text", text };
}

function textOf(output: Json): string {
  return typeof output === "string" ? output : JSON.stringify(output);
}
