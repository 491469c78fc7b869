/** A run is to belong to a domain that the configuration does not have. */
import { MeshError, suggestion } from "@agentmesh/core";

export class UnknownDomainError extends MeshError {
  constructor(domain: string, known: readonly string[]) {
    super({
      code: "AM_UNKNOWN_DOMAIN",
      message: `There is no domain "${domain}".`,
      hint:
        known.length === 0
          ? "The configuration has no domains: write some under the key domains."
          : `${suggestion(domain, known)} Domains: ${known.join(", ")}.`.trim(),
      facts: { domain, known: [...known] },
    });
  }
}
