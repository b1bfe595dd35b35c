import {
  type Amount,
  absolute,
  add,
  compare,
  divide,
  isMore,
  isPositive,
  ONE,
  subtract,
} from '../money/amount.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import { isMinuteAgo } from '../venue/price-readings.ts';
import { inFraction } from './bounded.ts';
import { groupOf, marketAt } from './exposure.ts';
import {
  breach,
  describeSubject,
  notKnown,
  type RiskEvaluation,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import { MAJOR_GROUPS, type RiskLimits } from './risk-limits.ts';
import type { RiskQuote, RiskState } from './risk-state.ts';

const TWO = '2' as Amount;

/**
 * priceDeviation, of every market that is traded in. First against itself a minute before, which is told of where
 * nobody kept it, and stops nothing: the first reading of any market has none. Then against the sources of its group
 * that are not too old to value with, its own among them: |p / median - 1| where there are three or more, of two their
 * distance over their mid; one alone is unknown.
 */
export function evaluateDeviation(state: RiskState, limits: RiskLimits): RiskEvaluation[] {
  const { priceDeviation, priceStaleness } = limits;
  if (priceDeviation === undefined) return [];
  const quotes = state.quotes.filter(
    ({ asset, price }) => groupOf(state, asset) !== CASH && isPositive(price),
  );
  const isPresent = ({ observedAtMs }: RiskQuote): boolean =>
    priceStaleness === undefined || state.nowMs - observedAtMs <= priceStaleness.valueMs;
  const present = quotes.filter(isPresent);
  return quotes
    .filter(({ venue, asset }) => marketAt(state, venue, asset) !== undefined)
    .flatMap((quote): readonly RiskEvaluation[] => {
      const subject: RiskSubject = { kind: 'market', venue: quote.venue, asset: quote.asset };
      const jumped = evaluateJump(quote, priceDeviation.minuteJump, subject);
      if (jumped?.state === 'breached') return [jumped];
      const group = groupOf(state, quote.asset);
      const sources = present.filter(({ asset }) => groupOf(state, asset) === group);
      const bound = MAJOR_GROUPS.has(group) ? priceDeviation.majors : priceDeviation.others;
      return [...(jumped === null ? [] : [jumped]), evaluateAmong(quote, sources, { bound, subject, group })];
    });
}

/** Null where there is nothing to tell. */
function evaluateJump(quote: RiskQuote, bound: Amount, subject: RiskSubject): RiskEvaluation | null {
  const { price, earlier } = quote;
  if (earlier !== null && isPositive(earlier.price)) {
    const value = divide(absolute(subtract(price, earlier.price)), earlier.price, 20, 'up');
    const from = `what it was ${Math.round(earlier.agoMs / 1_000)} s before`;
    if (isMore(value, bound)) return deviating(subject, { value, bound, from });
    if (isMinuteAgo(earlier)) return null;
  }
  const missing = `what ${describeSubject(subject)} cost a minute before`;
  return notKnown('priceDeviation', subject, { missing, action: 'tell' });
}

function evaluateAmong(
  quote: RiskQuote,
  sources: readonly RiskQuote[],
  {
    bound,
    subject,
    group,
  }: { readonly bound: Amount; readonly subject: RiskSubject; readonly group: AssetGroup },
): RiskEvaluation {
  const others = sources.filter((source) => source !== quote);
  const isAlone = others.length === 0;
  if (isAlone || others.length === sources.length) {
    const missing = isAlone
      ? `a second source of the price of ${group}`
      : `the present price of ${describeSubject(subject)}`;
    return notKnown('priceDeviation', subject, { missing, action: 'freezeAsset' });
  }
  const value = deviationOf(
    quote.price,
    sources.map(({ price }) => price),
  );
  return isMore(value, bound)
    ? deviating(subject, { value, bound, from: 'what the other sources say' })
    : within('priceDeviation', subject, { value, bound });
}

/** Rounded up at the twentieth place. */
function deviationOf(price: Amount, prices: readonly Amount[]): Amount {
  const sorted = [...prices].sort(compare);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  const median = divide(add(low ?? price, high ?? price), TWO, 40);
  if (sorted.length > 2) return divide(absolute(subtract(price, median)), median, 20, 'up');
  return divide(subtract(high ?? price, low ?? price), median, 20, 'up');
}

const deviating = (
  subject: RiskSubject,
  { value, bound, from }: { readonly value: Amount; readonly bound: Amount; readonly from: string },
): RiskEvaluation =>
  breach('priceDeviation', subject, {
    value: inFraction(value, ONE),
    bound,
    severity: 'warning',
    action: 'freezeAsset',
    reason: `the price of ${describeSubject(subject)} is ${inFraction(value, ONE)} from ${from}, at most ${bound} may be: looked at again in 60 s`,
  });
