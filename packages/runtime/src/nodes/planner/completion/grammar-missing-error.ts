/** A completion model whose backend cannot hold it to a grammar: its plans would be whatever it writes. */
import { MeshError } from "@agentmesh/core";

/** Code AM_GRAMMAR_MISSING. `facts`: model, output. */
export class GrammarMissingError extends MeshError {
  constructor(model: string, output: string) {
    super({
      code: "AM_GRAMMAR_MISSING",
      message: `${model} only continues text, and its backend cannot hold it to a grammar.`,
      hint: 'Run it with llama-cpp and output "grammar", or give the role "planner" a chat model.',
      facts: { model, output },
    });
  }
}
