import { describe, expect, it } from '@jest/globals';
import {
  costOfRecord,
  type RebalanceCost,
  rebalanceCosts,
} from '../../../src/domain/attribution/rebalance-costs.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  NO_COST,
  realisedCost,
  type TradingCost,
} from '../../../src/domain/rebalancing/history/order-cost.ts';
import type { RebalanceEntry } from '../../../src/domain/rebalancing/history/rebalance.ts';
import { recordRebalance } from '../../../src/domain/rebalancing/history/rebalance-record.ts';
import { known, unknown } from '../../../src/domain/rebalancing/triggers/fact.ts';

const cost = (shortfall: string, fees: string, turnover: string): TradingCost => ({
  shortfallUsd: amount(shortfall),
  feesUsd: amount(fees),
  totalUsd: amount(String(Number(shortfall) + Number(fees))),
  turnoverUsd: amount(turnover),
});

const of = (id: string, fields: Partial<RebalanceCost>): RebalanceCost => ({
  id,
  atMs: 1,
  expected: known(cost('1', '6', '1000')),
  realised: known(cost('2.5', '6', '1000')),
  ...fields,
});

describe('costs of rebalances', () => {
  it('are expected against realised, each and in all', () => {
    const costs = rebalanceCosts([of('a', {}), of('b', { realised: known(cost('-0.5', '6', '1000')) })]);
    expect(costs.rebalances.map(({ id, overrunUsd, realisedBps }) => [id, overrunUsd, realisedBps])).toEqual([
      ['a', known('1.5'), '85'],
      ['b', known('-1.5'), '55'],
    ]);
    expect(costs.cumulative).toMatchObject({
      realised: { shortfallUsd: '2', feesUsd: '12', totalUsd: '14' },
      realisedBps: '70',
      counted: 2,
      compared: { expected: { totalUsd: '14', turnoverUsd: '2000' }, overrunUsd: '0', counted: 2 },
      unknown: [],
    });
  });

  it('that are not known are in no total, and named', () => {
    const { rebalances, cumulative } = rebalanceCosts([
      of('a', {}),
      of('b', { realised: unknown('order 2: gone') }),
      of('c', { expected: unknown('no price') }),
    ]);
    expect(rebalances[1]).toMatchObject({ overrunUsd: unknown('order 2: gone'), realisedBps: null });
    expect(cumulative).toMatchObject({
      realised: { totalUsd: '17' },
      counted: 2,
      compared: { realised: { totalUsd: '8.5' }, expected: { totalUsd: '7' }, overrunUsd: '1.5', counted: 1 },
      unknown: [
        { id: 'b', reason: 'order 2: gone' },
        { id: 'c', reason: 'no price' },
      ],
    });
  });

  it('of nothing traded have no basis points', () => {
    const { cumulative } = rebalanceCosts([of('a', { expected: known(NO_COST), realised: known(NO_COST) })]);
    expect(cumulative).toMatchObject({ realisedBps: null, counted: 1, compared: { overrunUsd: '0' } });
  });

  it('are Σ side·quantity·(fill − mid) and fees: 4 000 sold at 39.70 that were decided at 40, with 75 of commission', () => {
    const fill = {
      fillId: 'f',
      quantity: amount('4000'),
      quoteAmount: amount('158800'),
      fee: { asset: 'USD', amount: amount('75') },
    };
    const realised = realisedCost('sell', [fill], { mid: amount('40'), priceOf: () => amount('1') });
    expect(realised).toMatchObject({ value: { shortfallUsd: '1200', feesUsd: '75', totalUsd: '1275' } });
  });

  it('are nothing of a rebalance that was never begun', () => {
    const entry: RebalanceEntry = {
      id: 'a',
      requestId: 'q',
      mode: 'live',
      origin: { kind: 'bot' },
      reason: 'drift',
      approval: 'ask',
      requestedAtMs: 1,
      planHash: null,
      decidedBy: null,
      decidedAtMs: null,
      begunAtMs: null,
      endedAtMs: 2,
      state: 'rejected',
      stateReason: '',
      after: unknown('nothing was traded'),
    };
    const record = recordRebalance({
      entry,
      made: null,
      execution: null,
      clientOrderIds: new Map(),
      fills: new Map(),
    });
    expect(costOfRecord(record)).toBeNull();
  });
});
