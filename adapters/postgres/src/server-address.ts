/** Where a store is: how to connect, and how to say so without the password. */
import { Client, type ClientConfig } from "pg";

/** Of one statement, on the server: what takes longer hangs. */
export const STATEMENT_MS_MAX = 15_000;
/** A transaction that waits for its client holds locks; only making the store has such a one. */
const IDLE_IN_TRANSACTION_MS_MAX = 10_000;
const CONNECT_MS_MAX = 5_000;

export function clientFor(url: string): Client {
  const config: ClientConfig = {
    connectionString: url,
    application_name: "agentmesh",
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: STATEMENT_MS_MAX,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  return new Client(config);
}

/** `HOST:PORT/DATABASE, schema SCHEMA`. */
export function placeOf(url: string, schema: string): string {
  const { host, port, database } = new Client({ connectionString: url });
  return `${host}:${port}/${database ?? ""}, schema ${schema}`;
}
