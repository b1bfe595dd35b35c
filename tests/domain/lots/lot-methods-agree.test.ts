import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { averageFront, averageLots, poolCostOf } from '../../../src/domain/lots/average-lots.ts';
import { known, sumFigures } from '../../../src/domain/lots/figure.ts';
import { basisOf, gainOfDisposal, taxOfDisposal } from '../../../src/domain/lots/lot-disposal.ts';
import { PLANNED_METHODS } from '../../../src/domain/lots/lot-method.ts';
import { previewGains } from '../../../src/domain/lots/preview-gains.ts';
import { saleSegments, taxOfSale } from '../../../src/domain/lots/sale-segments.ts';
import { add, amount, isMore, multiply, subtract, sum, ZERO } from '../../../src/domain/money/amount.ts';
import { accounted, bought, lot, NOW_MS, RULES, sold, someAmount } from './lot-rig.ts';

const a = amount;

const somePool = fc
  .array(
    fc.record({
      quantity: someAmount(5),
      cost: fc.oneof(
        { weight: 5, arbitrary: someAmount(1_000) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      days: fc.integer({ min: 0, max: 900 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((told) => told.map((one, index) => lot(`L${index}`, one)));

describe('once everything is sold', () => {
  it('every method has gained the same, to the last digit', () => {
    const purchase = fc.record({ quantity: someAmount(5), cost: someAmount(1_000) });
    const sale = fc.record({ share: fc.integer({ min: 1, max: 9 }), proceeds: someAmount(1_000) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(purchase, sale), { minLength: 1, maxLength: 12 }),
        someAmount(5_000),
        (steps, last) => {
          let held = ZERO;
          const events = steps.flatMap(([buy, sell], index) => {
            const atMs = NOW_MS + index * 10;
            held = add(held, buy.quantity);
            const quantity = multiply(held, a(`0.${sell.share}`));
            held = subtract(held, quantity);
            return [
              bought({ id: `b${index}`, atMs, quantity: buy.quantity, cost: known(buy.cost) }),
              sold({ id: `s${index}`, atMs: atMs + 1, quantity, proceeds: known(sell.proceeds) }),
            ];
          });
          const all = [
            ...events,
            sold({ id: 'last', atMs: NOW_MS + 10_000, quantity: held, proceeds: known(last) }),
          ];
          const [first, ...others] = PLANNED_METHODS.map((method) => {
            const { disposals, lots } = accounted(all, { ...RULES, method });
            expect(lots).toEqual([]);
            return sumFigures(disposals.map(gainOfDisposal));
          });
          for (const other of others) expect(other).toEqual(first);
        },
      ),
      { numRuns: 60, seed: 21 },
    );
  });
});

describe('a pool at average cost', () => {
  it('1. The front of a pool costs what it costs when all of the pool is averaged.', () => {
    fc.assert(
      fc.property(somePool, fc.double({ min: 0.01, max: 1, noNaN: true }), (pool, share) => {
        const needed = multiply(sum(pool.map(({ quantity }) => quantity)), a(share.toFixed(6)));
        const front = averageFront(pool, poolCostOf(pool), needed);
        const all = averageLots(pool);
        expect(front).toHaveLength(pool.length);
        let reached = ZERO;
        for (const [index, each] of front.entries()) {
          expect(each).toEqual(isMore(needed, reached) ? all[index] : pool[index]);
          reached = add(reached, each.quantity);
        }
      }),
      { numRuns: 100, seed: 22 },
    );
  });
});

describe('the tax on a sale, as a plan counts it', () => {
  const price = a('100');
  const feeRate = a('0.01');
  const quote = { ...RULES, price, feeRate, atMs: NOW_MS };
  const someSale = fc.tuple(
    somePool,
    fc.constantFrom(...PLANNED_METHODS),
    fc.integer({ min: 1, max: 1_000 }),
  );

  it('1. What is unknown counts at its worst, so that a plan never counts on a tax that is lower than it turns out.', () => {
    fc.assert(
      fc.property(someSale, someAmount(150), ([pool, method, share], cost) => {
        const quantity = multiply(sum(pool.map((each) => each.quantity)), a((share / 1_000).toFixed(3)));
        const counted = taxOfSale(saleSegments(pool, method, quote), quantity);
        const input = { orders: [{ account: 'main', asset: 'BTC', quantity, price, feeRate }], atMs: NOW_MS };
        // By fifo, lifo and the like, what becomes known later does not change the order.
        const isKnown = pool.every((each) => basisOf(each).state === 'known');
        if (!isKnown && method !== 'fifo' && method !== 'lifo') return;
        const later = pool.map((each) =>
          each.basis.state === 'known'
            ? each
            : {
                ...each,
                heldSince: { state: 'known' as const, atMs: each.acquiredAtMs },
                basis: {
                  state: 'known' as const,
                  amount: multiply(cost, each.quantity),
                  unitCost: { amount: cost, quantity: a('1') },
                },
              },
        );
        const outcome = previewGains({ ...input, lots: later, method, rules: RULES });
        if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
        const tax = sumFigures(outcome.preview.disposals.map(taxOfDisposal));
        if (tax.state === 'unknown') throw new Error(tax.reason);
        expect(isMore(tax.amount, add(counted, a('0.000000000000001')))).toBe(false);
      }),
      { numRuns: 200, seed: 24 },
    );
  });
});
