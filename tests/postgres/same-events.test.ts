/** Whatever keeps the journal: the same plan gives the same events. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "@agentmesh/core";
import type { Store } from "@agentmesh/ports";
import { PostgresStore } from "@agentmesh/postgres";
import { SqliteStore } from "@agentmesh/runtime";
import { PostgresServer } from "../../bench/services/postgres-server.ts";
import { ledgerMesh, ledgerPlan } from "./ledger-mesh.ts";

async function eventsOn(store: Store): Promise<readonly unknown[]> {
  await using mesh = await ledgerMesh(store, join(mkdtempSync(join(tmpdir(), "agentmesh-same-")), "calls"), 20);
  const run = mesh.run(ledgerPlan());
  await run.result;
  return (await mesh.events(run.id)).map((event) => withoutChance(event, run.id));
}

/** Without times, and with one name for the run. What holds the run's name is of the same length, but has another hash. */
function withoutChance(event: RunEvent, run: string): unknown {
  const text = JSON.stringify({ ...event, atMs: 0, queueMs: 0, durationMs: 0 }).replaceAll(run, "RUN");
  const plain = JSON.parse(text) as Record<string, unknown>;
  return "args" in plain ? { ...plain, args: (plain["args"] as { readonly value: unknown }).value } : plain;
}

test("a plan gives the same events on SQLite and on PostgreSQL", async () => {
  await using server = await PostgresServer.start();
  const sqlite = await eventsOn(new SqliteStore(join(mkdtempSync(join(tmpdir(), "agentmesh-same-")), "store.db")));
  const postgres = await eventsOn(await PostgresStore.open({ url: server.url }));
  expect(postgres).toEqual(sqlite);
  expect(sqlite.length).toBeGreaterThan(15);
}, 60_000);
