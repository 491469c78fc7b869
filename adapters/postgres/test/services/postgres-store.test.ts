/** One process, one or two openings of a store on a real server. */
import { afterAll, beforeAll } from "vitest";
import { journalContract } from "@agentmesh/ports/testing";
import { PostgresStore } from "../../src/index.ts";
import { PostgresServer } from "./postgres-server.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

journalContract("PostgreSQL", async () => {
  const schema = `store_${++schemas}`;
  const open = () => PostgresStore.open({ url: server.url, schema });
  return { store: await open(), reopen: open };
});
