/** Calls as a composer knows them. */
import { expect, test } from "vitest";
import { resultCall } from "./result-call.ts";

test.each<[string, string | undefined, string]>([
  ["memory.search_nodes", "Search memory for Nadia Petrova", 'search_nodes("Nadia Petrova")'],
  ["files.read", "read a/b.txt and https://example.org", 'read("a/b.txt", "https://example.org")'],
  ["sums.get-sum", "get the sum of 4,200 and 1800", "get-sum(4200, 1800)"],
  ["x.say", 'say "hello there" to Ann', 'say("hello there", "Ann")'],
  ["x.list", "list what is there", 'list("list what is there")'],
  ["x.list\n\u0000y", undefined, "list y()"],
])("%s for %j", (tool, reason, call) => {
  const result = { task: "t1", tool, value: null };
  expect(resultCall(reason === undefined ? result : { ...result, reason })).toBe(call);
});
