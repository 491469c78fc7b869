/**
 * The text that a completion model continues with one sentence about one result: examples, then the call and its result. The
 * task's words are not shown: a small model would tell the task instead of the result.
 */
import { cutText } from "./result-text.ts";

export interface SentenceSubject {
  /** As `get_weather("Oslo")`. */
  readonly call: string;
  /** Lines of text. */
  readonly result: string;
}

/** Invented tools and results only: a model copies what it sees. */
const EXAMPLES: readonly (SentenceSubject & { readonly sentence: string })[] = [
  {
    call: 'get_weather("Oslo")',
    result: "temperature: 4\nsky: rain",
    sentence: "In Oslo it is 4 degrees with rain.",
  },
  {
    call: 'get_weather("Rome")',
    result: "temperature: 19\nsky: sunny",
    sentence: "In Rome it is 19 degrees and sunny.",
  },
  {
    call: 'find_contact("Maria Lopez")',
    result: "name: Maria Lopez\nkind: customer\nnotes: lives in Lima; likes early calls",
    sentence: "Maria Lopez is a customer, lives in Lima and likes early calls.",
  },
  {
    call: 'set_light("kitchen", 40)',
    result: "Level changed to 40",
    sentence: "The light in the kitchen is set to 40.",
  },
  {
    call: 'get_price("chairs")',
    result: "Chairs cost 35 dollars each.",
    sentence: "Chairs cost 35 dollars each.",
  },
  {
    call: 'send_message("Ivan")',
    result: "Message sent to Ivan.",
    sentence: "The message was sent to Ivan.",
  },
  {
    call: 'save_report("q3.pdf")',
    result: "Saved 12 pages as q3.pdf",
    sentence: "The report was saved as q3.pdf and has 12 pages.",
  },
  {
    call: 'fetch_page("https://example.com/tea")',
    result: "Tea guide\nGreen tea is brewed at 75 degrees.\nIt takes 2 minutes.",
    sentence: "Green tea is brewed at 75 degrees and takes 2 minutes.",
  },
  {
    call: 'get_calendar("Omar")',
    result: "Calendar of Omar\nMonday: dentist at 10:00\nTuesday: free",
    sentence: "Omar has a dentist appointment on Monday at 10:00 and is free on Tuesday.",
  },
  {
    call: "multiply(6, 7)",
    result: "42",
    sentence: "6 times 7 is 42.",
  },
];
const CALL_CHARACTERS_MAX = 200;
/** Characters of a sentence, and the least that says something. */
const SENTENCE_CHARACTERS_MAX = 160;
const SENTENCE_CHARACTERS_MIN = 8;
/** A letter that is no small one, or a digit. */
const FIRST = String.raw`[^\x00-\x2fa-z:-@[-\x60{-\xbf]`;
/** A full stop inside a sentence stands before a small letter or a digit: "total.txt", "4.5". */
const NEXT = String.raw`( [^\x00-\x1f\x7f.!?[\]] | "." [a-z0-9] )`;

/** One sentence on one line, without brackets: citations are put behind it by code. */
export const SENTENCE_GRAMMAR = `root ::= " " ${FIRST} ${NEXT}{${SENTENCE_CHARACTERS_MIN},${SENTENCE_CHARACTERS_MAX}} "." "\\n"`;

export function sentencePrompt(subject: SentenceSubject): string {
  const examples = EXAMPLES.map((example) => `${opening(example)} ${example.sentence}`);
  return [...examples, opening(subject)].join("\n\n");
}

function opening({ call, result }: SentenceSubject): string {
  const lines = cutText(result)
    .split("\n")
    .map((line) => `  ${line}`);
  return `Call: ${cutText(call, CALL_CHARACTERS_MAX)}\nResult:\n${lines.join("\n")}\nIn one sentence:`;
}
