import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountInOrder } from '../../../src/domain/lots/account-for-lots.ts';
import { known, sumFigures } from '../../../src/domain/lots/figure.ts';
import type { Lot } from '../../../src/domain/lots/lot.ts';
import { basisOf, taxOfDisposal } from '../../../src/domain/lots/lot-disposal.ts';
import { LOT_METHODS, type LotMethod } from '../../../src/domain/lots/lot-method.ts';
import { type LongTermRule, type TaxRates, taxPerUnit, termOf } from '../../../src/domain/lots/lot-tax.ts';
import { netPrice, sellCostSegments } from '../../../src/domain/lots/sell-cost.ts';
import { takeInOrder, takeNamed, takeOldest } from '../../../src/domain/lots/take-lots.ts';
import { compareUnitAmounts } from '../../../src/domain/lots/unit-amount.ts';
import {
  type Amount,
  add,
  amount,
  compare,
  isLess,
  isMore,
  isZero,
  minimum,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { lot, NOW_MS, RULES, sold, someAmount } from './lot-rig.ts';

const a = amount;
const RUNS = { numRuns: 200, seed: 5 };

const someLots = (cost: fc.Arbitrary<string | null> = someAmount(200)): fc.Arbitrary<readonly Lot[]> =>
  fc
    .array(fc.record({ quantity: someAmount(5), cost, days: fc.integer({ min: 0, max: 900 }) }), {
      minLength: 1,
      maxLength: 10,
    })
    .map((told) => told.map((one, index) => lot(`L${index}`, one)));
const fraction = fc.integer({ min: 0, max: 100 }).map((percent) => a((percent / 100).toFixed(2)));
const someRates: fc.Arbitrary<TaxRates> = fc.record({
  shortTerm: fraction,
  longTerm: fraction,
  usableLoss: fraction,
});
const someLongTerm = fc.constantFrom<LongTermRule>('ownRate', 'taxFree');
const quantityOf = (lots: readonly Lot[]): Amount => sum(lots.map(({ quantity }) => quantity));
const maybeUnknown = fc.oneof(someAmount(200), fc.constant(null));

describe('taking lots', () => {
  it('1. What is taken and what stays is what was there: quantity and basis, to the last digit.', () => {
    fc.assert(
      fc.property(someLots(), someAmount(30), (lots, asked) => {
        const quantity = minimum(asked, quantityOf(lots));
        for (const taking of [takeInOrder(lots, lots, quantity), takeOldest(lots, quantity)]) {
          if (taking.state === 'refused') throw new Error(JSON.stringify(taking.problem));
          const all = [...taking.parts, ...taking.rest];
          expect(quantityOf(all)).toBe(quantityOf(lots));
          expect(sumFigures(all.map(basisOf))).toEqual(sumFigures(lots.map(basisOf)));
        }
      }),
      RUNS,
    );
  });

  it('2. What is taken is exactly what was asked for, or nothing is.', () => {
    fc.assert(
      fc.property(someLots(maybeUnknown), someAmount(30), (lots, quantity) => {
        const held = quantityOf(lots);
        const named = lots.map((each) => ({ lot: each.id, quantity: each.quantity }));
        for (const taking of [
          takeInOrder(lots, lots, quantity),
          takeOldest(lots, quantity),
          takeNamed(lots, named, quantity),
        ])
          if (taking.state === 'taken') expect(quantityOf(taking.parts)).toBe(quantity);
        expect(takeOldest(lots, quantity).state).toBe(isMore(quantity, held) ? 'refused' : 'taken');
        expect(takeNamed(lots, named, held).state).toBe('taken');
      }),
      RUNS,
    );
  });

  it('3. Least tax first is never taxed more than any other choice of the same quantity.', () => {
    const others = LOT_METHODS.filter((method) => method !== 'specific');
    fc.assert(
      fc.property(
        someLots(),
        someAmount(30),
        someAmount(60),
        someRates,
        someLongTerm,
        fc.infiniteStream(fc.nat()),
        (lots, asked, price, rates, longTerm, draws) => {
          const quantity = minimum(asked, quantityOf(lots));
          const event = sold({ id: 'S', quantity, proceeds: known(multiply(price, quantity)) });
          const taxBy = (method: LotMethod, named: typeof event = event): Amount => {
            const account = accountInOrder(lots, [{ event: named, place: 'S' }], {
              ...RULES,
              rates,
              longTerm,
              method,
            });
            if (account.state === 'refused') throw new Error(JSON.stringify(account.problem));
            const tax = account.disposals[0] ? taxOfDisposal(account.disposals[0]) : null;
            if (tax?.state !== 'known') throw new Error('expected a tax');
            return tax.amount;
          };
          // Where a part of a lot is taken its basis is rounded, by less than 1e-20 for each lot.
          const least = subtract(taxBy('mintax'), a('0.0000000000000000002'));
          // Averaging changes what a lot costs, which is no choice among the same lots.
          for (const method of others.filter((one) => one !== 'average'))
            expect(isMore(least, taxBy(method))).toBe(false);
          const ordered = lots
            .map((each) => ({ each, rank: draws.next().value as number }))
            .sort((x, y) => x.rank - y.rank)
            .map(({ each }) => each);
          const taking = takeInOrder(lots, ordered, quantity);
          if (taking.state === 'refused') throw new Error(JSON.stringify(taking.problem));
          const named = {
            ...event,
            lots: taking.parts.map((part) => ({ lot: part.id, quantity: part.quantity })),
          };
          expect(isMore(least, taxBy('specific', named))).toBe(false);
        },
      ),
      RUNS,
    );
  });
});

describe('the cost of selling', () => {
  const quoteOf = (price: Amount, rates: TaxRates, longTerm: LongTermRule) => ({
    ...RULES,
    price,
    feeRate: a('0.01'),
    rates,
    longTerm,
    atMs: NOW_MS,
  });

  it('1. Segments ascend by cost per unit, so that the cost of a quantity is convex.', () => {
    fc.assert(
      fc.property(
        someLots(maybeUnknown),
        someAmount(60),
        someRates,
        someLongTerm,
        fraction,
        (lots, price, rates, longTerm, taxAversion) => {
          const { segments, unknownQuantity } = sellCostSegments(lots, {
            ...quoteOf(price, rates, longTerm),
            taxAversion,
          });
          for (const [index, segment] of segments.entries())
            expect(isLess(segment.costPerUnit, segments[index - 1]?.costPerUnit ?? segment.costPerUnit)).toBe(
              false,
            );
          expect(add(sum(segments.map(({ quantity }) => quantity)), unknownQuantity)).toBe(quantityOf(lots));
        },
      ),
      RUNS,
    );
  });

  it('2. Filling segments from the front costs what least tax first is taxed, rounded up by less than 1e-20 a unit.', () => {
    fc.assert(
      fc.property(
        someLots(),
        someAmount(30),
        someAmount(60),
        someRates,
        someLongTerm,
        (lots, asked, price, rates, longTerm) => {
          const quote = quoteOf(price, rates, longTerm);
          let missing = minimum(asked, quantityOf(lots));
          let [cost, units] = [ZERO, ZERO];
          const { segments } = sellCostSegments(lots, quote);
          const filled = segments.map((segment) => {
            const quantity = minimum(segment.quantity, missing);
            missing = subtract(missing, quantity);
            cost = add(cost, multiply(quantity, segment.costPerUnit));
            units = add(units, quantity);
            return { segment, quantity };
          });
          // The exact tax of the same lots, as pairs; the segments are these in decimals, rounded up.
          for (const { segment } of filled) {
            const own = lots.find(({ id }) => id === segment.lot) as Lot;
            const exact = taxPerUnit(
              own,
              netPrice(price, quote.feeRate),
              termOf(own.heldSince, NOW_MS, quote),
              rates,
            );
            const told = { amount: segment.costPerUnit, quantity: a('1') };
            const below = {
              amount: subtract(segment.costPerUnit, a('0.00000000000000000001')),
              quantity: a('1'),
            };
            expect(compareUnitAmounts(told, exact!)).toBeGreaterThanOrEqual(0);
            expect(compareUnitAmounts(below, exact!)).toBeLessThan(0);
          }
          if (isZero(units)) return;
          const net = netPrice(price, quote.feeRate).amount;
          const event = sold({ id: 'S', quantity: units, proceeds: known(multiply(net, units)) });
          const account = accountInOrder(lots, [{ event, place: 'S' }], {
            ...RULES,
            rates,
            longTerm,
            method: 'mintax',
          });
          if (account.state === 'refused' || !account.disposals[0]) throw new Error('expected a disposal');
          const tax = taxOfDisposal(account.disposals[0]);
          if (tax.state !== 'known') throw new Error('expected a tax');
          expect(Math.abs(Number(subtract(cost, tax.amount)))).toBeLessThan(1e-17);
        },
      ),
      RUNS,
    );
  });

  it('is that of the specification, lot by lot, at the price of 100', () => {
    const pool = [
      lot('L1', { cost: '90', days: 100 }),
      lot('L2', { cost: '80', days: 500 }),
      lot('L3', { cost: '105', days: 20 }),
      lot('L4', { cost: '112', days: 700 }),
      lot('L5', { cost: '20', days: 900 }),
      lot('D', { cost: null, days: 900, quantity: '0.5' }),
    ];
    const quote = { ...RULES, price: a('100'), feeRate: ZERO, atMs: NOW_MS };
    const { segments, unknownQuantity } = sellCostSegments(pool, quote);
    expect(segments.map(({ lot: id, costPerUnit }) => [id, costPerUnit])).toEqual([
      ['L3', '-1.85'],
      ['L4', '-1.8'],
      ['L2', '3'],
      ['L1', '3.7'],
      ['L5', '12'],
    ]);
    expect(unknownQuantity).toBe('0.5');
    const halved = sellCostSegments(pool, { ...quote, taxAversion: a('0.5') });
    expect(halved.segments.map(({ costPerUnit }) => costPerUnit)).toEqual([
      '-0.925',
      '-0.9',
      '1.5',
      '1.85',
      '6',
    ]);
    expect(compare(sum(halved.segments.slice(0, 3).map(({ costPerUnit }) => costPerUnit)), a('-0.325'))).toBe(
      0,
    );
  });
});
