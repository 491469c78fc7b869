/** What a server asks in the middle of a call, `{ mode: "form", schema }` or `{ mode: "url", url }`, and what a person fills in. */
import {
  type ErrorRecord,
  isJsonObject,
  type Json,
  type JsonObject,
  type Payload,
  validateJson,
} from "@agentmesh/core";

/** With the form's own values where nothing is said. Undefined: there is nothing to fill in. */
export function filledForm(form: Json, said: Json | undefined): JsonObject | undefined {
  const schema = schemaOf(form);
  if (schema === undefined) return undefined;
  const defaults = Object.entries(fieldsOf(schema)).flatMap(([name, field]) => {
    const value = isJsonObject(field) ? field["default"] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(defaults), ...(said !== undefined && isJsonObject(said) ? said : {}) };
}

/** Undefined: it fits. */
export function formRefusal(approval: string, form: Json, content: Payload | undefined): ErrorRecord | undefined {
  const schema = schemaOf(form);
  if (schema === undefined) return undefined;
  const filled = filledForm(form, content?.value) ?? {};
  const fields = fieldsOf(schema);
  const unknown = Object.keys(filled).find((name) => !Object.hasOwn(fields, name));
  const [first] = validateJson(schema, filled);
  if (unknown === undefined && first === undefined) return undefined;
  const path = unknown === undefined ? (first?.path ?? "") : `/${unknown}`;
  const why = unknown === undefined ? (first?.message ?? "") : "There is no such field.";
  return {
    code: "AM_ARGUMENT_INVALID",
    message: `This does not fit what is asked: ${path === "" ? "" : `${path}: `}${why}`,
    hint: `Its fields: ${Object.keys(fields).slice(0, 20).join(", ")}. Fill them in with --args '{...}', or refuse with --reject.`,
    facts: { approval, path },
  };
}

function schemaOf(form: Json): JsonObject | undefined {
  const schema = isJsonObject(form) ? form["schema"] : undefined;
  return schema !== undefined && isJsonObject(schema) ? schema : undefined;
}

function fieldsOf({ properties }: JsonObject): JsonObject {
  return properties !== undefined && isJsonObject(properties) ? properties : {};
}
