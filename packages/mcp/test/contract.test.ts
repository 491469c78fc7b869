/** Both kinds of source, over both transports and in both protocol eras, keep the same contract. */
import { setTimeout as sleep } from "node:timers/promises";
import { toolSourceContract } from "@agentmesh/ports/testing";
import { z } from "zod";
import { defineTool, LocalToolSource } from "../src/index.ts";
import { modernEndpoint, sessionEndpoint } from "./fixtures/http-servers.ts";
import { sourceOf, stdioConfig } from "./fixtures/sources.ts";

const Text = z.object({ text: z.string() });

function localSource(): LocalToolSource {
  const tools = [
    defineTool({
      name: "echo",
      description: "Echoes.",
      input: Text,
      output: Text,
      effect: "read",
      run: ({ text }) => ({ text }),
    }),
    defineTool({
      name: "fail",
      description: "Fails.",
      input: Text,
      effect: "read",
      run: ({ text }) => {
        throw new Error(text);
      },
    }),
    defineTool({
      name: "wait",
      description: "Waits.",
      input: z.object({ ms: z.number() }),
      effect: "read",
      run: async ({ ms }, { signal }) => sleep(ms, "waited", { signal }),
    }),
  ];
  return new LocalToolSource({ server: "local", tools });
}

toolSourceContract("functions of this process", () => Promise.resolve({ source: localSource() }));

toolSourceContract("an MCP server over stdio", () =>
  Promise.resolve({ source: sourceOf(stdioConfig("well-behaved")) }),
);

toolSourceContract("an MCP server of 2026-07-28 over stdio", () =>
  Promise.resolve({ source: sourceOf(stdioConfig("well-behaved", [], { protocol: "modern" })) }),
);

toolSourceContract("an MCP server of 2026-07-28 over HTTP", async () => {
  const { url } = await modernEndpoint();
  return { source: sourceOf({ url }) };
});

toolSourceContract("an MCP server of 2025-11-25 over HTTP, with sessions", async () => {
  const { url } = await sessionEndpoint();
  return { source: sourceOf({ url }) };
});
