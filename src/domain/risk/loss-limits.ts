import { type Amount, isLess, isPositive, multiply, negate } from '../money/amount.ts';
import { DAY_MS } from './activity-limits.ts';
import { inFraction } from './bounded.ts';
import { drawdownOf } from './drawdown-state.ts';
import { breach, notKnown, PORTFOLIO, type RiskEvaluation, within } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

/** drawdownHalt: from `warn` on it is told, from `halt` on trading stops until a person re-arms. */
export function evaluateDrawdown(
  { drawdown }: Pick<RiskState, 'drawdown'>,
  { drawdownHalt }: RiskLimits,
): RiskEvaluation[] {
  if (drawdownHalt === undefined) return [];
  const action = drawdownHalt.stops === 'all' ? 'halt' : 'reduceOnly';
  if (drawdown.state === 'unknown')
    return [notKnown('drawdownHalt', PORTFOLIO, { missing: drawdown.missing, action })];
  const value = drawdownOf(drawdown.value);
  const { halt } = drawdown.value;
  const { warn, halt: haltAt } = drawdownHalt;
  if (halt !== null || reaches(value, haltAt)) {
    const since = halt === null ? '' : `, halted at ${halt.drawdown}`;
    const reason = `the index is ${value} below its high-water mark, trading stops at ${haltAt}${since}: a person re-arms`;
    return [
      breach('drawdownHalt', PORTFOLIO, { value, bound: haltAt, severity: 'critical', action, reason }),
    ];
  }
  if (!reaches(value, warn)) return [within('drawdownHalt', PORTFOLIO, { value, bound: warn })];
  const reason = `the index is ${value} below its high-water mark, at ${haltAt} trading stops`;
  return [
    breach('drawdownHalt', PORTFOLIO, { value, bound: warn, severity: 'warning', action: 'tell', reason }),
  ];
}

/** dailyLoss: a loss of so much within 24 hours stops trading for the next 24. */
export function evaluateDailyLoss(
  { day, nowMs }: Pick<RiskState, 'day' | 'nowMs'>,
  { dailyLoss: bound }: RiskLimits,
): RiskEvaluation[] {
  if (bound === undefined) return [];
  if (day.state === 'unknown')
    return [notKnown('dailyLoss', PORTFOLIO, { missing: day.missing, action: 'halt' })];
  const { pnlUsd, startUsd, haltedAtMs } = day.value;
  if (!isPositive(startUsd))
    return [
      notKnown('dailyLoss', PORTFOLIO, {
        missing: 'a portfolio worth more than nothing 24 hours ago',
        action: 'halt',
      }),
    ];
  const loss = negate(pnlUsd);
  const value = inFraction(loss, startUsd);
  const isHalted = haltedAtMs !== null && nowMs - haltedAtMs < DAY_MS;
  const from = haltedAtMs === null ? '' : dateText(haltedAtMs);
  const until = haltedAtMs === null ? '' : dateText(haltedAtMs + DAY_MS);
  const isLost = isPositive(loss) && !isLess(loss, multiply(bound, startUsd));
  if (!isHalted && !isLost) return [within('dailyLoss', PORTFOLIO, { value, bound })];
  const reason = isLost
    ? `${loss} of ${startUsd} were lost within 24 hours, which is ${value}, at most ${bound} may be: trading stops for 24 hours`
    : `a loss of ${bound} or more within 24 hours stopped trading at ${from}, until ${until}; now it is ${value}`;
  return [breach('dailyLoss', PORTFOLIO, { value, bound, severity: 'critical', action: 'halt', reason })];
}

const dateText = (atMs: number): string => new Date(atMs).toISOString();

const reaches = (value: Amount, bound: Amount): boolean => isPositive(value) && !isLess(value, bound);
