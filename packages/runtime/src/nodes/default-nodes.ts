/** The planner and the composer of a mesh. Their prompts and grammars are loaded when a model is first asked: half of this package. */
import type { Composer, Planner } from "@agentmesh/ports";
import { DefaultComposer } from "./composer/default-composer.ts";
import { DefaultPlanner } from "./planner/default-planner.ts";

export function defaultNodes(): { readonly planner: Planner; readonly composer: Composer } {
  return {
    planner: new DefaultPlanner({
      chat: async () => new (await import("./planner/chat-planner.ts")).ChatPlanner(),
      completion: async () => new (await import("./planner/completion/completion-planner.ts")).CompletionPlanner(),
    }),
    composer: new DefaultComposer({
      chat: async () => new (await import("./composer/chat-composer.ts")).ChatComposer(),
      completion: async () => new (await import("./composer/completion/completion-composer.ts")).CompletionComposer(),
    }),
  };
}
