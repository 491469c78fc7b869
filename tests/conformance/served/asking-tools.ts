/** Tools that ask their client for something in the middle of a call. */
import { isJson, isJsonObject, type JsonObject } from "@agentmesh/core";
import {
  type AskedInput,
  type AskedInputs,
  ClientUnableError,
  type ServedAnswer,
  type ServedCall,
} from "@agentmesh/mcp/server";
import { answer, textBlock, textOf } from "./conformance-content.ts";
import { type ConformanceTool, conformanceTool } from "./conformance-tool.ts";

const field = (name: string, type: string): JsonObject => ({
  type: "object",
  properties: { [name]: { type } },
  required: [name],
});

const form = (message: string, requestedSchema: JsonObject): AskedInput => ({
  method: "elicitation/create",
  params: { message, requestedSchema },
});

const sampled = (text: string, maxTokens: number): AskedInput => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: textBlock(text) }], maxTokens },
});

const ROOTS: AskedInput = { method: "roots/list", params: {} };
const NAME = form("What is your name?", field("name", "string"));

const DEFAULTS: JsonObject = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const titled = (...values: readonly string[]): JsonObject[] =>
  values.map((each) => ({ const: each, title: `The ${each}` }));

const ENUMS: JsonObject = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("value1", "value2", "value3") },
    legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["One", "Two", "Three"] },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("value1", "value2", "value3") } },
  },
};

/** Asks until every question has a usable answer, then says them. */
function asking(requests: AskedInputs, words: (answers: Readonly<Record<string, JsonObject>>) => string) {
  return (call: ServedCall): ServedAnswer => {
    const given = call.reply?.answers ?? {};
    const answers = Object.fromEntries(
      Object.keys(requests).flatMap((key) => {
        const value = given[key];
        return isJson(value) && isJsonObject(value) ? [[key, value]] : [];
      }),
    );
    const missing = Object.entries(requests).filter(([key]) => answers[key] === undefined);
    if (missing.length === 0) return answer(textBlock(words(answers)));
    return { kind: "input", requests: Object.fromEntries(missing), state: { asked: missing.length } };
  };
}

const said = (heading: string) => (answers: Readonly<Record<string, JsonObject>>) =>
  `${heading}: ${JSON.stringify(answers)}`;
const action = (heading: string) => (answers: Readonly<Record<string, JsonObject>>) => {
  const [given = {}] = Object.values(answers);
  return `${heading}: action=${textOf(given["action"])}, content=${JSON.stringify(given["content"] ?? {})}`;
};

/** The first question, then the second, then the end: each round knows by its state which it is. */
function twoRounds({ reply }: ServedCall): ServedAnswer {
  const round = reply?.state;
  if (round === undefined) {
    return {
      kind: "input",
      requests: { step1: form("Step 1: What is your name?", field("name", "string")) },
      state: 1,
    };
  }
  if (round === 1) {
    const color = form("Step 2: What is your favorite color?", field("color", "string"));
    return { kind: "input", requests: { step2: color }, state: 2 };
  }
  return answer(textBlock("Both steps are done."));
}

/** Only what the client can do. */
function asAble({ client, reply }: ServedCall): ServedAnswer {
  if (reply !== undefined) return answer(textBlock("answered"));
  const requests = {
    ...(client.form ? { user_name: NAME } : {}),
    ...(client.sampling ? { greeting: sampled("Generate a greeting", 50) } : {}),
  };
  return { kind: "input", requests };
}

const all = { user_name: NAME, greeting: sampled("Generate a greeting", 50), client_roots: ROOTS };
const confirm = { confirm: form("Please confirm", field("ok", "boolean")) };
const by = (name: string, run: (call: ServedCall) => ServedAnswer): ConformanceTool =>
  conformanceTool(name, (_args, call) => run(call));

export const ASKING_TOOLS: readonly ConformanceTool[] = [
  conformanceTool(
    "test_sampling",
    ({ prompt }, call) =>
      asking({ answer: sampled(textOf(prompt), 100) }, ({ answer: { content } = {} }) => {
        const text = isJsonObject(content ?? null) ? (content as JsonObject)["text"] : undefined;
        return `LLM response: ${textOf(text)}`;
      })(call),
    field("prompt", "string"),
  ),
  conformanceTool(
    "test_elicitation",
    ({ message }, call) => {
      const schema = {
        type: "object",
        properties: {
          username: { type: "string", description: "User's response" },
          email: { type: "string", description: "User's email address" },
        },
        required: ["username", "email"],
      };
      return asking({ who: form(textOf(message), schema) }, action("User response"))(call);
    },
    field("message", "string"),
  ),
  by(
    "test_elicitation_sep1034_defaults",
    asking({ fields: form("Please review the defaults", DEFAULTS) }, action("Elicitation completed")),
  ),
  by(
    "test_elicitation_sep1330_enums",
    asking({ fields: form("Please choose", ENUMS) }, action("Elicitation completed")),
  ),
  by("test_streaming_elicitation", asking({ user_name: NAME }, said("Answered"))),
  by(
    "test_input_required_result_elicitation",
    asking({ user_name: NAME }, ({ user_name: { content } = {} }) => `Hello, ${JSON.stringify(content)}!`),
  ),
  by(
    "test_input_required_result_sampling",
    asking({ capital_question: sampled("What is the capital of France?", 100) }, said("The model says")),
  ),
  by("test_input_required_result_list_roots", asking({ client_roots: ROOTS }, said("Roots"))),
  by("test_input_required_result_request_state", asking(confirm, said("state-ok"))),
  by("test_input_required_result_tampered_state", asking(confirm, said("state-ok"))),
  by("test_input_required_result_multiple_inputs", asking(all, said("Everything"))),
  by("test_input_required_result_multi_round", twoRounds),
  by("test_input_required_result_capabilities", asAble),
  by("test_missing_capability", ({ client }) => {
    if (!client.sampling) throw new ClientUnableError("test_missing_capability", "sampling");
    return answer(textBlock("The client can sample."));
  }),
];

export const PROMPT_INPUTS: AskedInputs = {
  user_context: form("What context should the prompt use?", field("context", "string")),
};
