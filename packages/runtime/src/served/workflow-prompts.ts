/** A prompt for each workflow: its inputs as arguments, and what they come to as the words that call it. */
import { isJsonObject, type Json, type JsonObject, type Plan } from "@agentmesh/core";
import { type ServedAnswer, ServedNameError } from "@agentmesh/mcp/server";

/** `plans`: by the name under which the workflow is served. */
export function workflowPrompts(plans: ReadonlyMap<string, Plan>): readonly JsonObject[] {
  return [...plans].map(([name, plan]) => ({
    name,
    title: plan.name,
    ...(plan.note === undefined ? {} : { description: plan.note }),
    arguments: Object.entries(plan.inputs ?? {}).map(([input, schema]) => argumentOf(input, schema)),
  }));
}

/** Throws ServedNameError. */
export function workflowPrompt(
  plans: ReadonlyMap<string, Plan>,
  name: string,
  given: Readonly<Record<string, string>>,
): ServedAnswer {
  const plan = plans.get(name);
  if (plan === undefined) throw new ServedNameError("prompt", name);
  const inputs = Object.fromEntries(
    Object.entries(plan.inputs ?? {}).flatMap(([input, schema]) => {
      const text = Object.hasOwn(given, input) ? given[input] : undefined;
      return text === undefined ? [] : [[input, valueOf(text, schema)] as const];
    }),
  );
  const text = `Call the tool "${name}" with these arguments, and tell me what it gives:\n${JSON.stringify(inputs)}`;
  const messages = [{ role: "user", content: { type: "text", text } }];
  return { kind: "result", result: { ...(plan.note === undefined ? {} : { description: plan.note }), messages } };
}

function argumentOf(name: string, schema: JsonObject | boolean): JsonObject {
  const description = isJsonObject(schema) ? schema["description"] : undefined;
  const isRequired = !(isJsonObject(schema) && Object.hasOwn(schema, "default"));
  return { name, required: isRequired, ...(typeof description === "string" ? { description } : {}) };
}

/** Arguments of prompts are text; an input that is no text is JSON. */
function valueOf(text: string, schema: JsonObject | boolean): Json {
  if (isJsonObject(schema) && schema["type"] === "string") return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
