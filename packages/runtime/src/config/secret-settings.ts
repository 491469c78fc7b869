/** Which values of a configuration are secrets although they stand there in plain: keys, tokens, and their like. */
import type { ConfigPath } from "./config-path.ts";
import { isSecretName } from "./secret-text.ts";
import { findSourced, sourcedLeaves, type SourcedValue } from "./sourced-value.ts";

/** PEM text where the path of a file could stand. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Whether what stands at the path is a secret by the name of its key. */
export function isSecretPath(path: ConfigPath): boolean {
  const key = path.at(-1);
  return typeof key === "string" && isSecretName(key);
}

/** Every secret that the configuration spells out, by its own: `Bearer x` gives `Bearer x` and `x`. */
export function secretSettings(tree: SourcedValue): readonly string[] {
  return [...sourcedLeaves(tree)].flatMap(({ path, value }) => {
    if (typeof value !== "string" || value === "") return [];
    if (isSecretPath(path)) return withoutScheme(value);
    if (PRIVATE_KEY.test(value)) return [value];
    return [...argumentSecrets(tree, path, value), ...urlSecrets(value)];
  });
}

function withoutScheme(value: string): readonly string[] {
  const bare = /^(?:Bearer|Basic|Token)\s+(\S+)$/i.exec(value)?.[1];
  return bare === undefined ? [value] : [value, bare];
}

/** `--api-key=x`, and `x` after `--api-key`. */
function argumentSecrets(tree: SourcedValue, path: ConfigPath, value: string): readonly string[] {
  const index = path.at(-1);
  if (typeof index !== "number") return [];
  const assigned = /^-*(?<name>[\w-]+)=(?<secret>.+)$/s.exec(value)?.groups;
  if (assigned !== undefined && isSecretName(assigned["name"] ?? "")) return [assigned["secret"] ?? ""];
  const before = findSourced(tree, [...path.slice(0, -1), index - 1])?.value;
  const isAfterFlag = typeof before === "string" && /^--?[\w-]+$/.test(before) && isSecretName(before);
  return isAfterFlag && !value.startsWith("-") ? [value] : [];
}

/** The password of a URL, and what stands in its query under a telling name. */
function urlSecrets(value: string): readonly string[] {
  if (!value.includes("://") || !URL.canParse(value)) return [];
  const { password, searchParams } = new URL(value);
  const named = [...searchParams].filter(([name]) => isSecretName(name) || name === "key").map(([, secret]) => secret);
  return [password, decodeURIComponent(password), ...named].filter((secret) => secret !== "");
}
