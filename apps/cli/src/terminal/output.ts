/**
 * Where a command writes: results on standard output, everything for people on standard error. With --json standard
 * output holds JSON and nothing else.
 */
import { type Line, renderLine } from "./line.ts";
import { plainText } from "./plain-text.ts";

/** C1 controls, bidirectional and other unseen characters, which JSON.stringify leaves as they are; the value stays the same. */
const UNSEEN_IN_JSON =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
}

export class Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly stdout: NodeJS.WriteStream = process.stdout;
  readonly stderr: NodeJS.WriteStream = process.stderr;

  constructor({ isJson, isQuiet, isVerbose }: OutputOptions) {
    this.isJson = isJson;
    this.isQuiet = isQuiet;
    this.isVerbose = isVerbose;
  }

  /** A result of any number of lines, ending with a line feed. */
  result(text: string): void {
    const plain = plainText(text);
    this.stdout.write(plain.endsWith("\n") ? plain : `${plain}\n`);
  }

  /** A line of a result. */
  resultLine(...line: Line): void {
    this.stdout.write(`${renderLine(line, { stream: this.stdout })}\n`);
  }

  /** The one JSON document of a command. */
  document(value: unknown): void {
    this.stdout.write(`${jsonText(value, 2)}\n`);
  }

  /** One line of newline-delimited JSON. */
  jsonLine(value: unknown): void {
    this.stdout.write(`${jsonText(value)}\n`);
  }

  /** For people, unless they asked for quiet. */
  say(...line: Line): void {
    if (!this.isQuiet) this.warn(...line);
  }

  /** For people in any case. */
  warn(...line: Line): void {
    this.stderr.write(`${renderLine(line, { stream: this.stderr })}\n`);
  }
}

export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? "null";
  return text.replace(UNSEEN_IN_JSON, escaped);
}

/** By its UTF-16 units, as JSON has it. */
function escaped(character: string): string {
  const units = character.length === 1 ? [0] : [0, 1];
  return units.map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}
