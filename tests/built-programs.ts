/** Programs that are started again and again, each in few files: to load these costs a third of loading every source. */
import { join } from "node:path";
import { rolldown } from "rolldown";

export interface BuiltPrograms {
  readonly environment: NodeJS.ProcessEnv;
  pathOf(name: string): string;
}

export interface ProgramBuild {
  /** The folder of the sources. */
  readonly from: string;
  /** Without their extension. */
  readonly names: readonly string[];
  readonly to: string;
}

export async function buildPrograms({ from, names, to }: ProgramBuild): Promise<BuiltPrograms> {
  const input = Object.fromEntries(names.map((name) => [name, join(from, `${name}.ts`)]));
  await using build = await rolldown({ input, platform: "node", logLevel: "silent" });
  await build.write({ dir: to, format: "esm", entryFileNames: "[name].js" });
  return {
    environment: { ...process.env, NODE_COMPILE_CACHE: join(to, "compiled") },
    pathOf: (name) => join(to, `${name}.js`),
  };
}
