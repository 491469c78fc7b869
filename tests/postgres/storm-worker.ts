/** A process of the storm: starts its share of the runs, takes up those of others that died, until no run is under way. */
import { setTimeout as sleep } from "node:timers/promises";
import { PostgresStore } from "@agentmesh/postgres";
import { ledgerMesh, ledgerPlan } from "./ledger-mesh.ts";

const LEASE_MS = 5_000;
const RECOVER_MS = 500;
const CALL_MS = 40;

const [url = "", ledger = "", runsText = "0", secondsText = "0"] = process.argv.slice(2);
const runs = Number(runsText);
const store = await PostgresStore.open({ url, leaseMs: LEASE_MS, patienceMs: 60_000 });
const mesh = await ledgerMesh(store, ledger, CALL_MS);
const ended = Promise.all(
  Array.from({ length: runs }, async (_, index) => {
    await sleep((index / runs) * Number(secondsText) * 1_000); // over the whole time of the storm
    await mesh.run(ledgerPlan()).result;
  }),
);
process.send?.("started");
const over = new AbortController();
process.once("message", () => over.abort());
void ended.then(() => process.send?.("done"));
while (!over.signal.aborted) {
  for (const run of await mesh.recover().catch(() => [])) run.result.catch(() => undefined);
  await sleep(RECOVER_MS);
}
await mesh[Symbol.asyncDispose]();
process.disconnect();
