import { describe, expect, it } from '@jest/globals';
import { type CorrelationJudgement, rememberLevel } from '../../../src/domain/risk/day-judgement.ts';
import { strategyFall } from '../../../src/domain/risk/strategy-fall.ts';
import type { ScopeSeries } from '../../../src/domain/valuation/scope-series.ts';

const DAY_MS = 86_400_000;
/** A value a day. */
const series = (values: readonly number[], changes: Partial<ScopeSeries> = {}): ScopeSeries => ({
  valuations: values.map((value, day) => ({ atMs: day * DAY_MS, value })),
  flows: [],
  unpriced: [],
  unpricedFlows: [],
  ...changes,
});
const fallen = (fraction: string, peakDay: number) => ({
  state: 'known',
  value: { fraction, peakAtMs: peakDay * DAY_MS },
});

describe('the fall of a strategy', () => {
  it.each<[string, ScopeSeries, object]>([
    ['is none at its highest', series([100, 90, 110]), fallen('0', 2)],
    ['is from its highest to now, not to its lowest', series([100, 120, 60, 90]), fallen('0.25', 1)],
    ['is a loss of everything', series([100, 0]), fallen('1', 0)],
    [
      'is not moved by what comes in or goes out',
      series([100, 80, 30], { flows: [{ atMs: DAY_MS, amount: -40 }] }),
      fallen('0.4', 0),
    ],
    [
      'goes on where it was after a time in which nothing was held',
      series([100, 70, 0, 35], {
        flows: [
          { atMs: DAY_MS, amount: -70 },
          { atMs: 2 * DAY_MS, amount: 50 },
        ],
      }),
      fallen('0.51', 0),
    ],
  ])('%s', (_, given, expected) => {
    expect(strategyFall(given, [])).toEqual(expected);
  });

  it.each<[string, ScopeSeries, readonly string[], string]>([
    ['of one valuation', series([100]), [], 'fewer than two valuations'],
    ['where nothing was ever held', series([0, 0]), [], 'nothing was there to earn a return'],
    ['where what it holds has no price', series([100, 90]), ['DOGE'], 'DOGE has no price'],
    [
      'where something went at no known price',
      series([100, 90], { unpricedFlows: ['DOGE'] }),
      [],
      'DOGE came or went at no known price',
    ],
  ])('is not known %s', (_, given, unpriced, reason) => {
    expect(strategyFall(given, unpriced)).toEqual({ state: 'unknown', reason });
  });
});

describe('the level that the next day goes on from', () => {
  const judged: CorrelationJudgement = { state: 'judged', level: 'medium', recommendation: '' };
  it.each([
    ['is the one that was told', judged, 'medium'],
    ['stays where nobody can say', { state: 'unknown', reason: '' }, 'high'],
    ['begins anew where there was nothing to compare', { state: 'nothingToCompare', reason: '' }, null],
  ] as const)('%s', (_, found, expected) => {
    expect(rememberLevel('high', found)).toBe(expected);
  });
});
