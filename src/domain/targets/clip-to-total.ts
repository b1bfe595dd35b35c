import { assert } from '../assert.ts';
import { apportion } from './apportion.ts';

/** A weight and what it may become: integers of one unit, with 0 <= lower <= upper. */
export interface Clipped {
  readonly id: string;
  readonly weight: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * clip(λ·weight, lower, upper) for the λ >= 0 at which they sum to `total`, in whole units, by id.
 * The sum never falls as λ grows and is straight between the points lower/weight and upper/weight, so the piece on
 * which the total lies gives λ as a fraction of integers: (total - what is at a bound) / (weights that are not).
 * Expects that Σ lower <= total <= Σ of upper where the weight is above zero, and of lower where it is zero.
 */
export function clipToTotal(parts: readonly Clipped[], total: number): ReadonlyMap<string, number> {
  const breakpoints = parts.flatMap(({ weight, lower, upper }): readonly Fraction[] =>
    weight === 0 ? [] : [fraction(lower, weight), fraction(upper, weight)],
  );
  // Below the first point everything is at its floor, so zero stands for that piece.
  const points = [fraction(0, 1), ...breakpoints].sort(compareFractions);
  const start = points.findLast((point) => !isSumAbove(parts, point, total));
  assert(start !== undefined, 'the floors sum to no more than the total');
  const isFree = ({ weight, lower, upper }: Clipped): boolean =>
    weight > 0 &&
    compareFractions(fraction(lower, weight), start) <= 0 &&
    compareFractions(start, fraction(upper, weight)) < 0;
  const atBound = parts
    .filter((part) => !isFree(part))
    .map((part) => [part.id, boundAt(part, start)] as const);
  const rest = total - atBound.reduce((sum, [, units]) => sum + units, 0);
  const free = parts.filter(isFree).map(({ id, weight }) => ({ id, part: BigInt(weight) }));
  assert(rest === 0 || free.length > 0, 'what is at no bound takes what is left');
  const shares = [...apportion(free, BigInt(rest))].map(([id, units]) => [id, Number(units)] as const);
  return new Map([...atBound, ...shares]);
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const fraction = (numerator: number, denominator: number): Fraction => ({
  numerator: BigInt(numerator),
  denominator: BigInt(denominator),
});

function compareFractions(a: Fraction, b: Fraction): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function isSumAbove(parts: readonly Clipped[], { numerator, denominator }: Fraction, total: number): boolean {
  let scaled = 0n;
  for (const { weight, lower, upper } of parts) {
    const value = BigInt(weight) * numerator;
    const least = BigInt(lower) * denominator;
    const most = BigInt(upper) * denominator;
    scaled += value < least ? least : value > most ? most : value;
  }
  return scaled > BigInt(total) * denominator;
}

/** Where a part that is not free stands at the beginning of a piece. */
const boundAt = ({ weight, lower, upper }: Clipped, at: Fraction): number =>
  weight > 0 && compareFractions(at, fraction(upper, weight)) >= 0 ? upper : lower;
