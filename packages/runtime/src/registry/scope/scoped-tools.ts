/** The tools of a mesh as one run sees them. */
import type { ToolBinding, ToolSpec } from "@agentmesh/core";
import type { ToolDirectory } from "../../driver/run-services.ts";
import type { ToolScope } from "./tool-scope.ts";

export class ScopedTools implements ToolDirectory {
  readonly #all: ToolDirectory;
  readonly #scope: ToolScope;

  constructor(all: ToolDirectory, scope: ToolScope) {
    this.#all = all;
    this.#scope = scope;
  }

  tools(): readonly ToolSpec[] {
    return this.#all.tools().filter((spec) => this.#scope.hides(spec) === undefined);
  }

  offered(): readonly ToolSpec[] {
    return this.#all.offered().filter((spec) => this.#scope.hides(spec) === undefined);
  }

  find(name: string): ToolSpec | undefined {
    const spec = this.#all.find(name);
    return spec === undefined || this.#scope.hides(spec) !== undefined ? undefined : spec;
  }

  hidden(name: string): string | undefined {
    const specs = [this.#all.find(name) ?? this.#all.capabilities().get(name) ?? []].flat();
    const reasons = specs.map((spec) => this.#scope.hides(spec));
    return reasons.includes(undefined) ? undefined : reasons[0];
  }

  assertSame(live: ToolSpec, binding: ToolBinding): void {
    this.#all.assertSame(live, binding);
  }

  capabilities(): ReadonlyMap<string, readonly ToolSpec[]> {
    const all = [...this.#all.capabilities()];
    return new Map(all.map(([use, tools]) => [use, tools.filter((spec) => this.#scope.hides(spec) === undefined)]));
  }

  serversOf(use: string): readonly string[] {
    return this.#all.serversOf(use);
  }

  unavailable(): ReadonlyMap<string, string> {
    return new Map([...this.#all.unavailable()].filter(([server]) => this.#scope.hasServer(server)));
  }
}
