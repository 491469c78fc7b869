/** Puts figures into a document that people wrote, between marks: `<!-- bench:memory: begin -->`, `<!-- bench:memory: end -->`. */
import { readFileSync, writeFileSync } from "node:fs";

/** `command`: whose marks they are. Replaces what stands between them. Throws RangeError without the marks. */
export function insertReport(document: string, command: string, report: string): void {
  const text = readFileSync(document, "utf8");
  const begin = `<!-- ${command}: begin -->\n`;
  const from = text.indexOf(begin);
  const to = text.indexOf(`<!-- ${command}: end -->`);
  if (from < 0 || to < from) throw new RangeError(`${document} has no marks of ${command}`);
  writeFileSync(document, `${text.slice(0, from + begin.length)}\n${report.trim()}\n\n${text.slice(to)}`);
}
