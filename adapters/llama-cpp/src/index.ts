/** llama.cpp in a child process: a model that streams token by token and is held to grammars. */
export {
  type LeftKeyword,
  LOOSE_KEYWORDS,
  type LooseKeyword,
  type SchemaGrammar,
  schemaGrammar,
  type SchemaGrammarOptions,
} from "./schema-grammar.ts";
export { SchemaRefusalError } from "./schema-refusal-error.ts";
