import { describe, expect, test } from "vitest";
import { PlanBuilder, PlanBuilderError, text } from "./plan-builder.ts";

describe("a built plan", () => {
  test("is the JSON plan that one would write by hand", () => {
    const digest = new PlanBuilder<{ topic: string }>("digest", { inputs: { topic: { type: "string" } } });
    const hits = digest.task<{ results: { url: string }[] }>("hits", "web.search", {
      args: { query: digest.inputs.topic },
    });
    const pages = digest.each<{ text: string }, { url: string }>("pages", "web.fetch", {
      over: { in: hits.results, as: "hit", maxItems: 8 },
      args: (hit, index) => ({ url: hit.url, nested: [{ at: index }] }),
      onError: "null",
    });
    const words = digest.task("words", "mesh.generate", {
      args: { prompt: text`Five key words of: ${pages}, ${5} at most` },
      when: "hits.results | length > 0",
    });
    const plan = digest.output({ words: words["text"], first: pages[0] }).build();
    expect(plan).toEqual({
      mesh: 1,
      name: "digest",
      inputs: { topic: { type: "string" } },
      tasks: [
        { id: "hits", use: "web.search", args: { query: { $from: "inputs.topic" } } },
        {
          id: "pages",
          use: "web.fetch",
          args: { url: { $from: "hit.url" }, nested: [{ at: { $from: "index" } }] },
          each: { in: { $from: "hits.results" }, as: "hit", maxItems: 8 },
          onError: "null",
        },
        {
          id: "words",
          use: "mesh.generate",
          args: { prompt: "Five key words of: {{ pages }}, 5 at most" },
          when: "hits.results | length > 0",
        },
      ],
      output: { words: { $from: "words.text" }, first: { $from: "pages[0]" } },
    });
  });

  test("that is none says where it is wrong", () => {
    const builder = new PlanBuilder("bad");
    builder.task("x", "t.a", { timeoutMs: -1 });
    expect(() => builder.build()).toThrow(PlanBuilderError);
    expect(() => builder.build()).toThrow("/tasks/0/timeoutMs");
  });
});
