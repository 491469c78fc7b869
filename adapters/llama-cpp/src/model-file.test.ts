import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BrokenModelFileError } from "./broken-model-file-error.ts";
import { findModelFile } from "./model-file.ts";
import { UnknownModelFileError } from "./unknown-model-file-error.ts";

const header = Buffer.concat([Buffer.from("GGUF"), Buffer.from([3, 0, 0, 0]), Buffer.alloc(16)]);

function cacheWith(content: Buffer): { readonly environment: { AGENTMESH_CACHE: string }; readonly file: string } {
  const cache = mkdtempSync(join(tmpdir(), "agentmesh-file-"));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const folder = join(cache, "models", "tiny");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "tiny-q4.gguf");
  writeFileSync(file, content);
  return { environment: { AGENTMESH_CACHE: cache }, file };
}

describe("the file of a model", () => {
  test("is found by the name that it was pulled by, and by its path", async () => {
    const { environment, file } = cacheWith(header);
    expect(await findModelFile("tiny", environment)).toBe(file);
    expect(await findModelFile(file, environment)).toBe(file);
  });

  test.each(["huge", "./nothing.gguf"])("that is not there (%s) is an error that says how to get it", async (name) => {
    const { environment } = cacheWith(header);
    const error: unknown = await findModelFile(name, environment).catch((error_: unknown) => error_);
    expect(error).toBeInstanceOf(UnknownModelFileError);
    expect(error).toMatchObject({
      code: "AM_MODEL_UNKNOWN",
      hint: expect.stringContaining(`agentmesh models pull ${name}`),
    });
  });

  test.each<[string, Buffer]>([
    ["a text", Buffer.from("this is a letter to my grandmother, and no model")],
    ["an empty file", Buffer.alloc(0)],
    ["cut in its first bytes", header.subarray(0, 10)],
    [
      "of a version that nobody reads",
      Buffer.concat([header.subarray(0, 4), Buffer.from([99, 0, 0, 0]), Buffer.alloc(16)]),
    ],
  ])("that is %s is an error before anything is started", async (_, content) => {
    const { environment } = cacheWith(content);
    await expect(findModelFile("tiny", environment)).rejects.toThrow(BrokenModelFileError);
  });

  test("that is a folder is an error", async () => {
    const { environment } = cacheWith(header);
    await expect(findModelFile(`${environment.AGENTMESH_CACHE}/models`, environment)).rejects.toThrow("is not a file");
  });
});
