/** What a run waits for, as questions that a client puts to its person; and the answers, as commands to the run. */
import { isJson, isJsonObject, type Json, type JsonObject, type RunCommand } from "@agentmesh/core";
import type { AskedInput, AskedInputs, ClientAbilities } from "@agentmesh/mcp/server";
import { commandPayload } from "../mesh/command-payload.ts";
import { approveCommand, rejectCommand, resolveCommand } from "../mesh/run-command.ts";
import type { RunWait } from "../mesh/run-result.ts";

/** Arguments that a person is shown, in characters. */
const ARGUMENTS_CHARS_MAX = 2_000;
/** Questions that are put at once. */
const QUESTIONS_MAX = 32;
/** Controls, and characters that show as something else than they are: what is asked about comes from outside. */
const UNSEEN = /[\p{Cc}\p{Cf}]/gu;

/** Those that the client can put to its person, by their keys. */
export function questionsOf(run: string, waits: readonly RunWait[], client: ClientAbilities): AskedInputs {
  return Object.fromEntries(
    waits.slice(0, QUESTIONS_MAX).flatMap((wait) => {
      const asked = questionOf(run, wait);
      const isAble = asked?.params?.["mode"] === "url" ? client.url : client.form;
      return asked === undefined || !isAble ? [] : [[waitKey(wait), asked]];
    }),
  );
}

/** The commands that the answers come to; an answer that says nothing, or nothing that can be followed, comes to none. */
export function commandsOf(
  waits: readonly RunWait[],
  answers: Readonly<Record<string, unknown>>,
): readonly RunCommand[] {
  return waits.flatMap((wait) => {
    const answer = Object.hasOwn(answers, waitKey(wait)) ? answers[waitKey(wait)] : undefined;
    if (!isJson(answer) || !isJsonObject(answer)) return [];
    return commandOf(wait, answer) ?? [];
  });
}

/** Stands for this wait alone, also when the same task waits again later. */
export function waitKey(wait: RunWait): string {
  return `${wait.for}:${wait.name}:${wait.sinceMs}`;
}

/** Undefined for what ends by itself. */
function questionOf(run: string, wait: RunWait): AskedInput | undefined {
  if (wait.for === "time" || wait.for === "child") return undefined;
  if (wait.form !== undefined) return inputQuestion(run, wait, wait.form);
  const [message, properties, required] = formOf(wait);
  const text = shownText(`${message} (run ${run}, ${wait.name})`);
  return {
    method: "elicitation/create",
    params: { mode: "form", message: text, requestedSchema: { type: "object", properties, required } },
  };
}

/** What a server asks in the middle of a call, as it asks it. */
function inputQuestion(run: string, { name, tool, message = "" }: RunWait, form: Json): AskedInput | undefined {
  const { mode, schema, url } = isJsonObject(form) ? form : {};
  const text = shownText(`${message} (asked by ${tool ?? name}; run ${run}, ${name})`);
  if (mode === "form" && schema !== undefined)
    return { method: "elicitation/create", params: { mode, message: text, requestedSchema: schema } };
  if (mode === "url" && url !== undefined)
    return { method: "elicitation/create", params: { mode, message: text, url } };
  return undefined;
}

function shownText(text: string): string {
  return text.replaceAll(UNSEEN, " ");
}

type Form = readonly [message: string, properties: JsonObject, required: readonly string[]];

function formOf(wait: RunWait): Form {
  const said = wait.message === undefined ? "" : `${wait.message} `;
  if (wait.for === "approval") return approvalForm(wait, said);
  if (wait.for === "resolution") {
    const outcome = {
      type: "string",
      title: "What has become of it",
      enum: ["done", "retry", "fail"],
      description: "done: it has had its effect; retry: call it again; fail: it has failed",
    };
    const output = { type: "string", title: "What it gave", description: "JSON, for done" };
    return [`${said}Nobody knows what has become of this call.`, { outcome, output }, ["outcome"]];
  }
  const data = { type: "string", title: "Data", description: "JSON, or text" };
  return [`${said}The run waits for "${wait.signal ?? wait.name}".`, { data }, []];
}

function approvalForm({ name, tool, args }: RunWait, said: string): Form {
  const call = tool === undefined ? "" : `Call ${tool} with ${shown(args)}?`;
  const what = name === "plan" ? "Run this plan?" : name === "budget" ? "Allow more budget?" : call;
  const approve = { type: "boolean", title: "Approve", default: false };
  const note = { type: "string", title: "Note", description: "Why; it is stored", maxLength: 1_000 };
  const limit = { type: "integer", title: "The new limit", minimum: 1 };
  return [`${said}${what}`, { approve, ...(name === "budget" ? { limit } : {}), note }, ["approve"]];
}

function shown(args: Json | undefined): string {
  const text = JSON.stringify(args ?? {});
  return text.length > ARGUMENTS_CHARS_MAX ? `${text.slice(0, ARGUMENTS_CHARS_MAX)}…` : text;
}

function commandOf(wait: RunWait, { action, content }: JsonObject): RunCommand | undefined {
  const given = isJsonObject(content) ? content : {};
  if (wait.form !== undefined) return inputCommand(wait.name, action, given);
  if (wait.for === "approval") return approvalCommand(wait.name, action, given);
  if (action !== "accept") return undefined;
  if (wait.for === "resolution") return resolutionCommand(wait.name, given);
  if ((wait.for !== "signal" && wait.for !== "event") || wait.signal === undefined) return undefined;
  return { type: "signal", kind: wait.for, name: wait.signal, data: commandPayload(valueOf(given["data"])) };
}

/** `cancel`: nobody has answered; the question stays. */
function inputCommand(name: string, action: Json | undefined, args: JsonObject): RunCommand | undefined {
  if (action === "decline") return rejectCommand(name, undefined);
  return action === "accept" ? approveCommand(name, { args }) : undefined;
}

/** `cancel`: nobody has answered. */
function approvalCommand(name: string, action: Json | undefined, given: JsonObject): RunCommand | undefined {
  const note = typeof given["note"] === "string" && given["note"] !== "" ? given["note"] : undefined;
  if (action === "decline" || (action === "accept" && given["approve"] === false)) return rejectCommand(name, note);
  if (action !== "accept" || given["approve"] !== true) return undefined;
  const { limit } = given;
  const args = name === "budget" && typeof limit === "number" ? { args: { limit } } : {};
  return approveCommand(name, { ...args, ...(note === undefined ? {} : { note }) });
}

function resolutionCommand(task: string, { outcome, output }: JsonObject): RunCommand | undefined {
  if (outcome === "done") return resolveCommand(task, { as: "done", output: valueOf(output) });
  return outcome === "retry" || outcome === "fail" ? resolveCommand(task, { as: outcome }) : undefined;
}

/** What a person typed: JSON when it is, else text. */
function valueOf(typed: Json | undefined): Json {
  if (typeof typed !== "string") return typed ?? null;
  try {
    const value: unknown = JSON.parse(typed);
    return isJson(value) ? value : typed;
  } catch {
    return typed;
  }
}
