import { expect, test } from "vitest";
import { packedManifest } from "./packed-manifest.ts";

test("a packed manifest names the build where the repository's names the source, and nothing of the repository", () => {
  const manifest = {
    name: "@agentmesh/ports",
    exports: { ".": "./src/index.ts", "./testing": "./src/testing/index.ts", "./schema.json": "./schema.json" },
    bin: { agentmesh: "bin/agentmesh.mjs" },
    dependencies: { "@agentmesh/core": "0.1.0" },
    devDependencies: { vitest: "5.1.1" },
    scripts: { build: "tsc" },
  };
  expect(packedManifest(manifest)).toEqual({
    name: "@agentmesh/ports",
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./testing": { types: "./dist/testing/index.d.ts", default: "./dist/testing/index.js" },
      "./schema.json": "./schema.json",
    },
    bin: { agentmesh: "bin/agentmesh.mjs" },
    dependencies: { "@agentmesh/core": "0.1.0" },
  });
});
