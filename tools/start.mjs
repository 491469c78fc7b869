/** `npm start`: the first minute with AgentMesh, on Node 24, installed first if need be. */
import { join } from "node:path";
import { runNode } from "../apps/cli/bin/run-node.mjs";
import { bootstrap, rootFolder, runTool } from "./bootstrap.mjs";

await runTool(async () => {
  const { node, env } = await bootstrap();
  const start = join(rootFolder, "apps", "cli", "src", "start.ts");
  return await runNode(node, [start, ...process.argv.slice(2)], { cwd: rootFolder, env });
});
