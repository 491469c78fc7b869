/** One place where the sources break a rule of the house. */
export interface Breach {
  /** Short name of the rule, as the tests call it. */
  readonly rule: string;
  /** Path from the root of the repository. */
  readonly file: string;
  readonly detail: string;
}

export function describeBreach({ file, rule, detail }: Breach): string {
  return `${file}: ${detail} [${rule}]`;
}
