import fc from 'fast-check';
import { type Amount, amount, fromAtoms, negate } from '../../../src/domain/money/amount.ts';
import type { StrategyAmounts } from '../../../src/domain/strategies/split-amount.ts';

/** Of either sign, with up to eight decimals. */
export const anyAmount = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 8 }), fc.boolean())
  .map(([atoms, decimals, isNegative]): Amount => {
    const value = fromAtoms(atoms, decimals);
    return isNegative ? negate(value) : value;
  });

export const amountsOf = (amounts: Readonly<Record<string, string>>): StrategyAmounts =>
  new Map(Object.entries(amounts).map(([id, text]) => [id, amount(text)]));

/** What up to five strategies want. */
export const anyDeltas = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 })
  .chain((ids) =>
    fc
      .array(anyAmount, { minLength: ids.length, maxLength: ids.length })
      .map((values): StrategyAmounts => new Map(ids.map((id, index) => [id, values[index]!]))),
  );
