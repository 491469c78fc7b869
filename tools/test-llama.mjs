/** `npm run test:llama [-- filter]`: the tests that run llama.cpp itself, on Node 24; it is installed into the user's cache first. */
import { join } from "node:path";
import { runNode } from "../apps/cli/bin/run-node.mjs";
import { bootstrap, rootFolder, runTool } from "./bootstrap.mjs";

await runTool(async () => {
  const { node, env } = await bootstrap();
  const vitest = join(rootFolder, "node_modules", "vitest", "vitest.mjs");
  const options = [vitest, "run", "--project", "llama", ...process.argv.slice(2)];
  return await runNode(node, options, { cwd: rootFolder, env: { AGENTMESH_LLAMA: "1", ...env } });
});
