/** A planted bug: replacements in the sources. What it breaks must be found by the simulator. */

export interface MutantEdit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends MutantEdit {
  /** In kebab-case. */
  readonly name: string;
  /** One sentence. */
  readonly breaks: string;
  /** Second guards against the same bug, taken away too. */
  readonly also?: readonly MutantEdit[];
}
