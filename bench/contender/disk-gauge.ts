/** What a contender has put on a disk so far, wherever it keeps its state. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Keeping } from "./contender.ts";

export interface DiskWeight {
  readonly diskBytes?: number;
  readonly writtenBytes?: number;
}

export interface DiskPlace {
  readonly keeping: Keeping;
  readonly folder: string;
  readonly postgresUrl: string;
  readonly serverPid: number | undefined;
}

export interface DatabaseGauge {
  readonly createDatabase: (serverUrl: string, name: string) => Promise<void>;
  readonly dropDatabases: (serverUrl: string, prefix: string) => Promise<void>;
  readonly weighDatabase: (url: string) => Promise<DiskWeight>;
}

/** Databases of contenders begin with this. */
export const DATABASE_PREFIX = "bench_";

/** Loaded late: it needs a package of the peers. */
export async function databaseGauge(): Promise<DatabaseGauge> {
  const module = "../peers/database-gauge.mjs";
  return (await import(module)) as DatabaseGauge;
}

export async function weighDisk({ keeping, folder, postgresUrl, serverPid }: DiskPlace): Promise<DiskWeight> {
  if (keeping === "memory") return {};
  if (keeping === "postgres") return (await databaseGauge()).weighDatabase(postgresUrl);
  const written = writtenBytesOf(serverPid ?? "self");
  const writtenBytes = written === undefined ? {} : { writtenBytes: written };
  // a server's log is allocated beforehand: its size says nothing
  return keeping === "server" ? writtenBytes : { diskBytes: databaseBytes(folder), ...writtenBytes };
}

/** Pages of all SQLite files, those that still stand in a write-ahead log included. */
function databaseBytes(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith(".db"));
  return files.reduce((bytes, name) => bytes + fileBytes(join(folder, name)), 0);
}

function fileBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { bytes } = database
      .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()")
      .get() as { readonly bytes: number };
    return bytes;
  } finally {
    database.close();
  }
}

/** Linux tells; undefined elsewhere. */
function writtenBytesOf(process: number | "self"): number | undefined {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${process}/io`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
