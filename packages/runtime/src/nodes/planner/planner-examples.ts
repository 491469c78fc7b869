/** Worked examples for a planner, over invented tools: what a model copies is the form, never a tool that it does not have. */
import { GENERATE_TOOL, type Json, type JsonObject, type ToolSpec } from "@agentmesh/core";

export interface PlannerExample {
  readonly shows: string;
  readonly goal: string;
  readonly answer: Json;
}

function invented(name: string, description: string, [input, output]: readonly [JsonObject, JsonObject]): ToolSpec {
  const [server = "", tool = ""] = name.split(".");
  return {
    name,
    server,
    tool,
    description,
    inputSchema: record(input),
    outputSchema: record(output),
    effect: "read",
    isOpenWorld: false,
    fingerprint: name,
  };
}

function record(properties: JsonObject): JsonObject {
  return { type: "object", properties, required: Object.keys(properties) };
}

const TEXT = { type: "string" };
const NUMBER = { type: "number" };

export const EXAMPLE_TOOLS: readonly ToolSpec[] = [
  invented("harbour.tides", "High tides of a port on a day.", [
    { port: TEXT, date: TEXT },
    { high: { type: "array", items: record({ time: TEXT, metres: NUMBER }) } },
  ]),
  invented("letters.send", "Sends a letter.", [{ to: TEXT, subject: TEXT, body: TEXT }, { sent: { type: "boolean" } }]),
  invented("zoo.find_animals", "Animals of a kind.", [
    { kind: TEXT },
    { animals: { type: "array", items: record({ id: TEXT, name: TEXT }) } },
  ]),
  invented("zoo.diet", "What one animal eats in a day.", [
    { animal_id: TEXT },
    { foods: { type: "array", items: TEXT }, kilograms: NUMBER },
  ]),
  GENERATE_TOOL,
];

export const EXAMPLES: readonly PlannerExample[] = [
  {
    shows: "two tasks side by side, and a text made of both values",
    goal: "Write to mara@example.org when the first high tide is in Leith and in Oban on 2031-05-02.",
    answer: {
      reason: "The two look-ups need nothing from each other; the letter needs both.",
      tasks: [
        { id: "leith", use: "harbour.tides", args: { port: "Leith", date: "2031-05-02" } },
        { id: "oban", use: "harbour.tides", args: { port: "Oban", date: "2031-05-02" } },
        {
          id: "letter",
          use: "letters.send",
          args: {
            to: "mara@example.org",
            subject: "First high tides on 2031-05-02",
            body: "Leith: {{ leith.high[0].time }}\nOban: {{ oban.high[0].time }}",
          },
        },
      ],
    },
  },
  {
    shows: "a value passed on with $from, one task for each element of a list, and a text written by a model",
    goal: "What do the otters eat? Put it in one friendly sentence.",
    answer: {
      reason: "Find the otters, look up the diet of each, then write.",
      tasks: [
        { id: "otters", use: "zoo.find_animals", args: { kind: "otter" } },
        {
          id: "diets",
          use: "zoo.diet",
          args: { animal_id: { $from: "otter.id" } },
          each: { in: { $from: "otters.animals" }, as: "otter", maxItems: 20 },
        },
        {
          id: "sentence",
          use: "mesh.generate",
          args: { prompt: "In one friendly sentence, say what the otters eat: {{ diets | tojson }}" },
        },
      ],
      output: { $from: "sentence.text" },
    },
  },
  {
    shows: "a goal that these tools cannot reach",
    goal: "Book me a flight to Rome.",
    answer: { noToolFits: "None of the tools books flights." },
  },
  {
    shows: "a goal that leaves a needed value open",
    goal: "Send Mara the tides of Leith.",
    answer: { missing: ["Mara's address", "the day of the tides"] },
  },
];
