/**
 * `npm run test:services [-- filter]`: the tests that need another program, on Node 24. PostgreSQL is installed when it is
 * missing; each test file starts servers of its own in temporary folders and stops them. Perfetto's trace processor is
 * fetched, and Chromium and the MCP programs of `tests/programs` are installed.
 */
import { join } from "node:path";
import { runNode } from "../apps/cli/bin/run-node.mjs";
import { bootstrap, rootFolder, runTool } from "./bootstrap.mjs";
import { findOrInstallChromium } from "./services/chromium-program.mjs";
import { fetchPerfetto } from "./services/perfetto-engine.mjs";
import { findOrInstallPostgres } from "./services/postgres-programs.mjs";
import { installPrograms } from "./services/program-packages.mjs";
import { clearServicesFolder, makeServicesFolder } from "./services/services-folder.mjs";

await runTool(async () => {
  const { node, env } = await bootstrap();
  const programs = findOrInstallPostgres(env);
  const chromium = findOrInstallChromium(env);
  installPrograms(env);
  const folder = makeServicesFolder();
  try {
    const services = {
      AGENTMESH_SERVICES: "1",
      AGENTMESH_POSTGRES_PROGRAMS: programs,
      AGENTMESH_SERVICES_FOLDER: folder,
      TEST_CHROMIUM: chromium,
      TEST_PERFETTO_ENGINE: fetchPerfetto(folder),
    };
    const vitest = join(rootFolder, "node_modules", "vitest", "vitest.mjs");
    const options = [vitest, "run", "--project", "services", ...process.argv.slice(2)];
    return await runNode(node, options, { cwd: rootFolder, env: { ...env, ...services } });
  } finally {
    await clearServicesFolder(folder);
  }
});
