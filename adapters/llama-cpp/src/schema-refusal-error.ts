/** A part of a schema that no grammar of ours can hold a model to. Found before anything is generated. */
import { ModelError } from "@agentmesh/ports";

export class SchemaRefusalError extends ModelError {
  readonly keyword: string;

  /** `path`: JSON Pointer into the schema. `keyword`: the one at that place that cannot be enforced. */
  constructor(path: string, keyword: string, reason: string) {
    super({
      code: "AM_MODEL_SCHEMA_UNSUPPORTED",
      message: `The output schema cannot be enforced: ${keyword} at ${path === "" ? "the root" : path} ${reason}.`,
      hint: "Simplify the schema at this place, or leave it to the validation of the answer.",
      facts: { path, keyword, reason },
    });
    this.keyword = keyword;
  }
}
