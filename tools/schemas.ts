/** Writes the published schemas from their only source. `--check` fails when a file is not what it should be. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planJsonSchema } from "@agentmesh/core";
import { configJsonSchema } from "@agentmesh/runtime";

const root = join(import.meta.dirname, "..");
const schemas = { "plan.schema.json": planJsonSchema(), "agentmesh.config.schema.json": configJsonSchema() };
const isCheck = process.argv.includes("--check");

for (const [name, schema] of Object.entries(schemas)) {
  const path = join(root, name);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const isSame = existsSync(path) && readFileSync(path, "utf8") === text;
  if (isCheck && !isSame) {
    console.error(`${name} is not what the sources say: run "npm run schemas".`);
    process.exitCode = 1;
  } else if (!isSame) writeFileSync(path, text);
}
