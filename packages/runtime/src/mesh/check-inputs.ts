/** Checks what a run is given against what its plan asks for, and fills in defaults. */
import {
  type Finding,
  isJsonObject,
  type Json,
  type JsonObject,
  jsonPointer,
  type JsonSchema,
  ownValue,
  type Plan,
  suggestion,
  validateJson,
} from "@agentmesh/core";

export interface CheckedInputs {
  readonly inputs: JsonObject;
  readonly findings: readonly Finding[];
}

export function checkInputs(plan: Plan, given: JsonObject): CheckedInputs {
  const declared = plan.inputs ?? {};
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  const findings = unknown.map((name) =>
    finding(name, `The plan has no input "${name}".`, suggestion(name, Object.keys(declared))),
  );
  const inputs = new Map<string, Json>();
  for (const [name, schema] of Object.entries(declared)) {
    const value = ownValue(given, name) ?? defaultOf(schema);
    if (value === undefined)
      findings.push(finding(name, `The input "${name}" is missing.`, `Give it with: --input ${name}=...`));
    else {
      findings.push(
        ...validateJson(schema, value).map((violation) =>
          finding(name, `The input "${name}" does not fit: ${violation.message}`),
        ),
      );
      inputs.set(name, value);
    }
  }
  return { inputs: Object.fromEntries(inputs), findings };
}

function defaultOf(schema: JsonSchema): Json | undefined {
  return isJsonObject(schema) ? ownValue(schema, "default") : undefined;
}

function finding(name: string, message: string, hint?: string): Finding {
  return {
    code: "AM_INPUT_INVALID",
    severity: "error",
    path: jsonPointer(["inputs", name]),
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}
