/** What a YAML parser complains about, in words for people who write YAML twice a year. */
import type { ErrorCode } from "yaml";

export interface YamlComplaint {
  readonly message: string;
  readonly hint?: string;
}

/** Those that people meet; the parser's own words serve for the rest. */
const COMPLAINTS: Readonly<Partial<Record<ErrorCode, YamlComplaint>>> = {
  BAD_SCALAR_START: {
    message: "A text may not begin with this sign.",
    hint: 'Put the text in quotes: "@scope/name"',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "A second key stands on this line.",
    hint: "Begin it on a line of its own; or put a text that holds a colon in quotes.",
  },
  DUPLICATE_KEY: { message: "This key is here twice.", hint: "Join the two, or remove one of them." },
  MULTIPLE_DOCS: { message: "A second document begins in this file.", hint: "Keep one; remove the line ---" },
  RESOURCE_EXHAUSTION: { message: "It nests too deep." },
  TAB_AS_INDENT: { message: "A tab stands where the line is indented.", hint: "Indent with spaces." },
  TAG_RESOLVE_FAILED: { message: "Tags are not taken here.", hint: "Remove what begins with the exclamation mark." },
};

export function complaintOf({ code, message }: { readonly code: ErrorCode; readonly message: string }): YamlComplaint {
  return COMPLAINTS[code] ?? { message: /[.?!]$/.test(message) ? message : `${message}.` };
}
