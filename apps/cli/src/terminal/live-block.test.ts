import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { LiveBlock } from "./live-block.ts";

/** The screen after what was written: as much of a terminal as a live block uses. */
function screenOf(written: string): { readonly lines: readonly string[]; readonly isCursorShown: boolean } {
  const lines = [""];
  let row = 0;
  let isCursorShown = true;
  // eslint-disable-next-line no-control-regex -- a terminal reads control characters
  for (const [token] of written.matchAll(/\u001b\[\??\d*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
    if (token === "\n") lines[++row] ??= "";
    else if (token === "\r") continue;
    else if (token === "\u001b[?25l" || token === "\u001b[?25h") isCursorShown = token.endsWith("h");
    else if (token.endsWith("A")) row -= Number.parseInt(token.slice(2), 10);
    else if (token === "\u001b[0J") lines.splice(row, Infinity, "");
    else lines[row] = `${lines[row] ?? ""}${token}`;
  }
  return { lines, isCursorShown };
}

test("a live block is drawn over itself, what is finished stays above it, and closing leaves only that", () => {
  const stream = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  const listeners = process.listenerCount("exit");
  const written = () => String(stream.read() ?? "");
  const block = new LiveBlock(stream as unknown as NodeJS.WriteStream);
  let all = "";
  block.draw(["a 0", "b 0"]);
  all += written();
  expect(screenOf(all)).toEqual({ lines: ["a 0", "b 0", ""], isCursorShown: false });
  block.draw(["b 1"], ["a done"]);
  all += written();
  expect(screenOf(all).lines).toEqual(["a done", "b 1", ""]);
  block.draw(["b 2", "c 0"], []);
  all += written();
  expect(screenOf(all).lines).toEqual(["a done", "b 2", "c 0", ""]);
  block.close();
  block.close();
  all += written();
  expect(screenOf(all)).toEqual({ lines: ["a done", ""], isCursorShown: true });
  expect(block.linesMax).toBe(6);
  expect(process.listenerCount("exit")).toBe(listeners);
});
