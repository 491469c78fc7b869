import { describe, expect, test } from "vitest";
import { DocExampleError, isExpectedOutput, parseDocExamples } from "./doc-example.ts";

const markdown = `# Title

<!-- run exit=3 in=empty -->

\`\`\`sh
agentmesh run x.json
\`\`\`

It prints:

<!-- output -->
\`\`\`text
hello ...
\`\`\`

\`\`\`ts
not(marked);
\`\`\`

<!-- check -->
\`\`\`ts
const a: number = 1;

console.log(a);
\`\`\`
`;

describe("examples in Markdown", () => {
  test("are the blocks that a comment marks, with what it asks", () => {
    expect(parseDocExamples("README.md", markdown)).toEqual([
      {
        file: "README.md",
        line: 5,
        language: "sh",
        code: "agentmesh run x.json",
        isRun: true,
        isInEmptyFolder: true,
        exitCode: 3,
        output: "hello ...",
      },
      {
        file: "README.md",
        line: 21,
        language: "ts",
        code: "const a: number = 1;\n\nconsole.log(a);",
        isRun: false,
        isInEmptyFolder: false,
        exitCode: 0,
      },
    ]);
  });

  test.each([
    ["a comment without a block", "<!-- run -->\ntext\n```sh\nls\n```"],
    ["a comment at the end", "<!-- run -->"],
    ["an unknown option", "<!-- run on=mars -->\n```sh\nls\n```"],
    ["a language that does not run", "<!-- run -->\n```python\n1\n```"],
    ["output before anything ran", "<!-- output -->\n```\n1\n```"],
    ["a block that does not end", "<!-- run -->\n```sh\nls"],
  ])("refuse %s", (_, text) => {
    expect(() => parseDocExamples("a.md", text)).toThrow(DocExampleError);
  });

  test("come after an empty block", () => {
    const [example] = parseDocExamples("a.md", "```\n\n```\n<!-- run -->\n```sh\nls\n```");
    expect(example?.code).toBe("ls");
  });

  test("inside another block are text", () => {
    expect(parseDocExamples("a.md", "````md\n<!-- run -->\n```sh\nls\n```\n````")).toEqual([]);
  });
});

describe("expected output", () => {
  test.each([
    ["one\ntwo", "one\ntwo\n", true],
    ["one", "one\ntwo\n", false],
    ["took ... ms", "took 12 ms\n", true],
    ["a.c", "abc\n", false],
    ["first\n...\nlast", "first\nlast\n", true],
    ["first\n...\nlast", "first\n1\n2\nlast\n", true],
    ["first\n...\nlast", "first\n1\n", false],
  ])("%j against %j: %s", (expected, actual, isExpected) => {
    expect(isExpectedOutput(expected, actual)).toBe(isExpected);
  });
});
