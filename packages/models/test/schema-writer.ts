/** Plays a backend that holds to a schema: writes some value of it, as its choices decide. */
import type { Json, JsonObject } from "@agentmesh/core";

/** Choices of one value before it is brought to an end by always taking the first. */
const CHOICES_MAX = 200;

export class SchemaWriter {
  readonly #root: JsonObject;
  readonly #choices: Iterator<number>;
  #chosen = 0;

  constructor(root: JsonObject, choices: Iterator<number>) {
    this.#root = root;
    this.#choices = choices;
  }

  write(schema: JsonObject = this.#root): Json {
    const { $ref: reference, anyOf: branches, enum: values, type } = schema;
    if (typeof reference === "string") return this.write(this.#definition(reference));
    if (Array.isArray(branches)) return this.write(this.#pick(branches as readonly JsonObject[]));
    if (Array.isArray(values)) return this.#pick(values as readonly Json[]);
    return this.#writeType(schema, Array.isArray(type) ? this.#pick(type as readonly Json[]) : type);
  }

  #writeType(schema: JsonObject, type: Json | undefined): Json {
    switch (type) {
      case "array":
        return Array.from({ length: this.#choose(3) }, () => this.write((schema["items"] ?? {}) as JsonObject));
      case "object":
        return this.#writeObject(schema);
      case "string":
        return "s";
      case "integer":
      case "number":
        return 7;
      case "boolean":
        return true;
      default:
        return null;
    }
  }

  #writeObject(schema: JsonObject): Json {
    const { properties, required, additionalProperties: free } = schema;
    const names = new Set((required ?? []) as readonly string[]);
    const declared = Object.entries((properties ?? {}) as Record<string, JsonObject>);
    const entries = declared
      .filter(([name]) => names.has(name) || this.#choose(2) === 1)
      .map(([name, child]): [string, Json] => [name, this.write(child)]);
    if (typeof free === "object" && this.#choose(2) === 1) entries.push(["extra", this.write(free as JsonObject)]);
    return Object.fromEntries(entries);
  }

  #definition(reference: string): JsonObject {
    const definitions = (this.#root["$defs"] ?? {}) as Record<string, JsonObject>;
    return definitions[reference.slice("#/$defs/".length)] ?? {};
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#choose(values.length)] as T;
  }

  #choose(count: number): number {
    this.#chosen += 1;
    if (this.#chosen > CHOICES_MAX) return 0;
    const next = this.#choices.next();
    return next.done === true ? 0 : next.value % count;
  }
}
