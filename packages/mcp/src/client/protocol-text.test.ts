import { expect, test } from "vitest";
import { protocolText } from "./protocol-text.ts";

test("faults that are appended as a document become words", () => {
  const issues = [
    { code: "x", path: ["tools", 0, "name"], message: "expected string" },
    { path: [], message: "too much" },
  ];
  expect(protocolText(`Invalid result for tools/list: ${JSON.stringify(issues, null, 2)}`)).toBe(
    "Invalid result for tools/list: tools.0.name: expected string; too much",
  );
});

test("faults alone are words too", () => {
  expect(protocolText('[{"code":"x","path":[],"message":"Invalid input"}]')).toBe("Invalid input");
});

test.each(["Connection closed", "Unexpected [thing] in text", "", "a: []"])("%j stays as it is", (text) => {
  expect(protocolText(text)).toBe(text);
});
