import { describe, expect, it } from '@jest/globals';
import { lookAtDay } from '../../../src/domain/alerts/look-at-day.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import type { DayJudgement } from '../../../src/domain/risk/day-judgement.ts';

const DAY_MS = 86_400_000;
const NONE: DayJudgement = {
  valuedAtMs: 0,
  correlation: { state: 'nothingToCompare', reason: 'nothing is held' },
  rememberedLevel: null,
  strategies: [],
};
const level = (of: 'low' | 'medium' | 'high'): Partial<DayJudgement> => ({
  correlation: { state: 'judged', level: of, recommendation: 'Reduce BTC.' },
});
const fell = (fraction: string): Partial<DayJudgement> => ({
  strategies: [
    { strategy: 'trend', fall: { state: 'known', value: { fraction: amount(fraction), peakAtMs: 0 } } },
  ],
});
const unknown = { state: 'unknown', reason: 'no price' } as const;

/** "code about: detail" of what holds, and "code ?" of what could not be judged in full. */
const found = (changes: Partial<DayJudgement> | null, nowMs = 60_000): readonly string[] =>
  lookAtDay(changes && { ...NONE, ...changes }, { nowMs, strategyDrawdown: amount('0.25') }).flatMap(
    ({ code, sightings, isWhole }) => [
      ...sightings
        .filter(({ isBreached }) => isBreached)
        .map(({ about, detail }) => `${code} ${about ?? '-'}: ${detail}`),
      ...(isWhole ? [] : [`${code} ?`]),
    ],
  );

describe('the judgement of a day', () => {
  it.each<[string, Partial<DayJudgement> | null, readonly string[]]>([
    ['is none before the first', null, ['correlationRiskHigh ?', 'strategyDrawdown ?']],
    ['with nothing to compare is no alert', {}, []],
    ['of a medium level is no alert', level('medium'), []],
    [
      'of a high level is told with the recommendation',
      level('high'),
      ['correlationRiskHigh -: Reduce BTC.'],
    ],
    ['of an unknown level ends and opens nothing', { correlation: unknown }, ['correlationRiskHigh ?']],
    ['of a fall within the bound is no alert', fell('0.249999'), []],
    [
      'of a fall of the bound is told',
      fell('0.25'),
      ['strategyDrawdown trend: trend is 25 % below its highest, which was on 1970-01-01'],
    ],
    [
      'of an unknown fall ends and opens nothing',
      { strategies: [{ strategy: 'trend', fall: unknown }] },
      ['strategyDrawdown ?'],
    ],
  ])('%s', (_, changes, expected) => {
    expect(found(changes)).toEqual(expected);
  });

  it('says nothing of now once it is older than two days', () => {
    expect(found(level('high'), 2 * DAY_MS)).toHaveLength(1);
    expect(found(level('high'), 2 * DAY_MS + 1)).toEqual(['correlationRiskHigh ?', 'strategyDrawdown ?']);
  });
});
