/** One process, one or two openings of a store on a real server. */
import { afterAll, beforeAll } from "vitest";
import { cacheTableContract, journalContract, retentionContract } from "@agentmesh/ports/testing";
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

const openTwice = async () => {
  const schema = `store_${++schemas}`;
  const open = () => PostgresStore.open({ url: server.url, schema });
  return { store: await open(), reopen: open };
};
journalContract("PostgreSQL", openTwice);
retentionContract("PostgreSQL", openTwice);

cacheTableContract("PostgreSQL", async () => {
  const schema = `store_${++schemas}`;
  const stores = [
    await PostgresStore.open({ url: server.url, schema }),
    await PostgresStore.open({ url: server.url, schema }),
  ] as const;
  return {
    cache: stores[0].cache,
    other: stores[1].cache,
    dispose: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
});
