/** A source with one replacement in it. Throws when the text to replace does not stand in it exactly once. */
import type { MutantEdit } from "./mutant.ts";

export function mutatedSource({ file, find, replace }: MutantEdit, source: string): string {
  const places = source.split(find).length - 1;
  if (places !== 1) throw new RangeError(`The text to mutate stands ${places} times in ${file}, not once: ${find}`);
  return source.replace(find, () => replace);
}
