import { type Amount, amount, divide, isLess, isPositive, multiply } from '../money/amount.ts';
import type { DayJudgement, StrategyJudgement } from '../risk/day-judgement.ts';
import { type Look, seen, sighting, unseen } from './observation.ts';

/** Two days of which nobody has taken the second: what was found then says nothing of now. */
const STANDS_MS = 2 * 86_400_000;

/** What the newest valuation of a day says; what it does not know, or an old one says, stays as it was. */
export function lookAtDay(
  judgement: DayJudgement | null,
  { nowMs, strategyDrawdown }: { readonly nowMs: number; readonly strategyDrawdown: Amount },
): readonly Look[] {
  if (judgement === null || nowMs - judgement.valuedAtMs > STANDS_MS)
    return [unseen('correlationRiskHigh'), unseen('strategyDrawdown')];
  return [correlationRisk(judgement), strategyFalls(judgement.strategies, strategyDrawdown)];
}

/** The level has a hysteresis of its own. */
function correlationRisk({ correlation }: DayJudgement): Look {
  if (correlation.state === 'unknown') return unseen('correlationRiskHigh');
  if (correlation.state === 'nothingToCompare' || correlation.level !== 'high')
    return seen('correlationRiskHigh', []);
  return seen('correlationRiskHigh', [
    sighting('correlationRiskHigh', { detail: correlation.recommendation }),
  ]);
}

function strategyFalls(strategies: readonly StrategyJudgement[], bound: Amount): Look {
  return seen(
    'strategyDrawdown',
    strategies.flatMap(({ strategy, fall }) => {
      if (fall.state === 'unknown') return [];
      const { fraction, peakAtMs } = fall.value;
      const measure = { value: fraction, bound, direction: 'atMost' } as const;
      const since = new Date(peakAtMs).toISOString().slice(0, 10);
      const detail = `${strategy} is ${percent(fraction)} below its highest, which was on ${since}`;
      const isBreached = isPositive(fraction) && !isLess(fraction, bound);
      return [sighting('strategyDrawdown', { about: strategy, detail }, { measure, isBreached })];
    }),
    strategies.every(({ fall }) => fall.state === 'known'),
  );
}

const percent = (fraction: Amount): string =>
  `${divide(multiply(fraction, amount('100')), amount('1'), 2, 'half')} %`;
