import { type Amount, divide, isPositive, ZERO } from '../../domain/money/amount.ts';
import type { AssetGroup, TargetWeights } from '../../domain/rebalancing/targets.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { TriggerFacts } from '../../domain/rebalancing/triggers/trigger-decision.ts';
import { valuePortfolio } from '../../domain/rebalancing/valuation.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf, type Reading } from '../portfolio/read-standing.ts';
import { planInputOf } from './plan-input-of.ts';

const DECIMALS = 20;
/** Nobody tells these yet, and no trigger of the settings asks for them. */
const NOT_TOLD = unknown('nobody tells it');

/** What triggers are judged by, valued as a plan would. What has no price makes every weight unknown. */
export function triggerFactsOf(
  reading: Reading,
  startedAtMs: number,
): Omit<TriggerFacts, 'calendarAnsweredAtMs'> {
  const { navUsd, weights, targets } = weighed(reading);
  return {
    nowMs: reading.nowMs,
    navUsd,
    weights,
    targets,
    dustUsd: reading.settings.reconciliation.dustUsd,
    covariance: NOT_TOLD,
    flowUsd: NOT_TOLD,
    breaches: NOT_TOLD,
    askedBy: null,
    startedAtMs,
  };
}

/** Venues whose last round did not end reconciled, or that had none. */
export const unreconciledVenues = ({ state, settings }: Reading): readonly VenueId[] =>
  settings.venues
    .map(({ venue }) => venue)
    .filter((venue) => memoryOf(state, venue).lastReport?.status !== 'reconciled');

interface Weighed {
  readonly navUsd: Fact<Amount>;
  readonly weights: Fact<Readonly<Record<AssetGroup, Amount>>>;
  readonly targets: TargetWeights;
}

function weighed(reading: Reading): Weighed {
  const readiness = planInputOf(reading);
  if (readiness.state === 'notReady') return nothing(readiness.reason);
  const { input } = readiness;
  const { nav, groups, valueByGroup } = valuePortfolio(input);
  const frozen = Object.keys(input.targets).find((group) => !groups.includes(group));
  if (frozen !== undefined) return nothing(`${frozen} has no price`);
  if (!isPositive(nav)) return nothing(`the portfolio is worth ${nav}`);
  const weights = groups.map(
    (group) => [group, divide(valueByGroup[group] ?? ZERO, nav, DECIMALS, 'half')] as const,
  );
  return { navUsd: known(nav), weights: known(Object.fromEntries(weights)), targets: input.targets };
}

const nothing = (reason: string): Weighed => ({
  navUsd: unknown(reason),
  weights: unknown(reason),
  targets: {},
});
