/** What a run is to do, as the command line says it: a goal or a plan file, and inputs. */
import { readFile } from "node:fs/promises";
import { isJson, isJsonObject, type Json, type JsonObject, type PlanInput } from "@agentmesh/core";
import type { ScopeOptions } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { InputFileError } from "./input-file-error.ts";
import { isPlanFileName, type PlanFile, readPlanFile } from "./plan-file.ts";

export interface Work {
  /** A goal, or a document that should be a plan. */
  readonly work: string | PlanInput;
  readonly options: ScopeOptions & { readonly inputs: JsonObject; readonly name?: string };
}

/** Throws UsageError, PlanFileError, InputFileError. */
export async function readWork(call: CommandCall): Promise<Work> {
  const file = await planFileOf(call);
  const work = file === undefined ? goalOf(call) : (file.document as PlanInput);
  const inputs = await readInputs(call.options.get("input") ?? [], file?.document);
  const name = call.options.get("name")?.at(-1);
  return { work, options: { inputs, ...(name === undefined ? {} : { name }), ...readScope(call) } };
}

/** The values of `--domain`, `--allow` and `--deny`. */
export function readScope({ options }: Pick<CommandCall, "options">): ScopeOptions {
  const [domain, allow, deny] = [options.get("domain")?.at(-1), options.get("allow"), options.get("deny")];
  const tools = {
    ...(allow === undefined ? {} : { allow: [...allow] }),
    ...(deny === undefined ? {} : { deny: [...deny] }),
  };
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(allow === undefined && deny === undefined ? {} : { tools }),
  };
}

async function planFileOf({ operands, options }: CommandCall): Promise<PlanFile | undefined> {
  const [first] = operands;
  if (first === undefined || !isPlanFileName(first)) return undefined;
  if (operands.length > 1)
    throw new UsageError("One plan file is run at a time.", "Put a goal with several words in quotes.");
  if (options.has("query")) throw new UsageError("Give either --query or a plan file.", "See: agentmesh run --help");
  return await readPlanFile(first);
}

function goalOf({ operands, options }: CommandCall): string {
  const query = options.get("query")?.at(-1);
  if (query !== undefined && operands.length > 0)
    throw new UsageError("Give the goal either with --query or as words.", "See: agentmesh run --help");
  const goal = (query ?? operands.join(" ")).trim();
  if (goal === "")
    throw new UsageError("There is neither a goal nor a plan file.", 'Try: agentmesh run "What is in this folder?"');
  return goal;
}

/** The values of `--input`; `plan`: a document that may say of what type they are. Throws UsageError, InputFileError. */
export async function readInputs(pairs: readonly string[], plan: unknown): Promise<JsonObject> {
  const inputs = new Map<string, Json>();
  for (const pair of pairs) {
    const end = pair.indexOf("=");
    if (end < 1) throw new UsageError(`--input ${pair} is not NAME=VALUE.`, "For example: --input topic=bees");
    const name = pair.slice(0, end);
    inputs.set(name, valueOf(await textOf(name, pair.slice(end + 1)), isTextInput(plan, name)));
  }
  return Object.fromEntries(inputs);
}

/** `@FILE` is the text of a file, `@@...` a text that begins with @. */
async function textOf(name: string, text: string): Promise<string> {
  if (!text.startsWith("@")) return text;
  if (text.startsWith("@@")) return text.slice(1);
  try {
    return await readFile(text.slice(1), "utf8");
  } catch (error) {
    throw new InputFileError(name, text.slice(1), error);
  }
}

/** JSON when it parses as JSON; `5` for an input that is declared as text stays text. */
function valueOf(text: string, isText: boolean): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value) && !(isText && typeof value !== "string")) return value;
  } catch {
    // Not JSON: it is text.
  }
  return text;
}

function isTextInput(plan: unknown, name: string): boolean {
  const declared = isJsonObject(plan) ? plan["inputs"] : undefined;
  const schema = isJsonObject(declared) && Object.hasOwn(declared, name) ? declared[name] : undefined;
  return isJsonObject(schema) && schema["type"] === "string";
}
