/** The composer of the pipeline: the one of its strategies that knows how to prompt the model of the role. */
import type { ComposedAnswer, Composer, ComposerRequest, NodeContext } from "@agentmesh/ports";
import { MissingStrategyError } from "../missing-strategy-error.ts";

/** Loaded when an answer is written. */
export interface ComposerStrategies {
  readonly chat: () => Composer | Promise<Composer>;
  /** For base models, which only continue a text. */
  readonly completion?: () => Composer | Promise<Composer>;
}

export class DefaultComposer implements Composer {
  readonly #strategies: ComposerStrategies;

  constructor(strategies: ComposerStrategies) {
    this.#strategies = strategies;
  }

  /** Throws MissingStrategyError, and what the strategy throws. */
  async compose(request: ComposerRequest, context: NodeContext): Promise<ComposedAnswer> {
    const model = await context.model("composer");
    const strategy = this.#strategies[model.capabilities.prompt ?? "chat"];
    if (strategy === undefined) throw new MissingStrategyError("composer", model);
    return (await strategy()).compose(request, context);
  }
}
