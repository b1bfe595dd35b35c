import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import { findImplausibleLoss } from '../../../src/domain/reconciliation/plausibility.ts';
import { type Amounts, bookOf, fillOf, priceOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';

const lossOf = (
  before: Amounts,
  now: Amounts,
  book: Amounts = before,
  fills = [] as ReturnType<typeof fillOf>[],
) =>
  findImplausibleLoss({
    snapshot: snapshotOf(now, { fills }).value,
    before: snapshotOf(before).value,
    book: bookOf(book),
    priceOf,
  });

const ALL = { BTC: '0.1', ETH: '1', SOL: '10', USD: '9000', XYZ: '5' };

describe('the plausibility of a read', () => {
  test.each<[string, Amounts, Amounts, string | null]>([
    ['nothing is gone', ALL, ALL, null],
    ['everything is gone', ALL, {}, '5 assets are gone at once: BTC, ETH, SOL, USD, XYZ'],
    [
      'everything stands at zero',
      ALL,
      { BTC: '0', ETH: '0', SOL: '0', USD: '0', XYZ: '0' },
      '5 assets are gone',
    ],
    ['three small assets are gone', { ...ALL, USD: '900000' }, { USD: '900000', BTC: '0.1' }, null],
    ['four small assets are gone', { ...ALL, USD: '900000' }, { USD: '900000' }, '4 assets are gone at once'],
    ['a fifth of the value is left out', { USD: '100' }, { USD: '80' }, null],
    [
      'a little more than a fifth is left out',
      { USD: '100' },
      { USD: '79.99' },
      '20.01 of 100 USD are gone at once',
    ],
    ['there is more of everything', { USD: '100' }, { USD: '500', BTC: '1' }, null],
  ])('says so where %s', (_, before, now, expected) => {
    const found = lossOf(before, now)?.detail ?? null;
    if (expected === null) expect(found).toBeNull();
    else expect(found).toContain(expected);
  });

  it('believes a loss that a fill tells of', () => {
    expect(lossOf({ BTC: '1', USDC: '10' }, { BTC: '0', USDC: '60000' })).not.toBeNull();
    const fills = [fillOf({ side: 'sell', quantity: amount('1'), quoteAmount: amount('60000') })];
    expect(lossOf({ BTC: '1', USDC: '10' }, { BTC: '0', USDC: '60000' }, { BTC: '1' }, fills)).toBeNull();
  });

  const amounts = fc.dictionary(
    fc.constantFrom('BTC', 'ETH', 'SOL', 'USDC', 'USD', 'XYZ'),
    fc.integer({ min: 0, max: 9_999 }).map(String),
  );

  it('what the book no longer believes in either is not missed', () =>
    fc.assert(fc.property(amounts, amounts, (before, now) => expect(lossOf(before, now, now)).toBeNull())));

  it('a read that shows at least what the last certified one did is plausible', () =>
    fc.assert(
      fc.property(amounts, amounts, (before, more) => {
        const now = Object.fromEntries(
          [...new Set([...Object.keys(before), ...Object.keys(more)])].map((asset) => [
            asset,
            String(Number(before[asset] ?? 0) + Number(more[asset] ?? 0)),
          ]),
        );
        expect(lossOf(before, now)).toBeNull();
      }),
    ));

  it('a larger loss is never more plausible than a smaller one', () =>
    fc.assert(
      fc.property(
        amounts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (before, a, b) => {
          const left = (share: number) =>
            Object.fromEntries(
              Object.entries(before).map(([asset, n]) => [asset, String(Math.floor(Number(n) * share))]),
            );
          const [more, less] = [Math.max(a, b), Math.min(a, b)];
          if (lossOf(before, left(more)) !== null) expect(lossOf(before, left(less))).not.toBeNull();
        },
      ),
    ));
});
