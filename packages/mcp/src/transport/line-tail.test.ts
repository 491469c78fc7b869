import { expect, test } from "vitest";
import { LineTail } from "./line-tail.ts";

test("the last lines are kept, cleaned, the unfinished one too", () => {
  const tail = new LineTail();
  for (let line = 0; line < 100; line++) tail.push(Buffer.from(`line ${line}\n`));
  tail.push(Buffer.from("\u001b[31mfatal\u001b[0m: no"));
  const lines = tail.lines();
  expect(lines).toHaveLength(40);
  expect(lines.at(-2)).toBe("line 99");
  expect(lines.at(-1)).toBe("fatal: no");
});

test("a character that two chunks share is whole", () => {
  const tail = new LineTail();
  for (const byte of Buffer.from("größe\n")) tail.push(Buffer.from([byte]));
  expect(tail.lines()).toEqual(["größe"]);
});

test("a line without end takes no memory", () => {
  const tail = new LineTail();
  for (let chunk = 0; chunk < 1_000; chunk++) tail.push(Buffer.from("x".repeat(10_000)));
  expect(tail.lines().join("").length).toBeLessThanOrEqual(500);
});
