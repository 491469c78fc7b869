/** Where the outside corpora stand: public test sets that nobody here wrote, in a folder that AGENTMESH_CORPORA names. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The path of a corpus. Throws when it is not there: a suite that was asked for never passes by doing nothing. */
export function corpus(name: string): string {
  const path = resolve(process.env["AGENTMESH_CORPORA"] ?? "", name);
  if (!existsSync(path)) throw new Error(`AGENTMESH_CORPORA holds no ${name}: ${path}`);
  return path;
}
