/** What a run may see of the tools of its mesh: the servers, narrowed by its domain, its tenant and the run itself, in this order. */
import { kindOfUse, MESH_SERVER, type RunScope, type ToolFilter, type ToolSpec } from "@agentmesh/core";
import { matchesPattern } from "./name-pattern.ts";
import { UnknownDomainError } from "./unknown-domain-error.ts";

/** One narrowing, as the configuration or the caller writes it. */
export interface ScopeRule {
  /** Only these servers; absent: all. */
  readonly servers?: readonly string[] | undefined;
  readonly tools?: ToolFilter | undefined;
}

export interface ScopeRules {
  readonly domains: Readonly<Record<string, ScopeRule>>;
  /** Of the tenant of the mesh. */
  readonly tenant?: { readonly name: string; readonly rule: ScopeRule } | undefined;
  /** Every server is there: a scope that names another one is a mistake. */
  readonly areServersKnown?: boolean;
}

interface Layer extends ScopeRule {
  /** `domain finance`; begins a sentence in the middle. */
  readonly name: string;
}

export class ToolScope {
  readonly #layers: readonly Layer[];

  /** Throws UnknownDomainError. */
  constructor({ domains, tenant }: ScopeRules, scope: RunScope = {}) {
    const { domain, tools } = scope;
    const rule = domain !== undefined && Object.hasOwn(domains, domain) ? domains[domain] : undefined;
    if (domain !== undefined && rule === undefined) throw new UnknownDomainError(domain, Object.keys(domains));
    this.#layers = [
      ...(rule === undefined ? [] : [{ name: `domain ${domain ?? ""}`, ...rule }]),
      ...(tenant === undefined ? [] : [{ name: `tenant ${tenant.name}`, ...tenant.rule }]),
      ...(tools === undefined ? [] : [{ name: "this run", tools }]),
    ];
  }

  /** Nothing is narrowed. */
  get isOpen(): boolean {
    return this.#layers.length === 0;
  }

  /** Which layer hides it, and why; undefined when none does. */
  hides(spec: Pick<ToolSpec, "name" | "server">): string | undefined {
    for (const layer of this.#layers) {
      const reason = reasonIn(layer, spec);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  hasServer(server: string): boolean {
    return this.#layers.every(({ servers }) => servers === undefined || servers.includes(server));
  }
}

/** Built-ins and what has no server are there in every domain; only a `deny` takes them away. */
function reasonIn({ name: layer, servers, tools }: Layer, { name, server }: Pick<ToolSpec, "name" | "server">) {
  const isOfServer = server !== MESH_SERVER && kindOfUse(name) !== "workflow";
  if (isOfServer && servers?.includes(server) === false) return `${layer} does not have the server "${server}"`;
  const denied = tools?.deny?.find((pattern) => matchesPattern(pattern, name));
  if (denied !== undefined) return `${layer} denies "${denied}"`;
  const isAllowed = !isOfServer || tools?.allow?.some((pattern) => matchesPattern(pattern, name)) !== false;
  return isAllowed ? undefined : `${layer} does not allow it`;
}
