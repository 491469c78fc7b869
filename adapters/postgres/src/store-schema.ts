/** The tables of a store, in a schema (namespace) of their own; made, and one day upgraded, in one transaction. */
import { StoreError } from "@agentmesh/ports";
import type { Client } from "pg";

/** Written into every store; a store with a higher one is refused, untouched. */
export const STORE_VERSION = 2;
/** "AgMs": whoever makes or upgrades any store of a database holds the advisory lock of this number and of the schema's. */
const LOCK_CLASS = 0x41674d73;
/** Also the channel of notifications, whose name may have 63 bytes. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,47}$/;

/**
 * A run is owned while `owner` names a row of that table: deleting the row gives back all its runs at once. What is looked
 * up has the collation "C": an index of it survives a new version of the system's collations.
 */
const TABLES = `
  CREATE TABLE store(version integer NOT NULL);
  CREATE TABLE run(
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
    tenant text COLLATE "C" NOT NULL, name text NOT NULL, status text COLLATE "C" NOT NULL, created_ms bigint NOT NULL,
    owner text COLLATE "C", owned_at timestamptz NOT NULL, epoch integer NOT NULL DEFAULT 1) WITH (fillfactor = 80);
  CREATE INDEX run_by_tenant ON run(tenant, created_ms, number);
  CREATE INDEX run_by_status ON run(tenant, status, created_ms, number);
  CREATE TABLE event(
    run bigint NOT NULL, seq integer NOT NULL, tenant text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL, sum bigint NOT NULL, body text NOT NULL, PRIMARY KEY(run, seq));
  CREATE TABLE blob(
    hash text COLLATE "C" NOT NULL, tenant text COLLATE "C" NOT NULL, body text NOT NULL, PRIMARY KEY(hash, tenant));
  CREATE TABLE owner(
    id text COLLATE "C" PRIMARY KEY, host text NOT NULL, host_name text NOT NULL, pid integer NOT NULL, started text NOT NULL,
    lease_until timestamptz NOT NULL);
  CREATE TABLE inbox(
    item bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run bigint NOT NULL, tenant text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL, token text COLLATE "C" NOT NULL UNIQUE, command text NOT NULL, answer text);
  CREATE INDEX inbox_unanswered ON inbox(run, item) WHERE answer IS NULL;
  INSERT INTO store VALUES(${STORE_VERSION});`;

const CACHE = `
  CREATE TABLE cache(
    tenant text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, body text NOT NULL,
    bytes integer NOT NULL, created_ms bigint NOT NULL, expires_ms bigint, used_ms bigint NOT NULL,
    hits integer NOT NULL DEFAULT 0, PRIMARY KEY(tenant, kind, key));`;

/** By these a store is known. */
const OURS = ["store", "run", "event", "inbox"];

/** Throws StoreError for a name that would have to be quoted. */
export function checkSchemaName(schema: string): void {
  if (SCHEMA_NAME.test(schema)) return;
  throw new StoreError({
    code: "AM_STORE_UNAVAILABLE",
    message: `"${schema}" cannot be the schema of a store.`,
    hint: "Use up to 48 small letters, digits and underscores, not beginning with a digit.",
    facts: { schema },
  });
}

/**
 * Looks at the store's version, and makes the store when there is none. `place` is for messages. Throws StoreError for a
 * newer store, tables of another program, or a database that cannot hold every character; and what the client throws.
 */
export async function prepareStore(client: Client, schema: string, place: string): Promise<void> {
  const found = await storeVersion(client, schema);
  if (found === STORE_VERSION) return;
  if (found === undefined) await checkEncoding(client, place);
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [LOCK_CLASS, schema]);
    const version = await storeVersion(client, schema); // another process may have been faster
    if (version === undefined) await makeStore(client, schema, place);
    else await upgradeStore(client, { version, schema, place });
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** Undefined when there is no store. */
async function storeVersion(client: Client, schema: string): Promise<number | undefined> {
  const tables = await tablesOf(client, schema);
  if (!OURS.every((table) => tables.includes(table))) return undefined;
  const versions = await client.query<{ version: number }>(`SELECT version FROM ${schema}.store`);
  return versions.rows[0]?.version;
}

async function makeStore(client: Client, schema: string, place: string): Promise<void> {
  const tables = await tablesOf(client, schema);
  if (tables.length > 0) throw notOurs(schema, place);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; SET LOCAL search_path TO ${schema}; ${TABLES} ${CACHE}`);
}

interface FoundStore {
  readonly version: number;
  readonly schema: string;
  readonly place: string;
}

/** Version 1 had no caches. */
async function upgradeStore(client: Client, { version, schema, place }: FoundStore): Promise<void> {
  refuseNewer(version, place);
  if (version < STORE_VERSION)
    await client.query(
      `SET LOCAL search_path TO ${schema}; ${CACHE} UPDATE ${schema}.store SET version = ${STORE_VERSION};`,
    );
}

/** By a query of the catalogue: a lookup such as to_regclass may remember that there was nothing. */
async function tablesOf(client: Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ relname: string }>(
    "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1",
    [schema],
  );
  return rows.map(({ relname }) => relname);
}

function refuseNewer(version: number, place: string): void {
  if (version <= STORE_VERSION) return;
  throw new StoreError({
    code: "AM_STORE_NEWER",
    message: `${place} was written by a newer version of agentmesh (store version ${version}, this one knows ${STORE_VERSION}).`,
    hint: "Use the newer version. Nothing was changed.",
    facts: { place, version, known: STORE_VERSION },
  });
}

function notOurs(schema: string, place: string): StoreError {
  return new StoreError({
    code: "AM_STORE_NOT_OURS",
    message: `${place} holds tables of another program.`,
    hint: `Name another schema than "${schema}": the store makes it.`,
    facts: { place, schema },
  });
}

async function checkEncoding(client: Client, place: string): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>("SELECT current_setting('server_encoding') AS encoding");
  const encoding = rows[0]?.encoding ?? "";
  if (encoding.toLowerCase() === "utf8") return;
  throw new StoreError({
    code: "AM_STORE_UNAVAILABLE",
    message: `${place} cannot hold every character: the encoding of the database is ${encoding}.`,
    hint: "Make a database for it: createdb --encoding=UTF8 --template=template0 NAME",
    facts: { place, encoding },
  });
}
