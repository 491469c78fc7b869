/** Makes databases for contenders, and weighs them. */
import pg from "pg";

/** An empty database of this name. */
export async function createDatabase(serverUrl, name) {
  await query(serverUrl, `CREATE DATABASE ${name}`);
}

/** All whose names begin so. */
export async function dropDatabases(serverUrl, prefix) {
  const found = await query(serverUrl, `SELECT datname FROM pg_database WHERE datname LIKE '${prefix}%'`);
  for (const { datname } of found) await query(serverUrl, `DROP DATABASE ${datname} WITH (FORCE)`);
}

/** Bytes on disk of the database, and bytes of the write-ahead log of the whole server. */
export async function weighDatabase(url) {
  const text =
    "SELECT pg_database_size(current_database()) AS bytes, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS log";
  const [{ bytes, log }] = await query(url, text);
  return { diskBytes: Number(bytes), writtenBytes: Number(log) };
}

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
