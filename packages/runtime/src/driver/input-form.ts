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
  const fault = faultOf(schema, filledForm(form, content?.value) ?? {});
  if (fault === undefined) return undefined;
  const { path, why } = fault;
  return {
    code: "AM_ARGUMENT_INVALID",
    message: `This does not fit what is asked: ${path === "" ? "" : `${path}: `}${why}`,
    hint: `Its fields: ${Object.keys(fieldsOf(schema)).slice(0, 20).join(", ")}. Fill them in with --args '{...}', or refuse with --reject.`,
    facts: { approval, path },
  };
}

/** Unlike its schema, a form has no room for a field that nobody asked for. */
function faultOf(schema: JsonObject, filled: JsonObject): { readonly path: string; readonly why: string } | undefined {
  const fields = fieldsOf(schema);
  const unknown = Object.keys(filled).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) return { path: `/${unknown}`, why: "There is no such field." };
  const [first] = validateJson(schema, filled);
  return first === undefined ? undefined : { path: first.path, why: first.message };
}

function schemaOf(form: Json): JsonObject | undefined {
  const schema = isJsonObject(form) ? form["schema"] : undefined;
  return schema !== undefined && isJsonObject(schema) ? schema : undefined;
}

function fieldsOf({ properties }: JsonObject): JsonObject {
  return properties !== undefined && isJsonObject(properties) ? properties : {};
}
