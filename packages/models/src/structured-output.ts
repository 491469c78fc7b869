/**
 * The second half of the ladder (DESIGN 6): whatever way an answer came about, it is read leniently, restored to the
 * form the schema means, and validated by the caller. Only the validator says that an answer is right.
 */
import type { Json, JsonSchema } from "@agentmesh/core";
import type { ModelEndReason } from "@agentmesh/ports";
import { type JsonCandidate, jsonCandidates, withoutReasoning } from "./json-candidate.ts";
import { type JsonReading, readRepairedJson, readStrictJson, REPAIR_CHARACTERS_MAX } from "./lenient-json.ts";
import { type OutputFinding, outputFinding } from "./output-finding.ts";
import { restoreOutput } from "./output-restoration.ts";

/** Characters of an answer that are looked at: more is a finding, not work. */
export const OUTPUT_CHARACTERS_MAX = 1_000_000;

/** What a caller thinks of a value: the value as its own type, or what is wrong with it. */
export type Verdict<T> =
  | { readonly isValid: true; readonly value: T }
  | { readonly isValid: false; readonly findings: readonly OutputFinding[] };

export type Validate<T> = (value: Json) => Verdict<T>;

/** `extracted`: it stood between other text. `repaired`: it was not quite JSON. */
export type OutputRepair = "extracted" | "repaired";

export type StructuredReading<T> =
  | { readonly isValid: true; readonly value: T; readonly repairs: readonly OutputRepair[] }
  | { readonly isValid: false; readonly findings: readonly OutputFinding[] };

export interface StructuredText<T> {
  readonly text: string;
  /** Must not throw. Asked once per value that the text may mean. */
  readonly validate: Validate<T>;
  /** The original schema: undoes what a projection encoded. */
  readonly schema?: JsonSchema;
  /** `length`: an answer that was cut is never completed by guessing. */
  readonly endReason?: ModelEndReason;
}

/** Never throws. */
export function readStructured<T>(input: StructuredText<T>): StructuredReading<T> {
  if (input.text.length > OUTPUT_CHARACTERS_MAX) {
    const message = `The answer has ${input.text.length} characters, and ${OUTPUT_CHARACTERS_MAX} are allowed.`;
    return { isValid: false, findings: [outputFinding("AM_MODEL_OUTPUT_TOO_LARGE", message)] };
  }
  const attempts = new Attempts(input);
  return attempts.tryWhole() ?? attempts.tryCandidates() ?? { isValid: false, findings: attempts.findings() };
}

class Attempts<T> {
  readonly #input: StructuredText<T>;
  #isCut = false;
  #repairRoom = REPAIR_CHARACTERS_MAX;
  /** Of the largest value that was refused: the one that the model most likely meant. */
  #refusal: { readonly characters: number; readonly findings: readonly OutputFinding[] } | undefined;

  constructor(input: StructuredText<T>) {
    this.#input = input;
  }

  tryWhole(): StructuredReading<T> | undefined {
    const whole = this.#input.text.trim();
    const isBare = this.#judge(readStrictJson(whole), whole.length, []);
    if (isBare !== undefined) return isBare;
    const body = withoutReasoning(whole).trim();
    return body === whole ? undefined : this.#judge(readStrictJson(body), body.length, ["extracted"]);
  }

  tryCandidates(): StructuredReading<T> | undefined {
    for (const candidate of jsonCandidates(this.#input.text)) {
      const reading = this.#tryCandidate(candidate);
      if (reading !== undefined) return reading;
    }
    return undefined;
  }

  findings(): readonly OutputFinding[] {
    if (this.#isCut) {
      return [outputFinding("AM_MODEL_OUTPUT_TRUNCATED", "The answer stops before its JSON is complete.")];
    }
    return (
      this.#refusal?.findings ?? [
        outputFinding("AM_MODEL_OUTPUT_NOT_JSON", "The answer holds no JSON value that can be read."),
      ]
    );
  }

  #tryCandidate(candidate: JsonCandidate): StructuredReading<T> | undefined {
    const isGuess = candidate.end === "cut" || (candidate.end === "open" && this.#input.endReason === "length");
    if (isGuess) {
      this.#isCut ||= this.#refusal === undefined;
      return undefined;
    }
    const outside: readonly OutputRepair[] =
      candidate.text.length === this.#input.text.trim().length ? [] : ["extracted"];
    const strict = readStrictJson(candidate.text);
    if (strict.isRead) return this.#judge(strict, candidate.text.length, outside);
    this.#repairRoom -= candidate.text.length;
    if (this.#repairRoom < 0) return undefined;
    return this.#judge(readRepairedJson(candidate.text), candidate.text.length, [...outside, "repaired"]);
  }

  #judge(reading: JsonReading, characters: number, repairs: readonly OutputRepair[]): StructuredReading<T> | undefined {
    if (!reading.isRead) return undefined;
    const { schema, validate } = this.#input;
    const verdict = validate(schema === undefined ? reading.value : restoreOutput(reading.value, schema));
    if (verdict.isValid) return { isValid: true, value: verdict.value, repairs };
    if (characters > (this.#refusal?.characters ?? -1)) this.#refusal = { characters, findings: verdict.findings };
    return undefined;
  }
}
