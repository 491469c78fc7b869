/** Tools, requests and contexts for tests of the completion planner and composer. */
import type { JsonObject, JsonSchema, ToolSpec } from "@agentmesh/core";
import type { Model, NodeContext, NodeProgress, PlannerRequest } from "@agentmesh/ports";

export interface ToolSketch {
  readonly description?: string;
  readonly properties?: JsonObject;
  readonly required?: readonly string[];
  /** The rest of the input schema. */
  readonly input?: JsonObject;
  readonly output?: JsonSchema;
}

/** `name`: server.tool. All properties are required when nothing else is said. */
export function toolSpec(name: string, sketch: ToolSketch = {}): ToolSpec {
  const { description = "", properties = {}, required = Object.keys(properties), input = {}, output } = sketch;
  const dot = name.indexOf(".");
  return {
    name,
    server: name.slice(0, dot),
    tool: name.slice(dot + 1),
    description,
    inputSchema: { type: "object", properties, required: [...required], ...input },
    ...(output === undefined ? {} : { outputSchema: output }),
    effect: "read",
    isOpenWorld: true,
    fingerprint: name,
  };
}

const text = { type: "string" };
const number = { type: "number" };

export const OFFICE_TOOLS: readonly ToolSpec[] = [
  toolSpec("files.read_file", {
    description: "Read the text of a file.",
    properties: { path: text },
    output: { type: "object", properties: { content: text }, required: ["content"] },
  }),
  toolSpec("files.read_files", {
    description: "Read several files.",
    properties: { paths: { type: "array", items: text, minItems: 1 } },
  }),
  toolSpec("files.write_file", {
    description: "Write a text to a file.",
    properties: { path: text, content: text },
  }),
  toolSpec("files.move_file", {
    description: "Move a file.",
    properties: { source: text, destination: text },
  }),
  toolSpec("sums.get_sum", {
    description: "Get the sum of two numbers.",
    properties: { a: number, b: number },
  }),
  toolSpec("sums.count_words", {
    description: "Count the words of a text.",
    properties: { text },
    output: { type: "object", properties: { words: { type: "integer" } }, required: ["words"] },
  }),
  toolSpec("people.search_people", {
    description: "Search people by name.",
    properties: { query: text, limit: { type: "integer", maximum: 10 } },
    required: ["query"],
    output: { type: "object", properties: { people: { type: "array" } }, required: ["people"] },
  }),
  toolSpec("lamps.set_lamp", {
    description: "Set the colour of a lamp.",
    properties: { room: text, colour: { enum: ["red", "green", "blue"] }, bright: { type: "boolean" } },
    required: ["room", "colour"],
  }),
];

export function plannerRequest(goal: string, request: Partial<PlannerRequest> = {}): PlannerRequest {
  return { goal, inputs: {}, tools: OFFICE_TOOLS, tasksMax: 20, attempt: 1, ...request };
}

export interface TestContext extends NodeContext {
  readonly reports: NodeProgress[];
}

export function nodeContext(model: Model, signal: AbortSignal = new AbortController().signal): TestContext {
  const reports: NodeProgress[] = [];
  return {
    run: "run",
    tenant: "tenant",
    signal,
    model: () => Promise.resolve(model),
    report: (progress) => void reports.push(progress),
    reports,
  };
}
