/** Names of runs: short, safe in paths and URLs, in the order of their creation. */
import { hash, randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_CHARS = 8;
/** As long as any other id, but for the order of creation. */
const DERIVED_CHARS = 17;

/** `r_` + the time in base 32 (9 characters) + 40 bits of chance. */
export function newRunId(nowMs: number): string {
  const chance = [...randomBytes(RANDOM_CHARS)].map((byte) => ALPHABET[byte % 32]).join("");
  return `r_${base32(nowMs)}${chance}`;
}

/** The id of the run that a key names: the same for the same tenant and key. 85 bits of a digest. */
export function derivedRunId(tenant: string, key: string): string {
  const digest = hash("sha256", `${tenant}\n${key}`, "buffer");
  const chars = [...digest.subarray(0, DERIVED_CHARS)].map((byte) => ALPHABET[byte % 32]).join("");
  return `r_${chars}`;
}

function base32(value: number): string {
  let rest = value;
  let text = "";
  for (let digit = 0; digit < 9; digit++) {
    text = `${ALPHABET[rest % 32] ?? ""}${text}`;
    rest = Math.floor(rest / 32);
  }
  return text;
}
