/** The store in a SQLite file. */
export { type SqliteConnection, SqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
