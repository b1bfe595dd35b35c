/** An exact decimal as an integer: `count` × 10^-`places`. */
export interface Scaled {
  readonly count: bigint;
  /** Not below zero. The same value may have more places than it needs. */
  readonly places: number;
}

/** Towards zero, away from it, or to the nearest with halves away from zero. */
export type Rounding = 'down' | 'up' | 'half';

/** Reads decimal text without an exponent, such as "-1.50". */
export function scaledOf(text: string): Scaled {
  const point = text.indexOf('.');
  if (point === -1) return { count: BigInt(text), places: 0 };
  return { count: BigInt(text.slice(0, point) + text.slice(point + 1)), places: text.length - point - 1 };
}

/** Canonical decimal text: no exponent, no padding, no minus zero. */
export function textOfScaled({ count, places }: Scaled): string {
  if (places === 0 || count === 0n) return String(count);
  const isNegative = count < 0n;
  const digits = String(isNegative ? -count : count).padStart(places + 1, '0');
  let end = digits.length;
  const point = digits.length - places;
  while (end > point && digits.charCodeAt(end - 1) === DIGIT_ZERO) end -= 1;
  const text =
    end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return isNegative ? `-${text}` : text;
}

export const plus = (a: Scaled, b: Scaled): Scaled =>
  a.places >= b.places
    ? { count: a.count + b.count * tenTo(a.places - b.places), places: a.places }
    : { count: a.count * tenTo(b.places - a.places) + b.count, places: b.places };

export const minus = (a: Scaled, b: Scaled): Scaled => plus(a, { count: -b.count, places: b.places });

export const times = (a: Scaled, b: Scaled): Scaled => ({
  count: a.count * b.count,
  places: a.places + b.places,
});

/** Below zero, zero or above it, as a is less than b, equal or more. */
export const signOfDifference = (a: Scaled, b: Scaled): -1 | 0 | 1 => {
  const { count } = minus(a, b);
  return count === 0n ? 0 : count < 0n ? -1 : 1;
};

/** a / b to `places`. `b` is not zero. */
export function quotient(a: Scaled, b: Scaled, places: number, rounding: Rounding): Scaled {
  const shift = places + b.places - a.places;
  const dividend = shift > 0 ? a.count * tenTo(shift) : a.count;
  const divisor = shift < 0 ? b.count * tenTo(-shift) : b.count;
  const whole = dividend / divisor;
  const rest = dividend - whole * divisor;
  const isAway =
    rest !== 0n && (rounding === 'up' || (rounding === 'half' && 2n * size(rest) >= size(divisor)));
  if (!isAway) return { count: whole, places };
  return { count: dividend < 0n === divisor < 0n ? whole + 1n : whole - 1n, places };
}

const DIGIT_ZERO = 48;
const POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

const tenTo = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent);
const size = (count: bigint): bigint => (count < 0n ? -count : count);
