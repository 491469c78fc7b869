/** `npm test [-- filter]`: every test that needs nothing but Node and npm, on Node 24, installed first if need be. */
import { join } from "node:path";
import { runNode } from "../apps/cli/bin/run-node.mjs";
import { bootstrap, rootFolder, runTool } from "./bootstrap.mjs";

await runTool(async () => {
  const { node, env } = await bootstrap();
  const vitest = join(rootFolder, "node_modules", "vitest", "vitest.mjs");
  return await runNode(node, [vitest, "run", "--project", "unit", ...process.argv.slice(2)], { cwd: rootFolder, env });
});
