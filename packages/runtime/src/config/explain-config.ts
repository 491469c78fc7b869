/** What `agentmesh config --explain` shows: every value in force, where it was said, and no secret. */
import { type Json, jsonPointer } from "@agentmesh/core";
import { SecretMask } from "../driver/secret-mask.ts";
import { isPublicVariable } from "./config-environment.ts";
import type { ConfigOrigin } from "./config-origin.ts";
import { describePath } from "./config-path.ts";
import type { LoadedConfig } from "./load-config.ts";
import { isSecretPath } from "./secret-settings.ts";
import { type SourcedLeaf, sourcedLeaves } from "./sourced-value.ts";

export interface ExplainedValue {
  /** As people write it: `mcpServers.files.args[1]`. */
  readonly path: string;
  /** The same as a JSON Pointer. */
  readonly pointer: string;
  /** A scalar, or an empty array or object; a secret is `[secret]`. */
  readonly value: Json;
  readonly origin: ConfigOrigin;
}

const MASKED = "[secret]";

/** In the order of the file, then what was added to it. */
export function explainConfig({ settings, secrets }: LoadedConfig): readonly ExplainedValue[] {
  const mask = new SecretMask(secrets);
  return [...sourcedLeaves(settings)].filter(isSaid).map((leaf) => ({
    path: describePath(leaf.path),
    pointer: jsonPointer(leaf.path),
    value: shownValue(leaf, mask, secrets),
    origin: leaf.origin,
  }));
}

/** That there are no roles by default, says nothing. */
function isSaid({ value, origin }: SourcedLeaf): boolean {
  return origin.kind !== "default" || typeof value !== "object";
}

function shownValue({ path, value, origin }: SourcedLeaf, mask: SecretMask, secrets: readonly string[]): Json {
  if (typeof value !== "string" || value === "") return value;
  if (isSecretPath(path) || secrets.includes(value)) return MASKED;
  const masked = mask.mask(value);
  // Too short for the mask, which looks into any text: here it is known to be one.
  return masked === value && holdsVariable(origin) ? MASKED : masked;
}

function holdsVariable(origin: ConfigOrigin): boolean {
  return origin.kind === "file" && (origin.variables ?? []).some((name) => !isPublicVariable(name));
}
