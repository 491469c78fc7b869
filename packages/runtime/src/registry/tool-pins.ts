/** Whether a tool is still the one that was agreed on: by the plan when it was checked, and by the lock file if there is one. */
import { basename } from "node:path";
import type { ToolDrift, ToolSpec } from "@agentmesh/core";
import type { PinnedTool, ToolLock } from "./lock/tool-lock.ts";
import { changesBetween, definitionOf } from "./tool-definition.ts";
import { ToolDriftedError } from "./tool-drifted-error.ts";

/** How many earlier forms of tools are kept, to show what has changed. */
const FORMER_MAX = 1_000;

export interface PinOptions {
  /** Absent: only the plan counts. */
  readonly lock?: { readonly file: string; readonly lock: ToolLock } | undefined;
  /** `allow`: a changed tool is called as it is now. */
  readonly drift?: "stop" | "allow";
}

export class ToolPins {
  readonly #isStopping: boolean;
  readonly #lockFile: string | undefined;
  readonly #locked: ReadonlyMap<string, PinnedTool> | undefined;
  /** By fingerprint. */
  readonly #former = new Map<string, ToolSpec>();

  constructor({ lock, drift = "stop" }: PinOptions = {}) {
    this.#isStopping = drift === "stop";
    this.#lockFile = lock === undefined ? undefined : basename(lock.file);
    this.#locked = lock === undefined ? undefined : new Map(Object.entries(lock.lock.tools));
  }

  /** `bound`: its fingerprint when the plan was checked. Throws ToolDriftedError. */
  assertSame(live: ToolSpec, bound: string, isLocked: boolean): void {
    if (!this.#isStopping) return;
    const drift = (isLocked ? this.lockDrift(live) : undefined) ?? this.#planDrift(live, bound);
    if (drift !== undefined) throw new ToolDriftedError(drift, this.#lockFile);
  }

  /** What differs from the lock file; undefined when nothing does, or there is no lock. */
  lockDrift(live: ToolSpec): ToolDrift | undefined {
    if (this.#locked === undefined) return undefined;
    const { name: tool, fingerprint: is } = live;
    const pinned = this.#locked.get(tool);
    if (pinned?.fingerprint === is) return undefined;
    if (pinned === undefined) return { tool, since: "lock", is, changes: [] };
    const { fingerprint: was, ...definition } = pinned;
    return { tool, since: "lock", was, is, changes: [...changesBetween(definition, definitionOf(live))] };
  }

  /** Whether a planner may be shown it: the words of a tool that nobody has looked at are kept from models. */
  isOffered(live: ToolSpec): boolean {
    return (
      !this.#isStopping || this.#locked === undefined || this.#locked.get(live.name)?.fingerprint === live.fingerprint
    );
  }

  /** How a tool was before it changed. */
  keepFormer(spec: ToolSpec): void {
    const oldest = this.#former.keys().next().value;
    if (this.#former.size >= FORMER_MAX && oldest !== undefined) this.#former.delete(oldest);
    this.#former.set(spec.fingerprint, spec);
  }

  #planDrift(live: ToolSpec, was: string): ToolDrift | undefined {
    const { name: tool, fingerprint: is } = live;
    if (is === was) return undefined;
    const before = this.#former.get(was);
    const changes = before === undefined ? [] : changesBetween(definitionOf(before), definitionOf(live));
    return { tool, since: "plan", was, is, changes: [...changes] };
  }
}
