/** What is stored of an event, and that nothing of it is lost. */
import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeEvent, decodeSealedEvent, encodeEvent, type TextDigest } from "./event-codec.ts";
import { canonicalJson, type Json } from "./json.ts";
import { describedPayload, type Payload } from "./payload.ts";
import type { RunEvent } from "./run-event.ts";

const digest: TextDigest = (text) => ({
  hash: createHash("sha256").update(text).digest("base64url"),
  bytes: Buffer.byteLength(text),
});

function payloadOf(value: Json): Payload {
  return { ...digest(canonicalJson(value)), value };
}

const json = fc.jsonValue().map((value) => value as Json);
/** True ones, ones whose hash is not that of their value, and ones without a value. */
const payload: fc.Arbitrary<Payload> = fc.oneof(
  json.map(payloadOf),
  fc.record({ hash: fc.string(), bytes: fc.nat(), value: json }),
  fc.record({ hash: fc.string(), bytes: fc.nat() }),
  fc.record({ hash: fc.string(), bytes: fc.nat(), value: json, isRedacted: fc.boolean() }),
  fc.record({ hash: fc.string(), bytes: fc.nat(), isRedacted: fc.boolean() }),
);
const common = { v: fc.constant(1 as const), run: fc.string(), seq: fc.integer({ min: 1 }), atMs: fc.integer() };
const attempt = { task: fc.string(), attempt: fc.integer({ min: 1, max: 3 }) };
const error = fc.record({ code: fc.string(), message: fc.string(), hint: fc.string(), facts: fc.constant({}) });
const event: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ ...common, ...attempt, type: fc.constant("task.started" as const), args: payload, queueMs: fc.nat(2) }),
  fc.record(
    { ...common, ...attempt, type: fc.constant("task.succeeded" as const), output: payload, durationMs: fc.nat(2) },
    { requiredKeys: ["v", "run", "seq", "atMs", "task", "attempt", "type", "durationMs"] },
  ),
  fc.record({
    ...common,
    task: fc.string(),
    attempt: fc.nat(2),
    type: fc.constant("task.failed" as const),
    error,
    durationMs: fc.nat(2),
  }),
  fc.record({
    ...common,
    type: fc.constant("node.succeeded" as const),
    node: fc.constant("router" as const),
    call: fc.string(),
    input: payload,
    output: payload,
    durationMs: fc.nat(2),
  }),
  fc.record({
    ...common,
    type: fc.constant("signal.received" as const),
    kind: fc.constant("signal" as const),
    name: fc.string(),
    data: payload,
  }),
);

/** JSON has no -0, and a decoded value has the prototype of every object. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value);
  return JSON.parse(text);
}

test("every event is read back as it was, with and without a digest, from stores and from anywhere", () => {
  fc.assert(
    fc.property(event, fc.constantFrom(digest, undefined), (given, used) => {
      const stored = encodeEvent(given, used);
      expect(plain(decodeSealedEvent(given.run, stored, digest))).toEqual(plain(given));
      expect(plain(decodeEvent(given.run, stored, digest))).toEqual(plain(given));
    }),
    { numRuns: 500 },
  );
});

const started = { v: 1, run: "r", seq: 7, atMs: 9, type: "task.started", task: "t1", attempt: 1, queueMs: 0 } as const;

describe("the stored form", () => {
  test("is short where there are many, and plain to read", () => {
    expect(encodeEvent({ ...started, args: payloadOf({ b: 1 }) }, digest)).toEqual({
      seq: 7,
      atMs: 9,
      type: "start",
      body: '{"t":"t1","a":[{"b":1}]}',
    });
    const second = { ...started, attempt: 2, queueMs: 3, args: payloadOf(null) };
    expect(encodeEvent(second, digest).body).toBe('{"t":"t1","n":2,"q":3,"a":[null]}');
  });

  test("keeps a hash that does not follow from the value", () => {
    const body = (args: Payload) => JSON.parse(encodeEvent({ ...started, args }, digest).body) as { a: unknown };
    expect(body({ hash: "other", bytes: 1, value: 1 }).a).toEqual(["other", 1, 1]);
    expect(body({ ...payloadOf(1), bytes: 2 }).a).toEqual([payloadOf(1).hash, 2, 1]);
    expect(body({ ...payloadOf(1), isRedacted: true }).a).toEqual([payloadOf(1).hash, 1, 1, 1]);
  });

  test("of a payload that its maker vouches for is taken from the value, whatever its keys and characters", () => {
    for (const value of [{ b: 1, a: "\u00e9" }, { b: 1, a: 2 }, { a: undefined, b: 1 } as unknown as Json]) {
      const { hash, bytes } = payloadOf(value);
      const given: RunEvent = { ...started, args: describedPayload(hash, bytes, value) };
      const read = decodeEvent("r", encodeEvent(given, digest), digest);
      expect(read).toMatchObject({ args: digest(canonicalJson(value)) });
    }
  });

  test("is read in its older forms: long names, hashes beside values", () => {
    const old = {
      seq: 7,
      atMs: 9,
      type: "task.started",
      body: '{"task":"t1","attempt":1,"args":["h",2,{}],"queueMs":4}',
    };
    const args = { hash: "h", bytes: 2, value: {} };
    expect(decodeEvent("r", old)).toEqual({ ...started, queueMs: 4, args });
    expect(decodeEvent("r", old, digest)).toEqual({ ...started, queueMs: 4, args });
  });

  test("cannot say otherwise than its columns, nor be read without the digest it needs", () => {
    const stored = { seq: 7, atMs: 9, type: "start", body: '{"t":"t1","a":[{}],"seq":8,"run":"s"}' };
    expect(decodeEvent("r", stored, digest)).toMatchObject({ seq: 7, run: "r" });
    expect(() => decodeEvent("r", stored)).toThrow(
      expect.objectContaining({
        code: "AM_EVENT_CORRUPT",
        message: expect.stringContaining("Event 7 (task.started) of run r") as unknown,
      }),
    );
  });
});
