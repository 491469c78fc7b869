/** `mesh.generate`: one model call as a task. Its value is { text }, with a schema { text, value }. */
import { isJsonObject, type Json, type JsonObject, validateJson } from "@agentmesh/core";
import { complete, generateStructured } from "@agentmesh/models";
import type { Model, ModelRequest, NodeContext } from "@agentmesh/ports";
import { withoutMedia } from "./media-text.ts";

/** How long a text may become when the task does not say, in tokens. */
const OUTPUT_TOKENS_MAX = 1_024;

/** Throws ModelError or ModelOutputError. `args` fit the tool's input schema. */
export async function generate(args: JsonObject, context: NodeContext): Promise<Json> {
  const model = await context.model("executor");
  const { prompt, schema, maxTokens } = args;
  const request: ModelRequest = {
    messages: [{ role: "user", text: typeof prompt === "string" ? withoutMedia(prompt) : "" }],
    maxOutputTokens: typeof maxTokens === "number" ? maxTokens : OUTPUT_TOKENS_MAX,
  };
  return isJsonObject(schema)
    ? generateValue(model, request, { schema, context })
    : { text: await generateText(model, request, context) };
}

async function generateText(model: Model, request: ModelRequest, context: NodeContext): Promise<string> {
  const { text } = await complete(heard(model, context), request, context.signal);
  return text.trim();
}

async function generateValue(
  model: Model,
  request: ModelRequest,
  { schema, context }: { readonly schema: JsonObject; readonly context: NodeContext },
): Promise<Json> {
  const { value, text } = await generateStructured<Json>({
    model,
    request: { ...request, output: { name: "value", schema } },
    signal: context.signal,
    validate: (candidate) => {
      const violations = validateJson(schema, candidate);
      if (violations.length === 0) return { isValid: true, value: candidate };
      return {
        isValid: false,
        findings: violations.map(({ path, keyword, message }) => ({ code: `schema.${keyword}`, path, message })),
      };
    },
  });
  return { text, value };
}

/** The same model, with its pieces of text told while they come. */
function heard(model: Model, context: NodeContext): Model {
  return {
    ...model,
    id: model.id,
    async *stream(request, signal) {
      for await (const part of model.stream(request, signal)) {
        if (part.type === "text" || part.type === "reasoning") context.report({ type: part.type, delta: part.delta });
        yield part;
      }
    },
    countTokens: (request) => model.countTokens(request),
    close: () => model.close(),
  };
}
