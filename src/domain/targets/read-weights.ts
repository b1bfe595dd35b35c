import {
  type Amount,
  absolute,
  add,
  amount,
  isAmountText,
  isMore,
  isNegative,
  isZero,
  ONE,
  round,
  subtract,
  sum,
  toAtoms,
  ZERO,
} from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { apportion } from './apportion.ts';

/**
 * What weights must sum to.
 * `exact`: 1, in whole millionths. `normalize`: anything above zero, scaled to 1. `legacyCompat`: within 0.001 of 1,
 * as earlier portfolios were checked, then scaled to 1; numbers of JSON are read as the decimal text that they print.
 */
export type SumRule = 'exact' | 'normalize' | 'legacyCompat';

/** |sum - 1| that earlier portfolios allowed; REBALANCING.md A.2. */
export const LEGACY_TOLERANCE = amount('0.001');

export type ReadWeights =
  | { readonly state: 'read'; readonly ppm: ReadonlyMap<string, number> }
  | { readonly state: 'refused'; readonly problem: InputProblem };

export interface NamedWeight {
  /** What it is a weight of. Weights of one name are added. */
  readonly name: string;
  /** Where it was written. */
  readonly path: string;
  /** Decimal text such as "0.25", or what was found instead. */
  readonly found: unknown;
}

const DECIMALS = 6;
const PPM_TOTAL = 1_000_000n;
/** As fine as the longest amount. */
const ATOM_DECIMALS = 60;

/**
 * Reads weights as parts per million that sum to exactly 1 000 000 under a rule; `path` is where they stand together.
 * Refuses what is no decimal text, is negative, or breaks the rule. Never throws, and scales nothing under `exact`.
 */
export function readWeights(weights: readonly NamedWeight[], path: string, rule: SumRule): ReadWeights {
  const read = new Map<string, Amount>();
  for (const { name, path: place, found } of weights) {
    const weight = readWeight(place, found, rule);
    if (typeof weight !== 'string') return { state: 'refused', problem: weight };
    read.set(name, add(read.get(name) ?? ZERO, weight));
  }
  const problem = findSumProblem(sum(read.values()), path, rule);
  if (problem !== null) return { state: 'refused', problem };
  const parts = [...read].map(([id, weight]) => ({ id, part: toAtoms(weight, ATOM_DECIMALS) }));
  const shares = apportion(parts, PPM_TOTAL);
  return { state: 'read', ppm: new Map([...shares].map(([name, ppm]) => [name, Number(ppm)])) };
}

/** One weight, or why it is none. */
export function readWeight(path: string, found: unknown, rule: SumRule): Amount | InputProblem {
  const text = rule === 'legacyCompat' && typeof found === 'number' ? String(found) : found;
  if (!isAmountText(text)) return inputProblem(path, 'a weight in decimal text such as "0.25"', found);
  const weight = amount(text);
  if (isNegative(weight)) return inputProblem(path, 'a weight that is not negative', found);
  const isFiner = round(weight, DECIMALS, 'down') !== weight;
  return rule === 'exact' && isFiner ? inputProblem(path, 'a weight in whole millionths', found) : weight;
}

function findSumProblem(total: Amount, path: string, rule: SumRule): InputProblem | null {
  switch (rule) {
    case 'exact':
      return total === ONE ? null : inputProblem(path, 'weights that sum to 1, cash included', total);
    case 'normalize':
      return isZero(total) ? inputProblem(path, 'weights that sum to more than 0', total) : null;
    case 'legacyCompat':
      return isMore(absolute(subtract(total, ONE)), LEGACY_TOLERANCE)
        ? inputProblem(path, `weights that sum to 1 within ${LEGACY_TOLERANCE}`, total)
        : null;
  }
}
