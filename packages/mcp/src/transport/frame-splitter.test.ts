import { expect, test } from "vitest";
import { FrameSplitter, type OversizedFrame } from "./frame-splitter.ts";

interface Split {
  readonly frames: readonly string[];
  readonly oversized: readonly OversizedFrame[];
  readonly endless: readonly OversizedFrame[];
}

function split(chunks: readonly (Buffer | string)[], bytesMax = 1_000): Split {
  const frames: string[] = [];
  const oversized: OversizedFrame[] = [];
  const endless: OversizedFrame[] = [];
  const splitter = new FrameSplitter(bytesMax, {
    onFrame: (text) => void frames.push(text),
    onOversized: (frame) => void oversized.push(frame),
    onEndless: (frame) => void endless.push(frame),
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  return { frames, oversized, endless };
}

test("frames are the same however their bytes are cut", () => {
  const text = Buffer.from('{"a":1}\n\n{"größe":"😀"}\nunfinished');
  const bytes = [...text].map((byte) => Buffer.from([byte]));
  expect(split([text])).toEqual({ frames: ['{"a":1}', "", '{"größe":"😀"}'], oversized: [], endless: [] });
  expect(split(bytes)).toEqual(split([text]));
});

test("a frame at the limit passes, one byte more does not", () => {
  expect(split([`${"x".repeat(10)}\n${"y".repeat(11)}\nz\n`], 10)).toMatchObject({
    frames: ["x".repeat(10), "z"],
    oversized: [{ bytes: 11 }],
  });
});

test("of a frame over the limit the two ends are kept", () => {
  const chunks = ["head-", ...Array.from({ length: 500 }, () => "x".repeat(100)), "-tail\nnext\n"];
  const { frames, oversized } = split(chunks, 2_000);
  expect(frames).toEqual(["next"]);
  expect(oversized).toHaveLength(1);
  expect(oversized[0]).toMatchObject({ bytes: 50_010 });
  expect(oversized[0]?.head).toMatch(/^head-x{251}$/);
  expect(oversized[0]?.tail).toMatch(/^x{251}-tail$/);
});

test("a frame without end is told once, and nothing is read behind it", () => {
  const chunks = ["head-", ...Array.from({ length: 33 }, () => "x".repeat(1024 * 1024)), "\nnext\n", "more\n"];
  const { frames, oversized, endless } = split(chunks, 2_000);
  expect([frames, oversized]).toEqual([[], []]);
  expect(endless).toHaveLength(1);
  expect(endless[0]?.head).toMatch(/^head-x{251}$/);
});
