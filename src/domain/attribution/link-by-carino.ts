// What parts contributed to the return of several periods, from what they contributed to each.
//
// Invariants, each held by a property test of the same words:
// 1. Linked parts sum to the linked return within 1e-12 of it, or of one where it is smaller.
// 2. The linked return is the compounded return of the periods.
// 3. Linking one period changes nothing.

import { neumaierSum } from './neumaier-sum.ts';

export type LinkedContributions =
  | {
      readonly state: 'linked';
      /** Π(1 + R_t) − 1: a signed fraction. */
      readonly return: number;
      /** One for each part, as signed fractions of the value at the beginning; they sum to the return. */
      readonly contributions: readonly number[];
    }
  | {
      readonly state: 'refused';
      /** Index of the period that cannot be linked. */
      readonly period: number;
      readonly reason: string;
    };

/** Below this a series of five terms says ln(1+x)/x to the last digit. */
const SERIES_BELOW = 1e-3;

/**
 * Links contributions over periods as Cariño does ("Combining Attribution Effects Over Time", Journal of Performance
 * Measurement 3(4), 1999, without a benchmark): C_i = Σ_t (k_t / k)·c_{i,t} with k_t = ln(1 + R_t) / R_t, which tends to
 * one where R_t is nothing, and k the same of the whole. `periods[t][i]` is what part i contributed to period t, a signed
 * fraction, and R_t their sum. Refused where a period has lost everything or more, which has no logarithm, and where a
 * contribution is not a finite number; nothing at all is a return of zero.
 */
export function linkByCarino(periods: readonly (readonly number[])[]): LinkedContributions {
  const coefficients: number[] = [];
  const logarithms: number[] = [];
  for (const [period, contributions] of periods.entries()) {
    const periodReturn = neumaierSum(contributions);
    if (!Number.isFinite(periodReturn))
      return { state: 'refused', period, reason: 'a contribution is not a finite number' };
    if (periodReturn <= -1)
      return {
        state: 'refused',
        period,
        reason: `a return of ${periodReturn} is a loss of everything or more: it has no logarithm to link by`,
      };
    coefficients.push(carinoCoefficient(periodReturn));
    logarithms.push(Math.log1p(periodReturn));
  }
  const logarithm = neumaierSum(logarithms);
  const ofAll = inverseCoefficient(logarithm);
  const parts = Math.max(0, ...periods.map(({ length }) => length));
  return {
    state: 'linked',
    return: Math.expm1(logarithm),
    contributions: Array.from(
      { length: parts },
      (_, part) =>
        ofAll * neumaierSum(periods.map((period, t) => (coefficients[t] ?? 0) * (period[part] ?? 0))),
    ),
  };
}

/** k = ln(1 + R) / R of a return above −1: Cariño's coefficient, one where the return is nothing. */
export function carinoCoefficient(periodReturn: number): number {
  const x = periodReturn;
  if (Math.abs(x) >= SERIES_BELOW) return Math.log1p(x) / x;
  return 1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x * (1 / 5 - x / 6))));
}

/** 1 / k of a whole by its logarithm L: (e^L − 1) / L. */
const inverseCoefficient = (logarithm: number): number =>
  logarithm === 0 ? 1 : Math.expm1(logarithm) / logarithm;
