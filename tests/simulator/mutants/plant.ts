/**
 * Loaded with `--import` before a simulation: puts the replaced source in the place of the real one, for the mutant that
 * the environment names. Ends the process loudly when the bug cannot be planted.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { MUTANTS } from "./mutant-list.ts";
import { mutatedSource } from "./mutated-source.ts";

const name = process.env["AGENTMESH_MUTANT"];
const mutant = MUTANTS.find((each) => each.name === name);
if (mutant === undefined) throw new RangeError(`No mutant is named ${name ?? ""}.`);
const sources = new Map<string, string>();
for (const edit of [mutant, ...(mutant.also ?? [])]) {
  const target = new URL(`../../../${edit.file}`, import.meta.url);
  sources.set(target.href, mutatedSource(edit, sources.get(target.href) ?? readFileSync(target, "utf8")));
}

registerHooks({
  load(url, context, nextLoad) {
    const source = sources.get(url);
    return source === undefined ? nextLoad(url, context) : { format: "module-typescript", shortCircuit: true, source };
  },
});
