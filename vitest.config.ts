/**
 * Which tests exist. `unit` needs Node and npm alone; `corpora` exists when AGENTMESH_CORPORA names their folder; `llama`
 * exists when AGENTMESH_LLAMA is set, since it installs llama.cpp into the user's cache; `services` exists when
 * AGENTMESH_SERVICES is set, since it needs servers of other programs.
 */
import { defineConfig } from "vitest/config";

const corpora = { name: "corpora", include: ["tests/corpora/**/*.test.ts"], testTimeout: 120_000 };

const llama = {
  name: "llama",
  include: ["{adapters,apps}/*/test/llama/**/*.test.ts"],
  globalSetup: ["adapters/llama-cpp/test/llama/global-setup.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

const services = {
  name: "services",
  include: ["{adapters,packages}/*/test/services/**/*.test.ts", "tests/{postgres,programs}/**/*.test.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Processes, not threads: tests change directories, load node:sqlite and send signals.
    pool: "forks",
    // All cores: most tests wait for a child process or a disk, and the default leaves one core of two idle.
    maxWorkers: "100%",
    // Room for some child processes to start on a busy machine; a test that needs more says so itself.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "{packages,adapters,apps}/*/{src,test,bin}/**/*.test.ts",
            "tests/**/*.test.ts",
            "tools/**/*.test.ts",
            "examples/**/*.test.ts",
          ],
          exclude: [
            "**/node_modules/**",
            "**/dist/**",
            "tests/corpora/**",
            "tests/{postgres,programs}/**",
            "**/test/llama/**",
            "**/test/services/**",
          ],
        },
      },
      ...(process.env["AGENTMESH_CORPORA"] === undefined ? [] : [{ extends: true as const, test: corpora }]),
      ...(process.env["AGENTMESH_LLAMA"] === undefined ? [] : [{ extends: true as const, test: llama }]),
      ...(process.env["AGENTMESH_SERVICES"] === undefined ? [] : [{ extends: true as const, test: services }]),
    ],
  },
});
