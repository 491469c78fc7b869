import { MemoryStore } from "@agentmesh/store";
import { expect, test } from "vitest";
import { SecretMask } from "../driver/secret-mask.ts";
import { cacheKey, digestOf, MeshCache, readCacheKey } from "./mesh-cache.ts";

function cached({ bytesMax = 1_000_000 } = {}) {
  const { cache: table } = new MemoryStore();
  const clock = { atMs: 1_000, nowMs: () => clock.atMs, at: () => () => undefined };
  const told: string[] = [];
  const cache = new MeshCache({ table, tenant: "t", clock, mask: new SecretMask(["tangerine"]), bytesMax });
  const keep = (key: string, body = "{}", ttlMs = 100) =>
    cache.keep("tool", { key, body, ttlMs }, (text) => told.push(text));
  const find = async (key: string) => (await cache.find("tool", key, (text) => told.push(text)))?.body;
  return { table, clock, keep, find, told };
}

test("what is too old, or from the future, is not found", async () => {
  const { clock, keep, find } = cached();
  keep("k");
  expect(await find("k")).toBe("{}");
  clock.atMs = 1_100;
  expect(await find("k")).toBeUndefined();
  clock.atMs = 500;
  expect(await find("k")).toBeUndefined();
});

test("what is too large, secret, or over at once is not kept", async () => {
  const { keep, table } = cached();
  keep("large", "x".repeat(1_048_577));
  keep("secret", '"tangerine"');
  keep("over", "{}", 0);
  expect(await table.usage("t")).toEqual([]);
});

test("it stays within its room, whatever others have kept, and throws away what was unused for longest", async () => {
  const { clock, keep, table, find } = cached({ bytesMax: 10_000 });
  const row = { tenant: "t", kind: "tool", body: "", bytes: 9_000, createdMs: 1, usedMs: 1, hits: 0 } as const;
  await table.put({ ...row, key: "of another process" });
  for (let index = 0; index < 40; index++) {
    clock.atMs++;
    keep(`k${index}`, "x".repeat(500), 10_000);
    if (index > 0) await find("k0");
  }
  const [usage] = await table.usage("t");
  // What was kept since it was last looked at comes on top.
  expect(usage?.bytes).toBeLessThanOrEqual(10_000 + 10_000 / 16 + 500);
  expect(await find("k0")).toBeDefined();
  expect(await find("k39")).toBeDefined();
  expect(await find("k1")).toBeUndefined();
});

test("a key says what it is for, whatever that is called", () => {
  const key = cacheKey(`a # b ${"x".repeat(500)}`, digestOf([1]), digestOf({ b: 1, a: undefined }));
  expect(readCacheKey(key)?.label).toMatch(/^a {3}b x+$/);
  expect(key.length).toBeLessThan(250);
  expect(readCacheKey("no key")).toBeUndefined();
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1, c: undefined }));
});
