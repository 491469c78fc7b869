/** What the manifests and the lock file promise to those who install us. */
import type { Breach } from "./breach.ts";
import type { Workspace } from "./workspace.ts";

/** The part of package-lock.json that the rules read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}

const LOCAL_MODEL = "node-llama-cpp";
const LOCAL_MODEL_ADAPTER = "adapters/llama-cpp";
/** Binaries for graphics cards, hundreds of megabytes each. */
const GPU_BINARY = /node-llama-cpp\/.*(cuda|vulkan)/;
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

export function manifestBreaches({ root, members }: Workspace): Breach[] {
  const manifests = [{ folder: ".", manifest: root }, ...members];
  return manifests.flatMap(({ folder, manifest }) => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest;
    const file = `${folder}/package.json`;
    const sections = { ...dependencies, ...devDependencies, ...optionalDependencies };
    return Object.entries(sections).flatMap(([name, version]) => [
      ...exactnessBreaches(file, name, version),
      ...localModelBreaches(folder, name, members),
    ]);
  });
}

export function lockBreaches(lock: LockFile): Breach[] {
  const file = "package-lock.json";
  return Object.entries(lock.packages).flatMap(([path, { resolved }]) => [
    ...(resolved?.startsWith("http")
      ? [{ rule: "no addresses", file, detail: `${path} is bound to ${resolved}` }]
      : []),
    ...(GPU_BINARY.test(path) ? [{ rule: "light by default", file, detail: `holds ${path}` }] : []),
  ]);
}

function exactnessBreaches(file: string, name: string, version: string): Breach[] {
  if (EXACT_VERSION.test(version)) return [];
  return [{ rule: "exact versions", file, detail: `asks for ${name} ${version}` }];
}

/** A model in one's own process is for those who ask for it: whoever installs anything else gets no native code. */
function localModelBreaches(folder: string, name: string, members: Workspace["members"]): Breach[] {
  const adapter = members.find((member) => member.folder === LOCAL_MODEL_ADAPTER)?.manifest.name;
  if ((name !== LOCAL_MODEL && name !== adapter) || folder === LOCAL_MODEL_ADAPTER) return [];
  return [{ rule: "light by default", file: `${folder}/package.json`, detail: `installs ${name} for everybody` }];
}
