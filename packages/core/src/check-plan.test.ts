import { describe, expect, test } from "vitest";
import { checkPlan } from "./check-plan.ts";
import type { JsonObject, JsonSchema } from "./json.ts";
import { parsePlan } from "./parse-plan.ts";
import type { PlanInput } from "./plan.ts";
import { catalogueOf } from "./tool-catalogue.ts";
import type { ToolSpec } from "./tool-spec.ts";

function tool(name: string, inputSchema: JsonObject, outputSchema?: JsonSchema): ToolSpec {
  const [server = "", local = ""] = name.split(".");
  const output = outputSchema === undefined ? {} : { outputSchema };
  return {
    name,
    server,
    tool: local,
    description: "",
    inputSchema,
    ...output,
    effect: "read",
    isOpenWorld: false,
    fingerprint: name,
  };
}

const string = { type: "string" };
const closed = (properties: JsonObject, required: string[] = Object.keys(properties)): JsonObject => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const TOOLS = [
  tool(
    "web.search",
    closed({ query: string, limit: { type: "integer", minimum: 1 } }, ["query"]),
    closed({ results: { type: "array", items: closed({ url: string, score: { type: "number" } }) } }),
  ),
  tool(
    "web.fetch",
    closed({ url: string }),
    closed({ text: string, links: { $ref: "#/$defs/links" }, maybe: { type: ["string", "null"] } }),
  ),
  tool("math.sum", closed({ numbers: { type: "array", items: { type: "number" } } }), {
    type: "object",
    properties: { total: { type: "number" } },
    required: ["total"],
  }),
  tool("raw.any", { type: "object" }),
  tool(
    "pick.one",
    closed({ of: { anyOf: [{ type: "number" }, closed({ a: string })] }, mode: { enum: ["x", "y"] } }, ["of"]),
  ),
];

/** `severity CODE path` of every finding. */
function findings(tasks: object[], more: object = {}): string[] {
  const parsed = parsePlan({ mesh: 1, tasks, ...more });
  const found = parsed.plan === undefined ? parsed.findings : checkPlan(parsed.plan, catalogueOf(TOOLS)).findings;
  return found.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}
const from = (path: string) => ({ $from: path });
const hits = { id: "hits", use: "web.search", args: { query: "q" } };

describe("a sound plan has no findings", () => {
  const plan: PlanInput = {
    mesh: 1,
    inputs: { topic: string },
    tasks: [
      { id: "hits", use: "web.search", args: { query: from("inputs.topic"), limit: 3 } },
      { id: "pages", use: "web.fetch", each: { in: from("hits.results"), as: "hit" }, args: { url: from("hit.url") } },
      {
        id: "sum",
        use: "math.sum",
        args: { numbers: [1, from("hits.results[0].score")] },
        when: "hits.results | length > 0",
      },
      {
        id: "again",
        use: "web.fetch",
        args: { url: "{{ pages[0].text }}" },
        onError: { use: "raw.any", args: { x: from("hits") } },
      },
    ],
    output: { total: from("sum.total"), texts: from("pages") },
  };
  test("in its JSON form", () =>
    expect(findings(plan.tasks, { inputs: plan.inputs, output: plan.output })).toEqual([]));
});

describe("form", () => {
  test.each<[string, object[], object, string[]]>([
    ["unknown keys, with what was meant", [{ ...hits, retires: 1 }], {}, ["error AM_UNKNOWN_KEY /tasks/0/retires"]],
    ["an unknown key of the plan", [], { outputs: 1 }, ["error AM_UNKNOWN_KEY /outputs"]],
    ["a wrong kind", [{ ...hits, timeoutMs: "soon" }], {}, ["error AM_PLAN_INVALID /tasks/0/timeoutMs"]],
    [
      "ids that clash or are no ids",
      [hits, hits, { ...hits, id: "run" }, { ...hits, id: "a b" }],
      {},
      ["error AM_DUPLICATE_ID /tasks/1/id", "error AM_RESERVED_ID /tasks/2/id", "error AM_BAD_ID /tasks/3/id"],
    ],
  ])("%s", (_name, tasks, more, expected) => expect(findings(tasks, more)).toEqual(expected));

  test("a document that is no plan at all is said so, whatever it is", () => {
    for (const document of [null, 1, "x", [], {}, { mesh: 2, tasks: [] }, { mesh: 1 }])
      expect(parsePlan(document).findings.length).toBeGreaterThan(0);
    expect(
      parsePlan(JSON.parse('{"mesh":1,"tasks":[],"__proto__":{"x":1}}')).findings.map((each) => each.code),
    ).toEqual(["AM_UNKNOWN_KEY"]);
  });

  test("the error names the key that was meant", () => {
    const [finding] = parsePlan({ mesh: 1, tasks: [{ ...hits, timeoutMS: 1 }] }).findings;
    expect(finding).toMatchObject({
      message: '"timeoutMS" is no key of this object.',
      hint: 'Did you mean "timeoutMs"?',
    });
  });
});

describe("references", () => {
  test.each<[string, object[], object, string[]]>([
    [
      "to nobody",
      [{ ...hits, args: { query: from("hist.results") } }],
      {},
      ["error AM_UNKNOWN_REFERENCE /tasks/0/args/query"],
    ],
    [
      "that are none",
      [{ ...hits, args: { query: from("..") } }],
      {},
      ["error AM_BAD_REFERENCE /tasks/0/args/query/$from"],
    ],
    [
      "to a field that the schema has not",
      [hits, { id: "p", use: "web.fetch", args: { url: from("hits.results[0].uri") } }],
      {},
      ["error AM_MISSING_PROPERTY /tasks/1/args/url"],
    ],
    [
      "to a field that the schema leaves open",
      [{ id: "s", use: "math.sum", args: { numbers: [] } }],
      { output: from("s.sum") },
      ["warning AM_MISSING_PROPERTY /output"],
    ],
    [
      "into a tool without an output schema",
      [
        { id: "r", use: "raw.any" },
        { id: "p", use: "web.fetch", args: { url: from("r.x.y") } },
      ],
      {},
      ["info AM_UNCHECKED /tasks/1/args/url"],
    ],
    [
      "to an input that is not declared",
      [{ ...hits, args: { query: from("inputs.topic") } }],
      {},
      ["error AM_MISSING_PROPERTY /tasks/0/args/query"],
    ],
    [
      "to a loop name outside its loop",
      [hits, { id: "p", use: "web.fetch", args: { url: from("hit.url") } }],
      {},
      ["error AM_UNKNOWN_REFERENCE /tasks/1/args/url"],
    ],
    [
      "in a template",
      [{ ...hits, args: { query: "about {{ nobody.text }}" } }],
      {},
      ["error AM_UNKNOWN_REFERENCE /tasks/0/args/query"],
    ],
    ["in a condition", [{ ...hits, when: "nobody" }], {}, ["error AM_UNKNOWN_REFERENCE /tasks/0/when"]],
    ["in after", [{ ...hits, after: ["nobody"] }], {}, ["error AM_UNKNOWN_TASK /tasks/0/after/0"]],
    [
      "through a $ref that cannot be followed: anything",
      [
        hits,
        { id: "p", use: "web.fetch", args: { url: "u" } },
        { id: "q", use: "web.fetch", args: { url: from("p.links.first") } },
      ],
      {},
      [],
    ],
  ])("%s", (_name, tasks, more, expected) => expect(findings(tasks, more)).toEqual(expected));
});

describe("what flows into an argument", () => {
  const page = { id: "p", use: "web.fetch", args: { url: "u" } };
  test.each<[string, object[], string[]]>([
    [
      "a number into a text",
      [hits, { id: "q", use: "web.fetch", args: { url: from("hits.results[0].score") } }],
      ["error AM_TYPE_MISMATCH /tasks/1/args/url"],
    ],
    [
      "a list of objects into a list of numbers",
      [hits, { id: "s", use: "math.sum", args: { numbers: from("hits.results") } }],
      ["error AM_TYPE_MISMATCH /tasks/1/args/numbers"],
    ],
    [
      "a text that may be null",
      [page, { id: "q", use: "web.fetch", args: { url: from("p.maybe") } }],
      ["warning AM_TYPE_UNCERTAIN /tasks/1/args/url"],
    ],
    [
      "a value that an error may leave null",
      [
        { ...page, onError: "null" },
        { id: "q", use: "web.fetch", args: { url: from("p.text") } },
      ],
      [],
    ],
    [
      "a text into one of several kinds",
      [page, { id: "o", use: "pick.one", args: { of: from("p.text") } }],
      ["error AM_TYPE_MISMATCH /tasks/1/args/of"],
    ],
    [
      "a text rendered where a number is wanted",
      [page, { id: "s", use: "math.sum", args: { numbers: ["{{ p.text }}"] } }],
      ["error AM_TYPE_MISMATCH /tasks/1/args/numbers/0"],
    ],
    [
      "a map over what is no list",
      [page, { id: "q", use: "web.fetch", each: { in: from("p.text") }, args: { url: from("item") } }],
      ["error AM_TYPE_MISMATCH /tasks/1/each/in"],
    ],
  ])("%s", (_name, tasks, expected) => expect(findings(tasks)).toEqual(expected));

  test("literals are validated, around what flows in", () => {
    expect(findings([{ ...hits, args: { query: 1, limit: 0 } }])).toEqual([
      "error AM_ARGUMENT_INVALID /tasks/0/args/query",
      "error AM_ARGUMENT_INVALID /tasks/0/args/limit",
    ]);
    expect(
      findings([hits, { id: "o", use: "pick.one", args: { of: { a: from("hits.results[0].url") }, mode: "z" } }]),
    ).toEqual(["error AM_ARGUMENT_INVALID /tasks/1/args/mode"]);
    expect(findings([{ ...hits, args: { query: { $literal: { $from: "x" } } } }])).toEqual([
      "error AM_ARGUMENT_INVALID /tasks/0/args/query",
    ]);
  });
});

describe("what no output so far had", () => {
  const shape: JsonObject = {
    type: "object",
    properties: {
      rows: { type: "array", items: { type: "object", properties: { id: string, url: string } } },
      next: { type: ["null", "string"] },
      any: { type: "object", additionalProperties: string },
    },
  };
  const seen = tool("raw.seen", { type: "object" });
  const learned = { ...seen, outputShape: { learned: true as const, schema: shape, isUntrusted: true } };
  const first = { id: "r", use: "raw.seen" };
  const fetch = (url: object, more: object = {}) => ({ id: "p", use: "web.fetch", args: { url }, ...more });
  const unseen = "warning AM_UNSEEN_PROPERTY /tasks/1/args/url";
  const each = { in: from("r.rows"), as: "row" };

  test.each<[string, object[], string[]]>([
    ["is warned of", [first, fetch(from("r.rows[0].uri"))], [unseen]],
    ["is warned of inside what was no object", [first, fetch(from("r.next.url"))], [unseen]],
    ["is warned of in a loop over it", [first, fetch(from("row.uri"), { each })], [unseen]],
    ["is warned of where it may be null", [{ ...first, onError: "null" }, fetch(from("r.uri"))], [unseen]],
    ["is not said of what was there", [first, fetch(from("r.rows[0].url"))], []],
    ["is not said of what was there in a loop", [first, fetch(from("row.url"), { each })], []],
    ["is not said of keys that are data", [first, fetch(from("r.any.whatever"))], []],
    ["is not said of a whole value", [first, fetch(from("r"))], []],
    [
      "is not said where another tool may stand in",
      [{ ...first, onError: { use: "raw.any" } }, fetch(from("r.x"))],
      [],
    ],
  ])("%s", (_, tasks, expected) => {
    const { plan } = parsePlan({ mesh: 1, tasks });
    const found = plan === undefined ? [] : checkPlan(plan, catalogueOf([...TOOLS, learned])).findings;
    const told = found.filter(({ code }) => code !== "AM_UNCHECKED");
    expect(told.map(({ severity, code, path }) => `${severity} ${code} ${path}`)).toEqual(expected);
  });

  test("is told with what there was", () => {
    const { plan } = parsePlan({ mesh: 1, tasks: [first, fetch(from("r.rows[0].uri"))] });
    const found = plan === undefined ? [] : checkPlan(plan, catalogueOf([...TOOLS, learned])).findings;
    expect(found).toContainEqual(
      expect.objectContaining({
        message: 'No output so far had "r.rows[0].uri".',
        hint: 'Did you mean "url"?',
      }),
    );
  });
});

test("a cycle is named task by task", () => {
  const tasks = ["a", "b", "c"].map((id, index) => ({ id, use: "raw.any", after: [["b", "c", "a"][index]] }));
  const { plan } = parsePlan({ mesh: 1, tasks: [...tasks, { id: "d", use: "raw.any", after: ["a"] }] });
  const found = plan === undefined ? [] : checkPlan(plan, catalogueOf(TOOLS)).findings;
  expect(found.map((finding) => finding.message)).toEqual(["These tasks wait for each other: a -> c -> b -> a."]);
});

test("a tool whose schema cannot be used does not stop the check of the others", () => {
  const broken = tool("bad.schema", {
    type: "object",
    properties: { x: { $ref: "https://elsewhere.example/schema.json" } },
  });
  const { plan } = parsePlan({
    mesh: 1,
    tasks: [
      { id: "b", use: "bad.schema", args: { x: 1 } },
      { id: "n", use: "nope.x" },
    ],
  });
  const found = plan === undefined ? [] : checkPlan(plan, catalogueOf([...TOOLS, broken])).findings;
  expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "AM_SCHEMA_UNUSABLE /tasks/0/args",
    "AM_UNKNOWN_TOOL /tasks/1/use",
  ]);
});

test("a plan that was checked is checked again once its tools are others, or are gone", () => {
  const { plan } = parsePlan({
    mesh: 1,
    name: "again",
    tasks: [{ id: "page", use: "web.fetch", args: { url: "https://example.org" } }],
  });
  const codes = (tools: readonly ToolSpec[]): readonly string[] =>
    plan === undefined ? [] : checkPlan(plan, catalogueOf(tools)).findings.map(({ code }) => code);
  expect([codes(TOOLS), codes(TOOLS)]).toEqual([[], []]);
  expect(codes([tool("web.fetch", closed({ address: string }))])).toContain("AM_ARGUMENT_INVALID");
  expect(codes([])).toEqual(["AM_UNKNOWN_TOOL"]);
  expect(codes(TOOLS)).toEqual([]);
});
