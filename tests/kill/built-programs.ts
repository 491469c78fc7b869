/** The programs that are started again and again, each in few files: to load these costs a third of loading every source. */
import { join } from "node:path";
import { rolldown } from "rolldown";

type ProgramName = "subject" | "doubt-subject" | "doubt-server";

export interface BuiltPrograms {
  readonly environment: NodeJS.ProcessEnv;
  pathOf(name: ProgramName): string;
}

export async function buildPrograms(folder: string, names: readonly ProgramName[]): Promise<BuiltPrograms> {
  const input = Object.fromEntries(names.map((name) => [name, join(import.meta.dirname, `${name}.ts`)]));
  await using build = await rolldown({ input, platform: "node", logLevel: "silent" });
  await build.write({ dir: folder, format: "esm", entryFileNames: "[name].js" });
  return {
    environment: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
    pathOf: (name) => join(folder, `${name}.js`),
  };
}
