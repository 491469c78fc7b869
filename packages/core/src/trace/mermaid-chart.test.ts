/** A plan as a graph and as a Mermaid flowchart, also when its names and conditions are hostile. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Engine } from "../../test/engine.ts";
import { Plan, type PlanInput } from "../plan.ts";
import { mermaidChart } from "./mermaid-chart.ts";
import { planGraph } from "./plan-graph.ts";

const digest: PlanInput = {
  mesh: 1,
  name: "digest",
  inputs: { topic: {} },
  tasks: [
    { id: "hits", use: "web.search", args: { query: { $from: "inputs.topic" } } },
    {
      id: "pages",
      use: "web.fetch",
      each: { in: { $from: "hits.results" }, as: "hit", maxItems: 8 },
      args: { url: { $from: "hit.url" } },
    },
    { id: "words", use: "mesh.generate", args: { prompt: "{{ pages }}" }, when: "hits.results | length > 0" },
    { id: "send", use: "mail.send", args: { text: { $from: "words.text" } }, after: ["hits"], approve: true },
  ],
};

const chartOf = (plan: PlanInput): string => mermaidChart(planGraph(Plan.parse(plan)));

/** Every line that a chart may have; labels hold nothing but plain characters, codes and our own line breaks. */
const LABEL = String.raw`"(?:[\p{L}\p{M}\p{N} _.,()=+-]|#\d+;|<br/>)*"`;
const LINE = new RegExp(
  String.raw`^(?:flowchart TD| {2}t\d+(?:\[${LABEL}\]|\[\[${LABEL}\]\]|\{\{${LABEL}\}\})| {2}t\d+ (?:-->|-->\|"when"\||-\.->) t\d+| {2}classDef \w+ [\w:#,-]+| {2}class t\d+(?:,t\d+)* \w+)$`,
  "u",
);

function strangeLines(chart: string): string[] {
  return chart
    .trimEnd()
    .split("\n")
    .filter((line) => !LINE.test(line));
}

describe("the graph of a plan", () => {
  test("has an edge for each kind of dependency", () => {
    const { edges, nodes } = planGraph(Plan.parse(digest));
    expect(edges).toEqual([
      { from: "hits", to: "pages", kind: "data" },
      { from: "pages", to: "words", kind: "data" },
      { from: "hits", to: "words", kind: "condition" },
      { from: "words", to: "send", kind: "data" },
      { from: "hits", to: "send", kind: "after" },
    ]);
    expect(nodes[1]).toEqual({
      id: "pages",
      use: "web.fetch",
      each: { in: "hits.results", as: "hit", maxItems: 8 },
      asks: false,
    });
    expect(nodes[3]).toMatchObject({ id: "send", asks: true });
  });

  test("leaves out what does not exist", () => {
    const plan: PlanInput = {
      mesh: 1,
      tasks: [{ id: "a", use: "t.a", args: { v: { $from: "ghost.x" } }, after: ["b"] }],
    };
    expect(planGraph(Plan.parse(plan)).edges).toEqual([]);
  });
});

describe("a Mermaid flowchart", () => {
  test("shows maps, conditions and questions", () => {
    expect(chartOf(digest)).toBe(
      [
        "flowchart TD",
        '  t0["hits<br/>web.search"]',
        '  t1[["pages<br/>web.fetch<br/>each hit in hits.results"]]',
        '  t2["words<br/>mesh.generate<br/>when hits.results #124; length #62; 0"]',
        '  t3{{"send<br/>mail.send<br/>asks a person"}}',
        "  t0 --> t1",
        "  t1 --> t2",
        '  t0 -->|"when"| t2',
        "  t2 --> t3",
        "  t0 -.-> t3",
        "",
      ].join("\n"),
    );
  });

  test("of a run is coloured by status", () => {
    const { view } = Engine.run({
      plan: {
        mesh: 1,
        inputs: { no: {} },
        tasks: [
          { id: "a", use: "t.a", each: { in: [1, 2] } },
          { id: "b", use: "t.a", when: "inputs.no" },
        ],
      },
      inputs: { no: false },
      tools: { "t.a": {} },
    });
    const chart = mermaidChart(planGraph(view.plan ?? Plan.parse(digest), view.tasks));
    expect(chart).toContain('t0[["a<br/>t.a<br/>each item in list, 2 elements<br/>succeeded"]]');
    expect(chart).toMatch(
      / {2}classDef succeeded fill:\S+\n {2}class t0 succeeded\n {2}classDef skipped \S+\n {2}class t1 skipped\n/,
    );
    expect(strangeLines(chart)).toEqual([]);
  });

  test.each([
    'x"]\n  t0 --> evil\n  click t0 "javascript:alert(1)"',
    "%%{init: {'securityLevel': 'loose'}}%%",
    "<img src=x onerror=alert(1)>",
    "`**markdown**`",
    "#quot;#35;#lt;script#gt;",
    "style: red#1;",
    "end",
    "\u202egnp.exe\u2028\u0000\ud800",
    "ﬂ°°34¶ß",
  ])("takes %j for text", (text) => {
    const hostile = { mesh: 1 as const, tasks: [{ id: text, use: text, when: text, each: { in: [1], as: text } }] };
    expect(strangeLines(chartOf(hostile))).toEqual([]);
  });

  test("takes any text for text, and says it again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (id) => {
        const chart = chartOf({ mesh: 1, tasks: [{ id, use: "t.a" }] });
        expect(strangeLines(chart)).toEqual([]);
        const [, label = ""] = /"(.*)<br\/>t\.a"/.exec(chart) ?? [];
        const read = label.replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
        const seen = id.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, " ");
        expect(read).toBe(seen);
      }),
    );
  });
});
