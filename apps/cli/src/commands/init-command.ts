/** `agentmesh init`: a first configuration and an example plan in this folder. What is there already stays as it is. */
import { writeFile } from "node:fs/promises";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { CONFIG_FILE, EXAMPLE_PLAN_FILE, exampleConfig, examplePlan } from "../init/example-files.ts";
import { loadSettings } from "../session.ts";
import { statusMark } from "../progress/status-mark.ts";
import { InitFileError } from "../init/init-file-error.ts";

export async function initCommand({ output }: CommandCall): Promise<number> {
  const detected = await detectedModels();
  const files = [
    { file: CONFIG_FILE, text: exampleConfig(detected) },
    { file: EXAMPLE_PLAN_FILE, text: examplePlan() },
  ];
  const written: string[] = [];
  const kept: string[] = [];
  for (const { file, text } of files) ((await isWritten(file, text)) ? written : kept).push(file);
  if (output.isJson) output.document({ written, kept, detected });
  for (const file of written) output.say(statusMark("ok"), ` wrote ${file}`);
  for (const file of kept) output.say(statusMark("info"), ` kept ${file}, which was there already`);
  for (const model of detected) output.say(statusMark("info"), ` found ${model}, which is used while none is named`);
  if (detected.length === 0)
    output.say(statusMark("info"), " found no model; plan files need none, for goals: agentmesh models pull");
  output.say(`Next: agentmesh run ${EXAMPLE_PLAN_FILE}, or agentmesh doctor`);
  return EXIT.ok;
}

/** What this machine offers when nothing is configured: `openai (gpt-5.4-mini)`. */
async function detectedModels(): Promise<readonly string[]> {
  const { config } = await loadSettings({ config: false, store: undefined });
  return Object.entries(config.models).map(([name, { model }]) => `${name} (${model})`);
}

/** False when the file exists. */
async function isWritten(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new InitFileError(file, error);
  }
}
