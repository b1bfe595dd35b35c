import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  absolute,
  add,
  amount,
  isLess,
  multiply,
  ONE,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import {
  freeForBuys,
  type PerpetualAccount,
  type PerpetualReserve,
  perpetualReserveOf,
  worstMark,
} from '../../../src/domain/rebalancing/perpetual-reserve.ts';
import type { PerpetualTerms } from '../../../src/domain/venue/perpetual-terms.ts';

const a = amount;

const terms = (initial: string, rateMax: string): PerpetualTerms => ({
  state: 'known',
  initialMarginRate: a(initial),
  maintenanceMarginRate: a('0'),
  funding: { intervalMs: 3_600_000, rateMax: a(rateMax) },
});

const BTC = 'perpetual:BTC-USD';
const ETH = 'perpetual:ETH-USD';
const PERPETUALS = [
  { asset: BTC, price: a('100'), terms: terms('0.1', '0.02') },
  { asset: ETH, price: a('10'), terms: terms('0.2', '0.03') },
];

const account = (change: Partial<PerpetualAccount>): PerpetualAccount => ({
  cash: a('1000'),
  sizes: {},
  perpetuals: PERPETUALS,
  fundingOwed: ZERO,
  ...change,
});

const known = (change: Partial<PerpetualAccount>) => {
  const reserve = perpetualReserveOf(account(change));
  if (reserve.state === 'unknown') throw new Error(reserve.reason);
  return reserve;
};

describe('what is reserved for open perpetuals', () => {
  it.each<[string, Partial<PerpetualAccount>, Omit<Extract<PerpetualReserve, { state: 'known' }>, 'state'>]>([
    ['nothing without positions', {}, { funding: a('0'), margin: a('0'), freeCollateral: a('1000') }],
    [
      'of a long: 1 · 110 · 2 %, and at 90 a margin of 9',
      { sizes: { [BTC]: a('1') } },
      { funding: a('2.2'), margin: a('9'), freeCollateral: a('1081') },
    ],
    [
      'of a short: 1 · 110 · 2 %, and at 110 a margin of 11',
      { sizes: { [BTC]: a('-1') } },
      { funding: a('2.2'), margin: a('11'), freeCollateral: a('879') },
    ],
    [
      'of both, each by its own terms, and what is owed already',
      { sizes: { [BTC]: a('1'), [ETH]: a('-10') }, fundingOwed: a('0.5') },
      { funding: a('6.3'), margin: a('33'), freeCollateral: a('937') },
    ],
    [
      'nothing for what is no perpetual, nor for what is closed',
      { sizes: { SOL: a('7'), [BTC]: ZERO } },
      { funding: a('0'), margin: a('0'), freeCollateral: a('1000') },
    ],
  ])('is %s', (_name, change, expected) => {
    expect(perpetualReserveOf(account(change))).toEqual({ state: 'known', ...expected });
  });

  it.each<[string, Partial<PerpetualAccount>, string]>([
    [
      'No terms.',
      {
        sizes: { [BTC]: a('2') },
        perpetuals: [
          { asset: BTC, price: a('1'), terms: { state: 'unknown', detail: 'no margin is given' } },
        ],
      },
      `2 of ${BTC} is open, and what ${BTC} asks is not known: no margin is given`,
    ],
    [
      'No price.',
      { sizes: { [BTC]: a('2') }, perpetuals: [{ asset: BTC, price: null, terms: terms('0.1', '0.01') }] },
      `2 of ${BTC} is open, and ${BTC} has no price`,
    ],
    [
      'No market.',
      { sizes: { 'perpetual:SOL-USD': a('-1') } },
      '-1 of perpetual:SOL-USD is open, and what perpetual:SOL-USD asks is not known: its market is not read',
    ],
  ])(
    '3. What a venue does not tell is unknown, and never reserved for as if it were zero. %s',
    (_name, change, reason) => {
      expect(perpetualReserveOf(account(change))).toEqual({ state: 'unknown', reason });
    },
  );

  it('leaves for buys the lesser of cash and free collateral, less the worst funding and the floor', () => {
    const long = known({ sizes: { [BTC]: a('1') } });
    expect(freeForBuys(long, { cash: a('1000'), floor: a('50') })).toBe('947.8');
    const short = known({ sizes: { [BTC]: a('-1') } });
    expect(freeForBuys(short, { cash: a('1000'), floor: a('50') })).toBe('826.8');
  });
});

const size = fc.integer({ min: -500, max: 500 }).map((hundredths) => a((hundredths / 100).toFixed(2)));
const share = fc.integer({ min: -1_000, max: 1_000 });
const thousandths = (value: number): Amount => a((value / 1_000).toFixed(3));

describe('the reserve of perpetuals', () => {
  it("1. After any move of the marks within the initial margin, and any funding up to the venue's own limit, what is left of cash and of free collateral is not below the floor.", () => {
    fc.assert(
      fc.property(
        fc.tuple(size, size),
        fc.tuple(share, share),
        fc.tuple(share, share),
        fc.integer({ min: 0, max: 3_000 }),
        ([btc, eth], moves, rates, spentShare) => {
          const sizes: Readonly<Record<string, Amount>> = { [BTC]: btc, [ETH]: eth };
          const cash = a('1000');
          const floor = a('50');
          const free = freeForBuys(known({ cash, sizes }), { cash, floor });
          // Whoever spends all that is free, or less.
          if (isLess(free, ZERO)) return;
          const spent = multiply(free, thousandths(Math.min(spentShare, 1_000)));
          const positions = PERPETUALS.map(({ asset, price, terms: t }, index) => {
            if (t.state === 'unknown') throw new Error('expected known terms');
            const move = multiply(t.initialMarginRate, thousandths(moves[index as 0 | 1]));
            const mark = multiply(price, add(ONE, move));
            const held = sizes[asset] ?? ZERO;
            const rate = multiply(t.funding.rateMax, thousandths(rates[index as 0 | 1]));
            const value = multiply(held, mark);
            return {
              paid: multiply(value, rate),
              worth: subtract(value, multiply(absolute(value), t.initialMarginRate)),
            };
          });
          const left = subtract(subtract(cash, spent), sum(positions.map(({ paid }) => paid)));
          expect(isLess(left, floor)).toBe(false);
          expect(isLess(add(left, sum(positions.map(({ worth }) => worth))), floor)).toBe(false);
        },
      ),
      { numRuns: 2_000, seed: 3 },
    );
  });

  it('2. A larger position frees nothing.', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 0, max: 100 }), (btc, eth, more) => {
        const grown = multiply(btc, add(ONE, thousandths(more * 10)));
        const before = known({ sizes: { [BTC]: btc, [ETH]: eth } });
        const after = known({ sizes: { [BTC]: grown, [ETH]: eth } });
        expect(isLess(after.funding, before.funding)).toBe(false);
        expect(isLess(after.margin, before.margin)).toBe(false);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it('takes the mark against the position by the initial margin', () => {
    expect(worstMark(a('100'), a('0.05'), 'long')).toBe('95');
    expect(worstMark(a('100'), a('0.05'), 'short')).toBe('105');
  });
});
