/** The answers of models that a mesh keeps, as the cache layer of models takes them. */
import { type AnswerStore, type CachedAnswer, SingleFlight } from "@agentmesh/models";
import type { MeshCache, Teller } from "./mesh-cache.ts";

/** A model that keeps its name may change behind it: after so long it is asked again. Thirty days. */
const ANSWER_TTL_MS = 30 * 86_400_000;

export class ModelAnswers {
  /** Also of requests whose answer the model might give differently. */
  readonly isSampledKept: boolean;
  readonly #cache: MeshCache;
  readonly #flights = new SingleFlight<CachedAnswer>();

  constructor(cache: MeshCache, isSampledKept: boolean) {
    this.#cache = cache;
    this.isSampledKept = isSampledKept;
  }

  /** For one caller, who is told when the cache does not work. */
  heardBy(tell: Teller): AnswerStore {
    return {
      flights: this.#flights,
      mayKeep: (text) => this.#cache.mayKeep(text),
      find: async (key) => (await this.#cache.find("model", key, tell))?.body,
      keep: (key, body) => this.#cache.keep("model", { key, body, ttlMs: ANSWER_TTL_MS }, tell),
    };
  }
}
