import { describe, expect, test } from "vitest";
import { fakeModelServer } from "../test/fake-model-server.ts";
import { boundedFetch } from "./bounded-fetch.ts";

describe("boundedFetch", () => {
  test("an answer within the limit comes whole", async () => {
    await using server = await fakeModelServer((_request, response) => {
      response.writeHead(201).end("x".repeat(1_000));
    });
    const response = await boundedFetch(1_000)(server.url, { method: "POST", body: "{}" });
    expect([response.status, await response.text()]).toEqual([201, "x".repeat(1_000)]);
  });

  test("an answer over the limit is an error before it is in memory, and the server is told", async () => {
    await using server = await fakeModelServer(async (_request, response) => {
      while (!response.destroyed) {
        if (!response.write("x".repeat(10_000))) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const response = await boundedFetch(100_000)(server.url, { method: "POST", body: "{}" });
    await expect(response.text()).rejects.toMatchObject({
      code: "AM_MODEL_OUTPUT_TOO_LARGE",
      message: "The answer of the model's server is larger than 100000 bytes.",
    });
    await server.requests[0]?.left;
  });

  test("a redirect is handed back", async () => {
    await using server = await fakeModelServer((_request, response) => {
      response.writeHead(302, { location: "/other" }).end();
    });
    const response = await boundedFetch()(server.url, { method: "POST", body: "{}" });
    expect([response.status, response.headers.get("location"), server.requests.length]).toEqual([302, "/other", 1]);
  });
});
