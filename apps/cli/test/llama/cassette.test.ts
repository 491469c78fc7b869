/** A goal recorded with the small local model, if it was pulled, and played back without it. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh, type RunResult } from "agentmesh";
import { expect, test } from "vitest";

const MODEL = "gemma-3-270m";
const root = join(import.meta.dirname, "../../../..");
const models = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "agentmesh", "models", MODEL);
const isHere = existsSync(models) && readdirSync(models).some((name) => name.endsWith(".gguf"));

function server(name: string, ...args: readonly string[]) {
  const program = join(root, "node_modules/@modelcontextprotocol", name, "dist/index.js");
  return { command: process.execPath, args: [program, ...args], trust: { annotations: true } };
}

/** Without the switches of these tests, which are no settings. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AGENTMESH_")));

/** What does not change from one run to the next. */
const kept = ({ status, answer, citations, usage }: RunResult) => ({ status, answer, citations, usage });

test.runIf(isHere)("what the small model said is said again without it", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-cassette-"));
  cpSync(join(root, "examples/launch"), folder, { recursive: true });
  const goal = readFileSync(join(folder, "goal.txt"), "utf8").trim();
  const file = join(folder, "launch.cassette.json");
  const memory = { ...server("server-memory"), env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } };
  const mcpServers = {
    files: { ...server("server-filesystem", "."), cwd: folder },
    memory,
    everything: server("server-everything"),
  };
  let recorded: RunResult;
  {
    await using mesh = await createMesh({
      store: ":memory:",
      environment,
      cassette: { file, mode: "record" },
      models: { small: { provider: "llama-cpp", model: MODEL } },
      mcpServers,
    });
    recorded = await mesh.run(goal).result;
  }
  expect(recorded).toMatchObject({ status: "succeeded", usage: { isExact: true } });
  await using mesh = await createMesh({ cassette: file, store: ":memory:", environment: { AGENTMESH_NO_MODEL: "1" } });
  expect(kept(await mesh.run(goal).result)).toEqual(kept(recorded));
});
