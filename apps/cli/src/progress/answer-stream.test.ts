import { expect, test } from "vitest";
import { AnswerStream } from "./answer-stream.ts";

/** What a terminal gets of an answer that comes in these pieces. */
function streamed(pieces: readonly string[]): string {
  let written = "";
  const write = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  const stream = new AnswerStream({ write });
  for (const piece of pieces) stream.write(piece);
  stream.end();
  stream.end();
  return written;
}

const ANSWER = "Bees 🐝 \u001b[1;31mfly\u001b[0m\r\nfar.";

test("an answer looks the same however it was cut into pieces, and ends with a line feed", () => {
  expect(streamed([ANSWER])).toBe("Bees 🐝 fly\nfar.\n");
  for (let first = 0; first <= ANSWER.length; first++) {
    expect(streamed([ANSWER.slice(0, first), ANSWER.slice(first)])).toBe("Bees 🐝 fly\nfar.\n");
  }
  expect(streamed(ANSWER.split(""))).toBe("Bees 🐝 fly\nfar.\n");
});

test("what never becomes whole is not shown as it is", () => {
  expect(streamed(["a\u001b["])).toBe("a[\n");
  expect(streamed(["a\ud83d"])).toBe("a\ufffd\n");
  expect(streamed(["done\n"])).toBe("done\n");
  expect(streamed([])).toBe("");
});
