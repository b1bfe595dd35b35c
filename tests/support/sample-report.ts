import { amount } from '../../src/domain/money/amount.ts';
import { known, unknown } from '../../src/domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../src/report/report-document.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 5, 1);
const DAYS = 240;

const wave = (day: number, period: number): number => Math.sin((2 * Math.PI * day) / period);
const worthOn = (day: number): number => 25_000 * (1 + 0.18 * wave(day, 150) + 0.04 * wave(day, 17));

/** A report of everything that there is to show, some of it unknown, with names that a page must not take for its own. */
export function sampleReport(): ReportDocument {
  const days = Array.from({ length: DAYS }, (_, day) => ({ day, atMs: START_MS + day * DAY_MS }));
  let high = 0;
  const drawdown = days.map(({ day, atMs }) => {
    high = Math.max(high, worthOn(day));
    return { atMs, drawdown: worthOn(day) / high - 1 };
  });
  const groups = ['BTC', 'ETH', 'SOL', 'CASH', 'A<b>"&group', 'NAMEDVERYLONGINDEED'];
  return {
    title: 'Portfolio <script>alert(1)</script> & sons',
    reportingCurrency: 'USD',
    fromMs: START_MS,
    toMs: START_MS + (DAYS - 1) * DAY_MS,
    value: known(
      days.map(({ day, atMs }) => ({
        atMs,
        value: day === 100 ? unknown('SOL has no price') : known(amount(worthOn(day).toFixed(2))),
        deposited: known(amount(day < 120 ? '25000' : '24000')),
      })),
    ),
    performance: {
      timeWeightedReturn: known(-0.0567891),
      xirr: known(0.1234567),
      cagr: unknown('the sample is shorter than 90 days'),
      volatility: known(0.4321),
      sharpe: known(1.5038195211750114),
      sortino: known(2.19),
      calmar: known(0.51),
      maxDrawdown: known(-0.2678),
      drawdownDays: known(87),
      winRate: known(0.53),
      profitFactor: known(1.219178),
      var95: known(-0.027),
      cvar95: known(-0.035),
    },
    drawdown: known(drawdown),
    allocation: known(
      groups.map((group, index) => ({
        group,
        points: days.map(({ day, atMs }) => ({
          atMs,
          weight: (index + 1) / 21 + 0.02 * wave(day, 40 + index),
          target: index === 4 ? null : (index + 1) / 21,
        })),
      })),
    ),
    correlation: known({
      names: groups,
      correlation: groups.map((_, row) =>
        groups.map((__, column) => {
          if (row === column) return 1;
          if (row + column === 9) return null;
          return row < 3 && column < 3 ? 0.82 : Number((0.35 - 0.13 * Math.abs(row - column)).toFixed(2));
        }),
      ),
      merges: [
        [0, 1, 0.3, 2],
        [2, 6, 0.32, 2],
        [3, 4, 0.5, 2],
        [7, 8, 0.61, 2],
        [5, 9, 0.7, 2],
      ],
      riskLevel: 'high',
      recommendation:
        'BTC, ETH and SOL carry 93 % of the risk: less of one of them, or something that moves apart.',
    }),
    attribution: known({
      toMs: START_MS + (DAYS - 1) * DAY_MS,
      totalReturn: -0.0567891,
      parts: [
        { name: 'BTC', kind: 'asset', contribution: -0.0712 },
        { name: 'ETH', kind: 'asset', contribution: 0.0341 },
        { name: 'NAMEDVERYLONGINDEED', kind: 'asset', contribution: -0.012 },
        { name: 'fees', kind: 'sleeve', contribution: -0.0046891 },
        { name: 'slippage', kind: 'sleeve', contribution: -0.003 },
      ],
    }),
    rebalances: [
      {
        id: 'r-2',
        requestedAtMs: START_MS + 200 * DAY_MS,
        why: 'a trigger: BTC at 44.10 % is beyond its band of 35 % to 43 %',
        state: 'done',
        stateReason: 'sell 1 in BTC-USD at coinbase filled 0.07055864 of 0.11759774',
        orders: 7,
        driftBefore: 0.0871,
        driftAfter: known(0.0031),
        expectedCost: known(amount('23.17')),
        realisedCost: known(amount('25.02')),
      },
      {
        id: 'r-1',
        requestedAtMs: START_MS + 20 * DAY_MS,
        why: 'person:<img src=x onerror=alert(2)>',
        state: 'needsPerson',
        stateReason: 'the answer of an order is not known',
        orders: 0,
        driftBefore: null,
        driftAfter: unknown('it is under way'),
        expectedCost: unknown('no plan'),
        realisedCost: unknown('no plan'),
      },
    ],
    reconciliation: [
      {
        venue: 'coinbase',
        rounds: 69_120,
        certified: 69_001,
        discrepancies: 14,
        stillOpen: 1,
        corrections: 12,
      },
      { venue: 'solana', rounds: 0, certified: 0, discrepancies: 0, stillOpen: 0, corrections: 0 },
    ],
  };
}
