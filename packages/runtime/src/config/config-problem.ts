/** One thing that is wrong with what a configuration says, and where it was said. Never holds a value. */
import type { JsonObject } from "@agentmesh/core";
import { jsonPointer } from "@agentmesh/core";
import type { ConfigOrigin } from "./config-origin.ts";
import { type ConfigPath, describePath } from "./config-path.ts";

export interface ConfigProblem {
  /** Empty for a variable that means no place at all. */
  readonly path: ConfigPath;
  readonly origin: ConfigOrigin;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** "Did you mean ...?" or what else helps, as a sentence. */
  readonly suggestion?: string;
}

/** `line 4, policy.inDoubt: Use "ask", "retry" or "fail".` */
export function describeProblem({ path, origin, message, suggestion }: ConfigProblem): string {
  const place = [placeOf(origin), describePath(path)].filter((part) => part !== "").join(", ");
  const text = suggestion === undefined ? message : `${message} ${suggestion}`;
  return place === "" ? text : `${place}: ${text}`;
}

function placeOf(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case "file":
      return origin.line === undefined ? "" : `line ${origin.line}`;
    case "environment":
      return `variable ${origin.variable}`;
    case "option":
      return "option";
    case "detected":
      return origin.source;
    case "default":
      return "";
  }
}

/** For programs: `{path, message, suggestion?, file?, line?, variable?}`, the path as a JSON Pointer. */
export function problemFacts({ path, origin, message, suggestion }: ConfigProblem): JsonObject {
  return {
    path: jsonPointer(path),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(origin.kind === "file" ? { file: origin.file } : {}),
    ...(origin.kind === "file" && origin.line !== undefined ? { line: origin.line } : {}),
    ...(origin.kind === "environment" ? { variable: origin.variable } : {}),
  };
}
