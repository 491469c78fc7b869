/**
 * `npm start`: a goal in plain words over real files, on three real MCP servers, planned by whatever model there is: a
 * configured key, a running Ollama, else a small local one that is fetched once. Without any, the same job from a plan file.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "./commands/run-command.ts";
import { prepareLocalModel } from "./models/local-model.ts";
import { loadSettings } from "./session.ts";
import { Output } from "./terminal/output.ts";
import { reportError } from "./terminal/report-error.ts";

const root = join(import.meta.dirname, "../../..");
const example = join(root, "examples", "launch");
/** A copy, since the job writes a file. */
const folder = join(root, ".agentmesh", "launch");

const output = new Output({ isJson: false, isQuiet: false, isVerbose: false });
const { values } = parseArgs({
  options: { "no-model": { type: "boolean", default: false }, goal: { type: "string" } },
});

try {
  process.exitCode = await start(
    values.goal ?? readFileSync(join(example, "goal.txt"), "utf8").trim(),
    values["no-model"],
  );
} catch (error) {
  process.exitCode = reportError(error, output);
}
setTimeout(() => process.exit(), 2_000).unref();

async function start(goal: string, isWithoutModel: boolean): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(example, folder, { recursive: true });
  process.chdir(folder);
  process.env["PWD"] = folder;
  if (isWithoutModel) process.env["AGENTMESH_NO_MODEL"] = "1";
  const hasModel = await findModel();
  if (hasModel) output.say({ style: "bold", text: "Goal: " }, goal);
  else
    output.say(
      "No model: this is the same job from a plan file, examples/launch/plan.json. Nothing is planned or composed.",
    );
  const exitCode = await runCommand(hasModel ? callOf([], goal) : callOf(["plan.json"]));
  sayNext(hasModel);
  return exitCode;
}

/** Whether there is one, after fetching the small local one where nothing else is there and nobody minds. */
async function findModel(): Promise<boolean> {
  const isSkipped = (process.env["AGENTMESH_NO_MODEL"] ?? "") !== "";
  if (!isSkipped && Object.keys((await loadSettings(callOf([]))).config.models).length === 0)
    await prepareLocalModel(output);
  return Object.keys((await loadSettings(callOf([]))).config.models).length > 0;
}

function callOf(operands: readonly string[], query?: string) {
  const options = new Map<string, readonly string[]>(query === undefined ? [] : [["query", [query]]]);
  return { config: join(folder, "agentmesh.config.yaml"), store: undefined, operands, options, output };
}

function sayNext(hasModel: boolean): void {
  output.say("");
  output.say(
    { style: "bold", text: "Next, in examples/launch: " },
    hasModel ? 'npx agentmesh run "your own goal"' : "npx agentmesh run plan.json",
  );
  output.say("Your own servers go into agentmesh.config.yaml, under mcpServers.");
}
