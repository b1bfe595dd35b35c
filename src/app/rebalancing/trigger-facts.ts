import type { OpenDatabase } from '../../../db/database.ts';
import { type ExternalFlow, readExternalFlows } from '../../../db/external-flow-repository.ts';
import { readLastAnsweredAtMs } from '../../../db/trigger-repository.ts';
import { type Amount, add, divide, isPositive, multiply, ZERO } from '../../domain/money/amount.ts';
import { triggerWidths } from '../../domain/rebalancing/aim.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import type { AssetGroup } from '../../domain/rebalancing/targets.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { TriggerFacts } from '../../domain/rebalancing/triggers/trigger-decision.ts';
import { type Valuation, valuePortfolio } from '../../domain/rebalancing/valuation.ts';
import { mendableBreaches } from '../../domain/risk/mendable-breaches.ts';
import { priceIn } from '../../domain/venue/prices.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';
import { covarianceNow } from './covariance-now.ts';
import { planInputOf } from './plan-input-of.ts';
import { isRequiredBy, type OrderActivity, readOrderActivity, riskStateOf } from './risk-state-of.ts';

const DECIMALS = 20;

/** What triggers need of the database. */
export interface TriggerReads {
  readonly flows: readonly ExternalFlow[];
  readonly activity: OrderActivity;
}

/** What came and went since the last plan that answered them, or since the book was opened where there was none; and what was sent. */
export async function readTriggerReads(database: OpenDatabase, nowMs: number): Promise<TriggerReads> {
  const { db } = database;
  return {
    flows: await readExternalFlows(db, (await readLastAnsweredAtMs(db)) ?? 0),
    activity: await readOrderActivity(database, nowMs),
  };
}

/**
 * What triggers are judged by, valued as a plan would, and the half widths of the trigger `bands`. What has no price
 * makes every weight unknown.
 */
export function triggerFactsOf(
  reading: Reading,
  { flows, activity }: TriggerReads,
  startedAtMs: number,
): {
  readonly facts: Omit<TriggerFacts, 'calendarAnsweredAtMs'>;
  readonly halfWidths: Readonly<Record<AssetGroup, Amount>>;
} {
  const { settings, nowMs } = reading;
  const weighed = weigh(reading);
  const { state } = weighed;
  return {
    halfWidths: state === 'known' ? triggerWidths(weighed.value.input, weighed.value.valuation) : {},
    facts: {
      nowMs,
      navUsd: state === 'known' ? known(weighed.value.valuation.nav) : weighed,
      weights: state === 'known' ? known(weightsOf(weighed.value.valuation)) : weighed,
      targets: state === 'known' ? weighed.value.input.targets : {},
      dustUsd: settings.reconciliation.dustUsd,
      covariance: covarianceNow(reading),
      flowUsd: flowOf(flows, reading),
      breaches:
        state === 'known'
          ? mendableBreaches(
              riskStateOf(reading, weighed.value.input, activity),
              settings.limits,
              isRequiredBy(reading),
            )
          : weighed,
      askedBy: null,
      startedAtMs,
    },
  };
}

/** Venues whose last round did not end reconciled, or that had none. */
export const unreconciledVenues = ({ state, settings }: Reading): readonly VenueId[] =>
  settings.venues
    .map(({ venue }) => venue)
    .filter((venue) => memoryOf(state, venue).lastReport?.status !== 'reconciled');

/** What a portfolio is worth and made of, as a plan values it. */
export interface WeighedPortfolio {
  readonly navUsd: Fact<Amount>;
  readonly weights: Fact<Readonly<Record<AssetGroup, Amount>>>;
}

/** Values what the book holds now, at the present mid prices; unknown where a venue is not certified or a price is missing. */
export function weighPortfolio(reading: Reading): WeighedPortfolio {
  const weighed = weigh(reading);
  if (weighed.state === 'unknown') return { navUsd: weighed, weights: weighed };
  const { valuation } = weighed.value;
  return { navUsd: known(valuation.nav), weights: known(weightsOf(valuation)) };
}

interface Weighed {
  readonly input: PlanInput;
  readonly valuation: Valuation;
}

function weigh(reading: Reading): Fact<Weighed> {
  const readiness = planInputOf(reading);
  if (readiness.state === 'notReady') return unknown(readiness.reason);
  const { input } = readiness;
  const valuation = valuePortfolio(input);
  const frozen = Object.keys(input.targets).find((group) => !valuation.groups.includes(group));
  if (frozen !== undefined) return unknown(`${frozen} has no price`);
  if (!isPositive(valuation.nav)) return unknown(`the portfolio is worth ${valuation.nav}`);
  return known({ input, valuation });
}

const weightsOf = ({ groups, valueByGroup, nav }: Valuation): Readonly<Record<AssetGroup, Amount>> =>
  Object.fromEntries(
    groups.map((group) => [group, divide(valueByGroup[group] ?? ZERO, nav, DECIMALS, 'half')] as const),
  );

/** At present prices; what has none makes the whole flow unknown. */
function flowOf(flows: readonly ExternalFlow[], { state, settings }: Reading): Fact<Amount> {
  const group = groupsOf(settings);
  let total = ZERO;
  for (const { asset, amount } of flows) {
    if (amount === ZERO) continue;
    const price = priceIn(state.prices, group, asset);
    if (price === null) return unknown(`${asset} came in or went out, and has no price`);
    total = add(total, multiply(amount, price));
  }
  return known(total);
}
