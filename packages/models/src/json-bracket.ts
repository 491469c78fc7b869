/** The brackets of a JSON text, without parsing it: those inside strings do not count. */

export interface BracketWalk {
  /** One past the bracket at which the walk was stopped; the length of the text when it was not. */
  readonly stop: number;
  readonly isStopped: boolean;
  readonly isInString: boolean;
}

/** Calls `visit` with the depth after each bracket, 1 inside the first; stops when it returns true. Linear. */
export function walkBrackets(text: string, start: number, visit: (depth: number) => boolean): BracketWalk {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\" && isInString) index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString && isBracket(character)) {
      depth += character === "{" || character === "[" ? 1 : -1;
      if (visit(depth)) return { stop: index + 1, isStopped: true, isInString };
    }
  }
  return { stop: text.length, isStopped: false, isInString };
}

function isBracket(character: string | undefined): boolean {
  return character === "{" || character === "[" || character === "}" || character === "]";
}
