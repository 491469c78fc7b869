/** Suggestions for a name that is not known: the few known names at the smallest edit distance. */

const SUGGESTIONS_MAX = 3;
/** Longer names are compared by their beginning only. */
const NAME_CHARS_MAX = 64;

export function nearestNames(name: string, known: Iterable<string>): readonly string[] {
  const asked = name.toLowerCase().slice(0, NAME_CHARS_MAX);
  const limit = Math.max(2, Math.floor(asked.length / 2));
  return [...known]
    .map((candidate) => ({ candidate, distance: distanceOf(asked, candidate.toLowerCase().slice(0, NAME_CHARS_MAX)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance || (left.candidate < right.candidate ? -1 : 1))
    .slice(0, SUGGESTIONS_MAX)
    .map(({ candidate }) => candidate);
}

/** "Did you mean a, b?" or what else is known. */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = [...known];
  const nearest = nearestNames(name, names);
  if (nearest.length > 0) return `Did you mean ${nearest.map((near) => `"${near}"`).join(" or ")}?`;
  if (names.length === 0) return "None is known.";
  const more = names.length > 8 ? `, and ${names.length - 8} more` : "";
  return `Known: ${names.slice(0, 8).join(", ")}${more}.`;
}

/** Levenshtein distance; a name that contains the other counts as near. */
function distanceOf(left: string, right: string): number {
  if (left.length > 2 && right.includes(left)) return 1;
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
