/** The hashes that a stored event refers to: every payload whose value does not stand alone begins with one. */

/** Inside of a JSON string the quotes would be escaped, so no value can look like a reference. */
const REFERENCE = /\["([^"\\]+)",\d/g;

/** Also hashes of values that stand in the event themselves. Never misses one. */
export function* referencedHashes(body: string): Generator<string> {
  for (const [, hash] of body.matchAll(REFERENCE)) if (hash !== undefined) yield hash;
}
