// Rebalancing as others state it: drift, what costs leave, and what a plan orders.

import { type Amount, amount, toNumber } from '../../src/domain/money/amount.ts';
import { postCostNav } from '../../src/domain/rebalancing/post-cost-nav.ts';
import { measureDrift } from '../../src/domain/rebalancing/triggers/drift.ts';
import { judgeBands } from '../../src/domain/rebalancing/triggers/judge-bands.ts';
import { market, planned, venue } from '../domain/rebalancing/plan-fixtures.ts';
import type { ReferenceCase, ReferenceFigure } from './reference-case.ts';

const a = amount;
const DUST = a('0.0000001');

const exact = (
  source: string,
  name: string,
  actual: () => ReferenceFigure,
  expected: ReferenceFigure,
  tolerance = 0,
): ReferenceCase => ({ source, name, actual, expected, tolerance });

/** Half of each; whether a group is out by more than half of its weight. */
const isOutOfBounds = (one: string, other: string): string => {
  const drift = measureDrift({ A: a(one), B: a(other) }, { A: 500_000, B: 500_000 });
  return judgeBands(drift, { kind: 'relative', share: a('0.5') }, DUST).hasFired ? 'out' : 'within';
};

/** One venue, one market, all of the cash wanted in it. */
const bought = (cash: string, price: string, feeBps: string): number => {
  const plan = planned({
    asOf: 0,
    reportingCurrency: 'USD',
    venues: [
      {
        ...venue({
          id: 'one',
          cash,
          takerFeeBps: feeBps,
          markets: [market({ asset: 'BTC', bid: price, ask: price })],
        }),
        cashUnit: a('0'),
      },
    ],
    groups: { BTC: 'BTC', USD: 'CASH' },
    targets: { BTC: 1_000_000, CASH: 0 },
    limits: {},
    destination: 'target',
  });
  return plan.orders.reduce((total, { quantity }) => total + Number(quantity), 0);
};

/** What is left when holdings of one are brought to weights of one, and a buy costs c / (1 − c) as they have it. */
const jiangXuLiang = (): number => {
  const sell = a('0.0025');
  const buy = a('0.002506265664160401002506265664160401');
  const holding = (value: string, weight: string, costRate: Amount) => ({
    value: a(value),
    weight: a(weight),
    costRate,
  });
  return toNumber(postCostNav([holding('0.7', '0.5', sell), holding('0.3', '0.5', buy)], a('0')));
};

/** Assets at a dollar each, without a fee: side and asset of each order, in turn. */
const ordered = (
  cash: string,
  held: Readonly<Record<string, string>>,
  targets: Readonly<Record<string, number>>,
) => {
  const assets = ['A0', 'A1', 'A2', 'A3'];
  const { orders } = planned({
    asOf: 0,
    reportingCurrency: 'USD',
    venues: [
      venue({
        id: 'one',
        cash,
        takerFeeBps: '0',
        holdings: held,
        markets: assets.map((asset) =>
          market({ asset, bid: '1', ask: '1', step: '0.01', minQuantity: '0.01' }),
        ),
      }),
    ],
    groups: { ...Object.fromEntries(assets.map((asset) => [asset, asset])), USD: 'CASH' },
    targets: { A0: 0, A1: 0, A2: 0, A3: 0, CASH: 0, ...targets },
    limits: { minTradeUsd: a('1') },
    destination: 'target',
  });
  return orders.map(({ side, asset }) => `${side} ${asset}`).join(', ');
};

const VECTORBT = 'vectorbt: tests/test_portfolio.py, test_call_seq by auto';
const BT = 'bt: tests/test_algos.py, test_run_if_out_of_bounds';
const LEAN_SIZE = 'LEAN: CashBuyingPowerModelTests';

export const REBALANCING: readonly ReferenceCase[] = [
  exact(
    'Betterment: how drift is calculated',
    '30/20/30/20 against quarters',
    () =>
      measureDrift(
        { A: a('0.3'), B: a('0.2'), C: a('0.3'), D: a('0.2') },
        { A: 250_000, B: 250_000, C: 250_000, D: 250_000 },
      ).total,
    '0.1',
  ),
  exact(
    'Jiang, Xu and Liang: PGPortfolio, the transaction remainder factor',
    'one purchase',
    jiangXuLiang,
    0.998998750003916,
    1e-14,
  ),
  // At 0.75 itself theirs is within and ours is out: the very edge is not compared.
  exact(BT, '0.76 and 0.24 around halves', () => isOutOfBounds('0.76', '0.24'), 'out'),
  // A group that shares 100 of cash; a call sequence also names those that do nothing, which a plan leaves out.
  exact(VECTORBT, '0 0 all', () => ordered('100', {}, { A2: 1_000_000 }), 'buy A2'),
  exact(VECTORBT, '0 all -all', () => ordered('0', { A2: '100' }, { A1: 1_000_000 }), 'sell A2, buy A1'),
  exact(VECTORBT, 'all -all 0', () => ordered('0', { A1: '100' }, { A0: 1_000_000 }), 'sell A1, buy A0'),
  exact(VECTORBT, '-all 0 all', () => ordered('0', { A0: '100' }, { A2: 1_000_000 }), 'sell A0, buy A2'),
  // A plan buys with what the fee leaves, to the lot of 1e-8.
  exact(LEAN_SIZE, '20000 at 10000, fee 0.8 %', () => bought('20000', '10000', '80'), 1.98412698, 1e-12),
  exact(LEAN_SIZE, '10000 at 15000, fee 0.8 %', () => bought('10000', '15000', '80'), 0.66137566, 1e-12),
  exact(LEAN_SIZE, '8000 at 10000, fee 0.8 %', () => bought('8000', '10000', '80'), 0.79365079, 1e-12),
  exact(LEAN_SIZE, '10000 at 10050, fee 0.8 %', () => bought('10000', '10050', '80'), 0.98712785, 1e-12),
  exact(LEAN_SIZE, '10000 at 15000, no fee', () => bought('10000', '15000', '0'), 0.66666666, 1e-12),
];
