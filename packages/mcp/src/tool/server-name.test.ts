import { expect, test } from "vitest";
import { ServerNameError } from "./server-name-error.ts";
import { requireServerName, toolId } from "./server-name.ts";

test.each(["files", "_x", "my-server_2"])("%s is a name", (name) => {
  expect(requireServerName(name)).toBe(name);
});

test.each(["", "2fast", "a.b", "a b", "größe", "a\n"])("%j is no name", (name) => {
  expect(() => requireServerName(name)).toThrow(ServerNameError);
});

test("the name of the built-in tools is taken", () => {
  expect(() => requireServerName("mesh")).toThrow(
    'A server cannot be named "mesh": the name belongs to the built-in tools.',
  );
});

test("the id of a tool holds its name verbatim", () => {
  expect(toolId("files", "odd name/with.dots")).toBe("files.odd name/with.dots");
});
