import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  amount,
  isZero,
  multiply,
  subtract,
  ZERO,
} from '../../../../src/domain/money/amount.ts';
import type { Execution, ExecutionLeg } from '../../../../src/domain/rebalancing/execution.ts';
import { startExecution } from '../../../../src/domain/rebalancing/execution-start.ts';
import type { BookedFill } from '../../../../src/domain/rebalancing/history/order-cost.ts';
import type { RebalanceEntry } from '../../../../src/domain/rebalancing/history/rebalance.ts';
import {
  type RebalanceFacts,
  recordRebalance,
} from '../../../../src/domain/rebalancing/history/rebalance-record.ts';
import { unknown } from '../../../../src/domain/rebalancing/triggers/fact.ts';
import { demoInput, planned } from '../plan-fixtures.ts';

const a = (text: string): Amount => amount(text);
const plan = planned(demoInput);
const begun = startExecution(plan, demoInput);
const made = { plan, input: demoInput, atMs: 1_000 };

const entry: RebalanceEntry = {
  id: 'a1',
  requestId: 'r-1',
  mode: 'live',
  origin: { kind: 'person', by: 'person:a' },
  reason: 'asked for',
  approval: 'ask',
  requestedAtMs: 900,
  planHash: plan.hash,
  decidedBy: 'person:a',
  decidedAtMs: 1_100,
  begunAtMs: 1_100,
  endedAtMs: 2_000,
  state: 'done',
  stateReason: '',
  after: unknown('not looked at'),
};

const executed = (change: (leg: ExecutionLeg) => Partial<ExecutionLeg>): Execution => ({
  ...begun,
  phase: 'done',
  legs: begun.legs.map((leg) => ({ ...leg, ...change(leg) })),
});

/** The touch of an order's market, and the fee of what fills there, from the input and from nothing else. */
function touchOf(leg: ExecutionLeg): { readonly price: Amount; readonly mid: Amount; readonly rate: Amount } {
  const venue = demoInput.venues.find(({ id }) => id === leg.venue);
  const market = venue?.markets.find(({ asset }) => asset === leg.asset);
  const { bid, ask } = market ?? {};
  if (!venue || !bid || !ask) throw new Error(`${leg.asset} has prices at ${leg.venue}`);
  const price = leg.side === 'buy' ? ask : bid;
  const mid = a(String((Number(bid) + Number(ask)) / 2));
  return { price, mid, rate: multiply(venue.takerFeeBps, a('0.0001')) };
}

function fillOf(leg: ExecutionLeg, quantity: Amount, id = '1', price = touchOf(leg).price): BookedFill {
  const quoteAmount = multiply(quantity, price);
  const cash = demoInput.venues.find((venue) => venue.id === leg.venue)?.cashAsset ?? '';
  return {
    fillId: `${leg.sequence}-${id}`,
    quantity,
    quoteAmount,
    fee: { asset: cash, amount: multiply(quoteAmount, touchOf(leg).rate) },
  };
}

function factsOf(
  execution: Execution,
  fillsOf: (leg: ExecutionLeg) => readonly BookedFill[],
  changes: Partial<RebalanceFacts> = {},
): RebalanceFacts {
  return {
    entry,
    made,
    execution,
    clientOrderIds: new Map(execution.legs.map(({ sequence }) => [sequence, `c-${sequence}`])),
    fills: new Map(execution.legs.map((leg) => [leg.sequence, fillsOf(leg)])),
    ...changes,
  };
}

const planOf = (facts: RebalanceFacts) => {
  const { plan: recorded } = recordRebalance(facts);
  if (recorded === null) throw new Error('a plan was made');
  return recorded;
};

const filledWhole = executed(({ quantity }) => ({ status: 'filled', filledQuantity: quantity }));

describe('the record of a rebalance', () => {
  it('has prices, fees and cost of a sell that filled partly, by hand', () => {
    const sell = begun.legs.find(({ side, venue }) => side === 'sell' && venue === 'solana');
    if (!sell) throw new Error('the plan sells SOL');
    const part = a('2');
    const execution = executed((leg) =>
      leg.sequence === sell.sequence
        ? { status: 'partlyFilled', filledQuantity: part }
        : { status: 'cancelled' },
    );
    const recorded = planOf(
      factsOf(execution, (leg) =>
        leg.sequence !== sell.sequence
          ? []
          : [
              { ...fillOf(leg, a('1.5')), quoteAmount: a('287.7'), fee: { asset: 'USDC', amount: a('0.9') } },
              {
                fillId: 'second',
                quantity: a('0.5'),
                quoteAmount: a('95.8'),
                fee: { asset: 'SOL', amount: a('0.001') },
              },
            ],
      ),
    );
    const order = recorded.orders.find(({ sequence }) => sequence === sell.sequence);
    // 2 SOL at the middle of 191.9 and 192.1 are 384; 383.5 came in; 0.9 and 0.001 SOL at 192 went out in fees.
    expect(order).toMatchObject({
      midPrice: '192',
      filledQuantity: { state: 'known', value: '2' },
      averageFillPrice: { state: 'known', value: '191.75' },
      fees: {
        state: 'known',
        value: [
          { asset: 'SOL', amount: '0.001' },
          { asset: 'USDC', amount: '0.9' },
        ],
      },
      status: 'partlyFilled',
      expectedCostOfFilled: {
        state: 'known',
        // 2 × 0.1 below the middle, and 30 basis points of 2 × 191.9.
        value: { shortfallUsd: '0.2', feesUsd: '1.1514', totalUsd: '1.3514', turnoverUsd: '384' },
      },
      realisedCost: {
        state: 'known',
        value: { shortfallUsd: '0.5', feesUsd: '1.092', totalUsd: '1.592', turnoverUsd: '384' },
      },
    });
    expect(recorded.cost.realised).toMatchObject({
      state: 'known',
      value: { totalUsd: '1.592', turnoverUsd: '384', bpsOfTurnover: '41.4583' },
    });
    expect(recorded.cost.expectedOfFilled).toMatchObject({ state: 'known', value: { totalUsd: '1.3514' } });
  });

  it('tells the whole of what the plan expected as the plan did: value before less value after', () => {
    const recorded = planOf(factsOf(filledWhole, (leg) => [fillOf(leg, leg.quantity)]));
    const cashBefore = Object.values(plan.cash).map(({ before }) => before);
    const cashAfter = Object.values(plan.cash).map(({ expectedAfter }) => expectedAfter);
    const bought = plan.orders.reduce(
      (total, { side, notionalUsd }) => total + (side === 'buy' ? Number(notionalUsd) : -Number(notionalUsd)),
      0,
    );
    const spent = cashBefore.reduce(
      (total, cash, index) => total + Number(cash) - Number(cashAfter[index]),
      0,
    );
    expect(Number(recorded.cost.expected.totalUsd)).toBeCloseTo(spent - bought, 6);
  });

  it.each([
    ['whose answer never came', 'unknown', /not known yet/],
    ['that is about to be sent', 'submitted', /not known yet/],
  ] as const)(
    'knows neither fills nor cost of an order %s, nor the cost of them all',
    (_, status, reason) => {
      const open = executed((leg) =>
        leg.sequence === 1
          ? { status, filledQuantity: ZERO }
          : { status: 'filled', filledQuantity: leg.quantity },
      );
      const recorded = planOf(
        factsOf(open, (leg) => (leg.sequence === 1 ? [] : [fillOf(leg, leg.quantity)])),
      );
      const unknownFact = { state: 'unknown', reason: expect.stringMatching(reason) };
      expect(recorded.orders[0]).toMatchObject({
        filledQuantity: unknownFact,
        averageFillPrice: unknownFact,
        fees: unknownFact,
        realisedCost: unknownFact,
      });
      expect(recorded.cost.realised).toMatchObject({ reason: expect.stringMatching(/^order 1: /) });
      expect(recorded.orders[1]?.realisedCost.state).toBe('known');
    },
  );

  it('does not know what an order cost whose fills are not all in the book', () => {
    const recorded = planOf(
      factsOf(filledWhole, (leg) => (leg.sequence === 2 ? [] : [fillOf(leg, leg.quantity)])),
    );
    const { quantity } = plan.orders[1] ?? {};
    const reason = `the book has fills of 0, the venue has shown ${quantity}`;
    expect(recorded.orders[1]).toMatchObject({
      filledQuantity: { state: 'known', value: quantity },
      averageFillPrice: { state: 'unknown', reason },
    });
    expect(recorded.cost.realised).toEqual({ state: 'unknown', reason: `order 2: ${reason}` });
  });

  it('does not know a cost with a fee in an asset that had no price; a fee of none needs none', () => {
    const feeIn = (amountText: string) =>
      planOf(
        factsOf(filledWhole, (leg) => [
          { ...fillOf(leg, leg.quantity), fee: { asset: 'BNB', amount: a(amountText) } },
        ]),
      ).cost.realised;
    expect(feeIn('0.1')).toEqual({
      state: 'unknown',
      reason: 'order 1: a fee of 0.1 BNB has no price at planning',
    });
    expect(feeIn('0')).toMatchObject({ state: 'known', value: { feesUsd: '0' } });
  });

  it('tells of a plan that was not carried out that nothing filled and nothing was paid', () => {
    const recorded = planOf({
      ...factsOf(begun, () => []),
      execution: null,
      clientOrderIds: new Map(),
    });
    for (const order of recorded.orders)
      expect(order).toMatchObject({
        status: 'planned',
        clientOrderId: null,
        orderedQuantity: null,
        filledQuantity: { state: 'known', value: '0' },
        averageFillPrice: { state: 'known', value: null },
      });
    expect(recorded.cost.realised).toMatchObject({
      state: 'known',
      value: { totalUsd: '0', bpsOfTurnover: null, bpsOfNav: '0' },
    });
  });

  it('has no plan where none was made, and says what stood in its way', () => {
    const refused = {
      ...entry,
      planHash: null,
      state: 'refused' as const,
      stateReason: 'no plan on an uncertified venue',
    };
    expect(
      recordRebalance({
        entry: refused,
        made: null,
        execution: null,
        clientOrderIds: new Map(),
        fills: new Map(),
      }),
    ).toMatchObject({ plan: null, state: 'refused', stateReason: 'no plan on an uncertified venue' });
  });
});

/** How much of each order fills, in parts of a hundred, and in how many fills. */
const partsArbitrary = fc.array(
  fc.record({ percent: fc.integer({ min: 0, max: 100 }), fills: fc.integer({ min: 1, max: 3 }) }),
  {
    minLength: begun.legs.length,
    maxLength: begun.legs.length,
  },
);

describe('invariants of the record', () => {
  it('1. Orders that fill whole at the touch cost exactly what was expected.', () => {
    fc.assert(
      fc.property(partsArbitrary, (parts) => {
        const { legs, fillsOf } = filledTo(parts);
        const { cost, orders } = planOf(factsOf({ ...begun, legs }, fillsOf));
        expect(cost.realised).toEqual(cost.expectedOfFilled);
        for (const [index, { percent }] of parts.entries()) {
          const order = orders[index];
          if (percent === 100)
            expect(order?.realisedCost).toEqual({ state: 'known', value: order?.expectedCost });
        }
      }),
    );
  });

  it('2. An order that was not sent, or of which nothing has filled, is never told as filled.', () => {
    const statuses = ['skipped', 'deniedLocally', 'rejected', 'absent', 'cancelled', 'waiting'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...statuses), { minLength: 20, maxLength: 20 }), (drawn) => {
        const execution = executed((leg) => ({ status: drawn[leg.sequence - 1] ?? 'skipped' }));
        for (const order of planOf(factsOf(execution, () => [])).orders)
          expect(order).toMatchObject({
            filledQuantity: { state: 'known', value: '0' },
            averageFillPrice: { state: 'known', value: null },
            realisedCost: { state: 'known', value: { totalUsd: '0', turnoverUsd: '0' } },
          });
      }),
    );
  });

  it('3. What is not known of one order is not known of them all: it is never counted as nothing.', () => {
    fc.assert(
      fc.property(partsArbitrary, fc.integer({ min: 1, max: begun.legs.length }), (parts, lost) => {
        const { legs, fillsOf } = filledTo(parts);
        const isLost = (leg: ExecutionLeg): boolean => leg.sequence === lost && !isZero(leg.filledQuantity);
        const { cost } = planOf(
          factsOf({ ...begun, legs }, (leg) => (isLost(leg) ? fillsOf(leg).slice(1) : fillsOf(leg))),
        );
        expect(cost.realised.state).toBe(legs.some(isLost) ? 'unknown' : 'known');
      }),
    );
  });
});

function filledTo(parts: readonly { readonly percent: number; readonly fills: number }[]) {
  const filled = new Map(
    begun.legs.map((leg, index) => {
      const share = a(String((parts[index]?.percent ?? 0) / 100));
      return [leg.sequence, multiply(leg.quantity, share)] as const;
    }),
  );
  const legs = begun.legs.map((leg) => ({
    ...leg,
    status: 'partlyFilled' as const,
    filledQuantity: filled.get(leg.sequence) ?? ZERO,
  }));
  const fillsOf = (leg: ExecutionLeg): readonly BookedFill[] => {
    const quantity = filled.get(leg.sequence) ?? ZERO;
    if (isZero(quantity)) return [];
    const count = parts[leg.sequence - 1]?.fills ?? 1;
    const each = multiply(quantity, a('0.25'));
    const rest = subtract(quantity, multiply(each, a(String(count - 1))));
    return Array.from({ length: count }, (_, index) => fillOf(leg, index === 0 ? rest : each, String(index)));
  };
  return { legs, fillsOf };
}
