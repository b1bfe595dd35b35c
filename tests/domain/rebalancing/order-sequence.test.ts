// Which of a plan's orders goes first, as others have it.

import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import type { Plan } from '../../../src/domain/rebalancing/plan.ts';
import { market, planned, venue } from './plan-fixtures.ts';

/** Three assets at a dollar each, no fee, and lots of a hundredth. */
function planOf(rows: {
  readonly cash: string;
  readonly held: Readonly<Record<string, string>>;
  readonly targets: Readonly<Record<string, number>>;
  readonly step?: string;
}): Plan {
  const assets = ['A0', 'A1', 'A2', 'A3'];
  const step = rows.step ?? '0.01';
  return planned({
    asOf: 0,
    reportingCurrency: 'USD',
    venues: [
      venue({
        id: 'one',
        cash: rows.cash,
        takerFeeBps: '0',
        holdings: rows.held,
        markets: assets.map((asset) => market({ asset, bid: '1', ask: '1', step, minQuantity: step })),
      }),
    ],
    groups: { ...Object.fromEntries(assets.map((asset) => [asset, asset])), USD: 'CASH' },
    targets: { A0: 0, A1: 0, A2: 0, A3: 0, CASH: 0, ...rows.targets },
    limits: { minTradeUsd: amount('1') },
    destination: 'target',
  });
}

describe('the orders of a plan', () => {
  // vectorbt, tests/test_portfolio.py, test_call_seq, `auto`: a group of three that shares 100 of cash; -1 sells all,
  // 1 buys with all there is. Its call sequence also names those that do nothing.
  it.each([
    [[0, 0, 1], null, [0, 1, 2]],
    [[0, 1, -1], 'A2', [2, 0, 1]],
    [[1, -1, 0], 'A1', [1, 2, 0]],
    [[-1, 0, 1], 'A0', [0, 1, 2]],
    [[0, 1, -1], 'A2', [2, 0, 1]],
  ])('are called as vectorbt does for sizes of %j', (sizes, held, sequence) => {
    const bought = `A${sizes.indexOf(1)}`;
    const plan = planOf({
      cash: held === null ? '100' : '0',
      held: held === null ? {} : { [held]: '100' },
      targets: { [bought]: 1_000_000 },
    });
    const trading = sequence.filter((asset) => sizes[asset] !== 0).map((asset) => `A${asset}`);
    expect(plan.orders.map(({ asset }) => asset)).toEqual(trading);
    expect(plan.orders.map(({ side }) => side)).toEqual(
      trading.map((asset) => (asset === bought ? 'buy' : 'sell')),
    );
    for (const { quantity } of plan.orders) expect(Number(quantity)).toBeGreaterThan(99.9);
  });

  // LEAN, OrderTargetsByMarginImpactTests: what reduces first, then the larger value, and nothing below a lot.
  it('are those that reduce first, then the larger ones, as LEAN orders by margin impact', () => {
    const plan = planOf({
      cash: '0',
      held: { A0: '300', A1: '700' },
      targets: { A0: 200_000, A1: 400_000, A2: 150_000, A3: 250_000 },
    });
    expect(plan.orders.map(({ side, asset }) => `${side} ${asset}`)).toEqual([
      'sell A1',
      'sell A0',
      'buy A3',
      'buy A2',
    ]);
  });

  it('leave out what is less than a lot, as LEAN does', () => {
    const plan = planOf({
      cash: '0',
      held: { A0: '495', A1: '505' },
      targets: { A0: 500_000, A1: 500_000 },
      step: '10',
    });
    expect(plan.orders).toEqual([]);
  });
});
