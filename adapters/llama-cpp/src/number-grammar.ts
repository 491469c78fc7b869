/** Numbers of JSON within bounds, digit by digit. Never an exponent: `1e999` is JSON, and no number. */
import { literal, oneOf } from "./grammar-rules.ts";

/** Digits of an integer: every integer of so many is exact in a double. */
const DIGITS_MAX = 15;
/** Integers from here on count as unbounded; grammars end below. */
export const INTEGER_MAGNITUDE_MAX = 10 ** DIGITS_MAX - 1;
/** Digits after the point. With integers below NUMBER_BOUND_MAX a number never rounds over its bound. */
const FRACTION_DIGITS_MAX = 6;
/** Bounds of numbers with a fraction are held below this. */
export const NUMBER_BOUND_MAX = 10 ** (DIGITS_MAX - FRACTION_DIGITS_MAX) - 1;

const FRACTION = `"." [0-9]{1,${FRACTION_DIGITS_MAX}}`;
/** A fraction that is not zero. */
const FRACTION_ABOVE_ZERO = `"." [0-9]{0,${FRACTION_DIGITS_MAX - 1}} [1-9]`;

/** Absent: no bound. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  /** The bound itself is not allowed. */
  readonly isMinExclusive?: boolean;
  readonly isMaxExclusive?: boolean;
}

/** An expression for the integers from `min` to `max`, both included; undefined when there are none. */
export function integerGrammar(min: number | undefined, max: number | undefined): string | undefined {
  const expressions: string[] = [];
  const isBelowZero = min === undefined || min < 0;
  if (max === undefined || max >= 0) expressions.push(...magnitudes(Math.max(0, min ?? 0), max));
  if (isBelowZero) {
    const largest = min === undefined ? undefined : -min;
    const negative = magnitudes(Math.max(1, -(max ?? -1)), largest);
    if (negative.length > 0) expressions.push(`"-" ( ${oneOf(negative)} )`);
  }
  return expressions.length === 0 ? undefined : oneOf(expressions);
}

/** An expression for the numbers within whole-numbered bounds; undefined when there are none. */
export function numberGrammar(bounds: NumberBounds): string | undefined {
  const negative = decimals(mirrored(bounds));
  const expressions = [...decimals(bounds), ...(negative.length === 0 ? [] : [`"-" ( ${oneOf(negative)} )`])];
  return expressions.length === 0 ? undefined : oneOf(expressions);
}

function mirrored({ min, max, isMinExclusive = false, isMaxExclusive = false }: NumberBounds): NumberBounds {
  return {
    ...(max === undefined ? {} : { min: 0 - max, isMinExclusive: isMaxExclusive }),
    ...(min === undefined ? {} : { max: 0 - min, isMaxExclusive: isMinExclusive }),
  };
}

/** Those without a sign: the numbers at the bounds, and those between. */
function decimals(bounds: NumberBounds): string[] {
  const { min = -1, max: high } = bounds;
  const low = Math.max(0, min);
  const isLowExclusive = bounds.isMinExclusive === true && min === low;
  const isHighExclusive = bounds.isMaxExclusive === true;
  if (high !== undefined && low > high) return [];
  if (low === high) return isLowExclusive || isHighExclusive ? [] : [literal(String(low))];
  const atLow = `${literal(String(low))} ${isLowExclusive ? FRACTION_ABOVE_ZERO : `( ${FRACTION} )?`}`;
  if (high === undefined) return [atLow, ...between(low, undefined)];
  return [atLow, ...between(low, high), ...(isHighExclusive ? [] : [literal(String(high))])];
}

/** Numbers whose whole part lies between the two, without them. */
function between(low: number, high: number | undefined): string[] {
  const whole = magnitudes(low + 1, high === undefined ? undefined : high - 1);
  return whole.length === 0 ? [] : [`( ${oneOf(whole)} ) ( ${FRACTION} )?`];
}

/** Whole numbers from `low` (0 or more) to `high`, one expression per count of digits. */
function magnitudes(low: number, high: number | undefined): string[] {
  const largest = Math.min(high ?? INTEGER_MAGNITUDE_MAX, INTEGER_MAGNITUDE_MAX);
  if (low > largest) return [];
  const expressions: string[] = [];
  let smallest = low;
  while (smallest <= largest) {
    const digits = String(smallest).length;
    if (high === undefined && smallest === 10 ** (digits - 1)) {
      expressions.push(`[1-9] [0-9]{${digits - 1},${DIGITS_MAX - 1}}`);
      return expressions;
    }
    const last = Math.min(largest, 10 ** digits - 1);
    expressions.push(sameLength(String(smallest), String(last)));
    smallest = last + 1;
  }
  return expressions;
}

/** Digit strings between two of the same length. */
function sameLength(low: string, high: string): string {
  if (low === high) return literal(low);
  const rest = low.length - 1;
  const [first = "0", last = "9"] = [low[0], high[0]];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (rest === 0) return `[${first}-${last}]`;
  if (first === last) return `${literal(first)} ${sequence(lowRest, highRest)}`;
  const zeros = "0".repeat(rest);
  const nines = "9".repeat(rest);
  const isLowWhole = lowRest === zeros;
  const isHighWhole = highRest === nines;
  const middleFirst = Number(first) + (isLowWhole ? 0 : 1);
  const middleLast = Number(last) - (isHighWhole ? 0 : 1);
  const expressions: string[] = [];
  if (!isLowWhole) expressions.push(`${literal(first)} ${sequence(lowRest, nines)}`);
  if (middleFirst <= middleLast) expressions.push(`[${middleFirst}-${middleLast}] [0-9]{${rest}}`);
  if (!isHighWhole) expressions.push(`${literal(last)} ${sequence(zeros, highRest)}`);
  return expressions.join(" | ");
}

function sequence(low: string, high: string): string {
  return `( ${sameLength(low, high)} )`;
}
