/** Puts the tables of a report into a document that people wrote, and the plot beside it. */
import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- bench: begin -->\n";
const END = "<!-- bench: end -->";

/** `document`: a Markdown file with both marks; the plot gets its name with `.svg`. Throws RangeError without the marks. */
export function insertReport(
  document: string,
  { tables, plot }: { readonly tables: string; readonly plot: string },
): void {
  const text = readFileSync(document, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new RangeError(`${document} has no place between "${BEGIN.trim()}" and "${END}"`);
  writeFileSync(document, `${text.slice(0, begin + BEGIN.length)}\n${tables}\n${text.slice(end)}`);
  writeFileSync(document.replace(/\.md$/, ".svg"), plot);
}
