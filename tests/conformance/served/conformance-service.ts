/** What the suite expects to be served: tools, resources and prompts of fixed names. */
import type { JsonObject } from "@agentmesh/core";
import {
  type McpService,
  type ServedAnswer,
  type ServedCall,
  type ServedChange,
  ServedNameError,
  type ServedTool,
} from "@agentmesh/mcp/server";
import { ASKING_TOOLS, PROMPT_INPUTS } from "./asking-tools.ts";
import { answer, IMAGE, PNG, resourceBlock, textBlock } from "./conformance-content.ts";
import { ConformanceTasks } from "./conformance-tasks.ts";
import { conformanceTool } from "./conformance-tool.ts";
import { PLAIN_TOOLS } from "./plain-tools.ts";
import { taskTools } from "./task-tools.ts";

type PromptMessages = (args: Readonly<Record<string, string>>) => readonly JsonObject[];

const RESOURCES: Readonly<Record<string, JsonObject>> = {
  "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
  "test://static-binary": { mimeType: "image/png", blob: PNG },
  "test://watched-resource": { mimeType: "text/plain", text: "Somebody watches this." },
};
const TEMPLATE = /^test:\/\/template\/([^/]+)\/data$/;

const PROMPTS: Readonly<Record<string, PromptMessages>> = {
  test_simple_prompt: () => [textBlock("This is a simple prompt for testing.")],
  test_prompt_with_arguments: ({ arg1, arg2 }) => [textBlock(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  test_prompt_with_embedded_resource: ({ resourceUri = "" }) => [
    resourceBlock(resourceUri, "text/plain", "Embedded resource content for testing."),
    textBlock("Please process the embedded resource above."),
  ],
  test_prompt_with_image: () => [IMAGE, textBlock("Please analyze the image above.")],
};
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  test_prompt_with_arguments: ["arg1", "arg2"],
  test_prompt_with_embedded_resource: ["resourceUri"],
};
const ASKING_PROMPT = "test_input_required_result_prompt";

export class ConformanceService implements McpService {
  readonly identity = { name: "agentmesh-conformance", version: "1.0.0" };
  readonly hasLogs = true;
  readonly completions = { complete: () => Promise.resolve(["paris", "park", "party"]) };
  readonly tasks = new ConformanceTasks();
  readonly #listeners = new Set<(change: ServedChange) => void>();
  readonly #tools = [
    ...PLAIN_TOOLS,
    ...ASKING_TOOLS,
    ...taskTools(this.tasks),
    conformanceTool("test_trigger_tool_change", () => this.#change("tools")),
    conformanceTool("test_trigger_prompt_change", () => this.#change("prompts")),
  ];

  readonly resources = {
    list: () =>
      Promise.resolve(
        Object.entries(RESOURCES).map(([uri, { mimeType = "" }]) => ({ uri, name: uri, description: uri, mimeType })),
      ),
    templates: () =>
      Promise.resolve([{ uriTemplate: "test://template/{id}/data", name: "data", description: "By id." }]),
    read: (uri: string): Promise<ServedAnswer> => {
      const id = TEMPLATE.exec(uri)?.[1];
      const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
      const content = id === undefined ? RESOURCES[uri] : { mimeType: "application/json", text };
      if (content === undefined) throw new ServedNameError("resource", uri);
      return Promise.resolve({ kind: "result", result: { contents: [{ uri, ...content }] } });
    },
  };

  readonly prompts = {
    list: () =>
      Promise.resolve(
        [...Object.keys(PROMPTS), ASKING_PROMPT].map((name) => ({
          name,
          description: `Fixture ${name}.`,
          arguments: (ARGUMENTS[name] ?? []).map((each) => ({ name: each, required: true })),
        })),
      ),
    get: (name: string, args: Readonly<Record<string, string>>, { reply }: ServedCall): Promise<ServedAnswer> => {
      if (name === ASKING_PROMPT && reply === undefined)
        return Promise.resolve({ kind: "input", requests: PROMPT_INPUTS });
      const blocks = name === ASKING_PROMPT ? [textBlock(JSON.stringify(reply?.answers))] : PROMPTS[name]?.(args);
      if (blocks === undefined) throw new ServedNameError("prompt", name);
      const messages = blocks.map((content) => ({ role: "user", content }));
      return Promise.resolve({ kind: "result", result: { messages } });
    },
  };

  tools(): Promise<readonly ServedTool[]> {
    return Promise.resolve(this.#tools.map(({ run: _run, ...tool }) => tool));
  }

  async callTool({ name }: ServedTool, args: JsonObject, call: ServedCall): Promise<ServedAnswer> {
    const tool = this.#tools.find((each) => each.name === name);
    if (tool === undefined) throw new ServedNameError("tool", name);
    return tool.run(args, call);
  }

  onChange(_tenant: string, listener: (change: ServedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(kind: "tools" | "prompts"): ServedAnswer {
    for (const listener of this.#listeners) listener({ kind });
    return answer(textBlock("changed"));
  }
}
