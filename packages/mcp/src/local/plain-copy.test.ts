import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainCopy } from "./plain-copy.ts";

/** Anything a function may give: JSON, and what JSON says in another way or not at all. */
const anything = fc.anything({ withDate: true, withSparseArray: true, withNullPrototype: true, withMap: true });

describe("a copy without its text", () => {
  test("is the value that JSON would carry over, and no larger than told", () => {
    let copies = 0;
    fc.assert(
      fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
        const plain = plainCopy(value);
        if (plain === undefined) return;
        copies++;
        const text = JSON.stringify(value);
        expect(JSON.stringify(plain.copy)).toBe(text);
        expect(plain.copy).toEqual(JSON.parse(text));
        expect(plain.bytesMax).toBeGreaterThanOrEqual(Buffer.byteLength(text));
      }),
      { numRuns: 2_000 },
    );
    expect(copies).toBeGreaterThan(500);
  });

  test("shares nothing with the value", () => {
    const value = { list: [{ name: "before" }] };
    const plain = plainCopy(value);
    value.list[0] = { name: "after" };
    value.list.push({ name: "more" });
    expect(plain?.copy).toEqual({ list: [{ name: "before" }] });
  });

  test("is not made of what JSON says in another way", () => {
    const deep = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) as unknown;
    const others = [undefined, -0, Number.NaN, 1n, new Date(0), new Map(), { gone: undefined }, [undefined], deep];
    const disguised = JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown;
    for (const other of [...others, disguised, { toJSON: () => 1 }]) expect(plainCopy(other)).toBeUndefined();
  });
});
