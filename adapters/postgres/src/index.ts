/** Journals, values, leases and inboxes on PostgreSQL: the store for several machines. */
export { PostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";
