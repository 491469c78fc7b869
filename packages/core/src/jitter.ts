/** Chance without randomness: a number that looks random but follows from a name, so that a replay draws it again. */

/** In [0, 1), the same for the same name (FNV-1a with a final mix). */
export function jitterOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
