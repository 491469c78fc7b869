/** A process of the storm: its share of the clients, all at once, and then what they can tell of each other. */
import { belongingsOf, foreignFaults } from "./foreign-probes.ts";
import { Findings, TenantClient } from "./tenant-client.ts";
import { TENANTS } from "./tenant-server.ts";

const ERAS = ["2025-11-25", "2026-07-28"] as const;
/** Clients that look for what is of others, of each process. */
const PROBERS = 8;
/** To one of the other tenant of either era, and to one of the same tenant. */
const STEPS = [1, 3, 4];

const [url = "", firstText = "0", countText = "0"] = process.argv.slice(2);
const findings = new Findings();
const clients = Array.from({ length: Number(countText) }, (_, number) => {
  const index = Number(firstText) + number;
  const identity = { index, tenant: TENANTS[index % 2] ?? "acme", era: ERAS[(index >> 1) % 2] ?? "2026-07-28" };
  return new TenantClient(url, identity, findings);
});
await Promise.all(clients.map((client) => client.live().catch((error: unknown) => fault(client, error))));
const probers = await Promise.all(
  clients.slice(0, PROBERS).map(async (owner) => ({ owner, belongings: await belongingsOf(owner) })),
);
for (const [place, { owner: prober }] of probers.entries())
  for (const step of STEPS) {
    const other = probers[(place + step) % probers.length];
    if (other === undefined || other.owner === prober) continue;
    findings.counts.probes += 1;
    findings.crossed.push(...(await foreignFaults(prober, other)));
  }
await Promise.all(clients.map((client) => client.close()));
// A client that went away in the middle of a call may have left a stream open: nobody waits for it.
process.send?.(findings, () => process.exit());

function fault({ identity }: TenantClient, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? `, by ${error.cause.message}` : "";
  findings.faults.push(`client ${identity.index} of ${identity.tenant}, ${identity.era}: ${String(error)}${cause}`);
}
