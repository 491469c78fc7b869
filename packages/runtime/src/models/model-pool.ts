/** The models of a mesh by role, opened at their first use, each call of them told to whoever made it. */
import type { Model, ModelRole } from "@agentmesh/ports";
import type { ModelDirectory, ModelWatch } from "../driver/run-services.ts";
import { NoModelError } from "./no-model-error.ts";

/** A model that is open, and how its layers go around it for one caller. */
export interface OpenedModel {
  readonly model: Model;
  readonly watchedBy: (watch: ModelWatch) => Model;
}

export interface ModelPoolOptions {
  readonly open: ReadonlyMap<string, () => Promise<OpenedModel>>;
  /** Names by role; roles that are missing use `default`, else the first model. */
  readonly roles: Readonly<Partial<Record<ModelRole, string>>>;
}

export class ModelPool implements ModelDirectory {
  readonly #options: ModelPoolOptions;
  readonly #opened = new Map<string, Promise<OpenedModel>>();

  constructor(options: ModelPoolOptions) {
    this.#options = options;
  }

  /** The name of a role's model, if there is one. */
  nameOf(role: ModelRole): string | undefined {
    const { open, roles } = this.#options;
    return roles[role] ?? (open.has("default") ? "default" : open.keys().next().value);
  }

  async model(role: ModelRole, watch: ModelWatch): Promise<Model> {
    const name = this.nameOf(role);
    if (name === undefined) throw new NoModelError(role);
    const opened = await this.#open(name);
    return opened.watchedBy(watch);
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.values());
    const models = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value.model] : []));
    await Promise.all(models.map((model) => model.close()));
  }

  /** A model that could not be opened is tried again by the next caller. */
  #open(name: string): Promise<OpenedModel> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const open = this.#options.open.get(name);
    const opening = open === undefined ? Promise.reject(new NoModelError("planner")) : open();
    this.#opened.set(name, opening);
    opening.catch(() => this.#opened.delete(name));
    return opening;
  }
}
