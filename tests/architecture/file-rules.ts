/** Names of files, and what the text of any file must not hold. */
import type { Breach } from "./breach.ts";

/** Words that name no concept: what stands under them is not understood yet. */
const EMPTY_NOUNS = /(^|[/-])(utils?|helpers?|common|misc|types?)(?=[./]|$)/;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|config))*\.(ts|tsx|mts|mjs|js)$/;
const CODE = /\.[cm]?[jt]sx?$/;

/** Home folders and the like: true on one machine, wrong on every other. */
const MACHINE_PATH = /(?<![\w./:-])\/(home|Users|root|work|workspace|mnt)\/[\w.-]+|[A-Za-z]:\\Users\\/g;

export function fileNameBreaches(path: string): Breach[] {
  if (!CODE.test(path)) return [];
  const found: Breach[] = [];
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!KEBAB_CASE.test(name)) found.push({ rule: "kebab-case", file: path, detail: "is not in kebab-case" });
  const noun = EMPTY_NOUNS.exec(path)?.[2];
  if (noun !== undefined) found.push({ rule: "telling names", file: path, detail: `"${noun}" names no concept` });
  return found;
}

export function machinePathBreaches(path: string, text: string): Breach[] {
  return [...text.matchAll(MACHINE_PATH)].map(([found]) => ({
    rule: "no machine paths",
    file: path,
    detail: `holds ${found}`,
  }));
}
