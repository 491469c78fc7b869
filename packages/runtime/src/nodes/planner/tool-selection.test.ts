/** Which tools a goal brings up. The figures over real servers are in tests/corpora. */
import type { ToolSpec } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { rankTools, selectTools, TOOLS_SHOWN_MAX } from "./tool-selection.ts";

function tool(name: string, description = "", properties: ToolSpec["inputSchema"] = {}): ToolSpec {
  const [server = "", own = ""] = name.split(".");
  return {
    name,
    server,
    tool: own,
    description,
    inputSchema: { type: "object", properties },
    effect: "read",
    isOpenWorld: false,
    fingerprint: name,
  };
}

const FILLERS = Array.from({ length: 100 }, (_, index) => tool(`zz.filler_${index}`, "Does something else entirely."));

test("a few tools are all shown, by name", () => {
  const { shown, others } = selectTools({ goal: "anything", tools: [tool("b.x"), tool("a.y")] });
  expect(shown.map(({ name }) => name)).toEqual(["a.y", "b.x"]);
  expect(others).toEqual([]);
});

describe("of many tools", () => {
  test("those that meet the goal are shown, and the others named", () => {
    const { shown, others } = selectTools({ goal: "Fetch the weather", tools: [...FILLERS, tool("sky.getWeather")] });
    expect(shown.map(({ name }) => name)).toEqual(["sky.getWeather"]);
    expect(others).toHaveLength(100);
  });

  test("what must be shown is, and no more than the most", () => {
    const tools = FILLERS.map((filler) => ({ ...filler, description: "weather" }));
    const { shown } = selectTools({ goal: "weather", tools, always: new Set(["zz.filler_99"]) });
    expect(shown).toHaveLength(TOOLS_SHOWN_MAX);
    expect(shown.map(({ name }) => name)).toContain("zz.filler_99");
  });

  test("the order of the tools does not matter to what is shown", () => {
    const tools = [...FILLERS, tool("sky.weather", "Weather of a city"), tool("sea.weather", "Weather at sea")];
    const names = (of: readonly ToolSpec[]) =>
      selectTools({ goal: "weather", tools: of }).shown.map(({ name }) => name);
    expect(names(tools)).toEqual(names(tools.toReversed()));
  });

  test("a tool of a megabyte does not push the others out", () => {
    const huge = tool("big.weather", "weather ".repeat(100_000));
    const { shown } = selectTools({ goal: "weather", tools: [huge, ...FILLERS, tool("sky.weather")] });
    expect(shown.map(({ name }) => name)).toContain("sky.weather");
  });
});

describe("a tool is found by", () => {
  test.each([
    ["its name in camel case", "the stock price", tool("x.getStockPrice")],
    ["its server", "ask wikipedia", tool("wikipedia.get_article")],
    ["an argument", "in which currency", tool("x.run", "", { currency: { type: "string" } })],
    ["the value of an argument", "a pie chart", tool("x.draw", "", { kind: { enum: ["pie", "bar"] } })],
    ["another form of a word", "comparing libraries", tool("x.compare", "Compares a library with others")],
    ["a word for the same", "save the notes", tool("x.write_file")],
    ["what a file ending says", "put it into report.docx", tool("x.create_document", "A Word document")],
    ["words of other scripts", "搜索网页", tool("x.bing", "使用必应搜索网页")],
    ["German words", "Wetter für Köln", tool("x.a", "Das Wetter in Köln")],
  ])("%s", (_, goal, wanted) => {
    expect(rankTools(goal, [...FILLERS, wanted])[0]?.name).toBe(wanted.name);
  });

  test("nothing, where no word meets", () => {
    expect(rankTools("qwertz", FILLERS)).toEqual([]);
    expect(rankTools("", FILLERS)).toEqual([]);
  });
});
