import type { OpenDatabase } from '../../../db/database.ts';
import { readSentOrders } from '../../../db/order-activity-repository.ts';
import { readPlans } from '../../../db/plan-repository.ts';
import { totalOf } from '../../domain/book/book-state.ts';
import { type Amount, isZero, subtract } from '../../domain/money/amount.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { CASH } from '../../domain/rebalancing/targets.ts';
import { withoutReturns } from '../../domain/rebalancing/triggers/drift.ts';
import { DAY_MS } from '../../domain/risk/activity-limits.ts';
import type { IsRequired } from '../../domain/risk/assessment.ts';
import { correlatedGroups } from '../../domain/risk/correlated-groups.ts';
import type { RiskLimitName } from '../../domain/risk/risk-evaluation.ts';
import {
  type HeldElsewhere,
  known,
  type Measured,
  missing,
  type RiskState,
} from '../../domain/risk/risk-state.ts';
import { midOf } from '../../domain/venue/prices.ts';
import { type AssetId, isPerpetualAsset } from '../../domain/venue/venue.ts';
import type { PortfolioState } from '../portfolio/portfolio-state.ts';
import { carriesNotional, groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { covarianceNow } from './covariance-now.ts';
import { marketFactsOf } from './market-facts.ts';

/** What the service has sent and has under way, as the database knows it. */
export type OrderActivity = Pick<RiskState, 'traded' | 'ordersSentAtMs' | 'plansInFlight'>;

/** Limits on what not every venue or configuration tells; what is not told stops something where somebody has written the limit. */
const NOT_ALWAYS_TOLD: ReadonlySet<RiskLimitName | 'killSwitch'> = new Set([
  'maxVenuePct',
  'maxClusterPct',
  'maxOrderPctADV',
  'priceDeviation',
  'stablecoinDepeg',
  'frozenShare',
]);

/** What was measured only once there was anything to measure: as a default, before that it stops nothing. */
const MEASURED_ONCE: ReadonlySet<RiskLimitName | 'killSwitch'> = new Set(['drawdownHalt', 'dailyLoss']);

/** What the portfolio was worth longer ago says nothing of now; a halt that began stands all the same. */
const MEASURED_AGE_MAX_MS = 3_600_000;

/** As old as prices may be to value with by default, `priceStaleness`. */
const STABLECOIN_PRICE_AGE_MAX_MS = 60_000;

/** More plans than this in flight are as bad as this many. */
const PLANS_COUNTED_MAX = 100;

/** While nobody has looked into the database. */
export const ACTIVITY_UNREAD: OrderActivity = {
  traded: missing('what was traded within 24 hours'),
  ordersSentAtMs: missing('when orders were sent'),
  plansInFlight: missing('how many plans are in flight'),
};

/** Filled quote counts as USD: venues trade against cash. */
export async function readOrderActivity(
  { db }: Pick<OpenDatabase, 'db'>,
  nowMs: number,
): Promise<OrderActivity> {
  const sent = await readSentOrders(db, nowMs - DAY_MS);
  const executing = await readPlans(db, { statuses: ['executing'], limit: PLANS_COUNTED_MAX });
  return {
    traded: known(sent.map(({ sentAtMs, filledQuote }) => ({ atMs: sentAtMs, notionalUsd: filledQuote }))),
    ordersSentAtMs: known(sent.map(({ sentAtMs }) => sentAtMs)),
    plansInFlight: known(executing.length),
  };
}

/** A default that cannot be evaluated stops nothing, and is told; what a person has written stops. */
export const isRequiredBy =
  ({
    settings,
    state,
  }: {
    readonly settings: Pick<ServiceSettings, 'limitsWritten'>;
    readonly state: Pick<PortfolioState, 'performance'>;
  }): IsRequired =>
  (limit) => {
    if ((settings.limitsWritten ?? []).some((written) => written === limit)) return true;
    return !NOT_ALWAYS_TOLD.has(limit) && (state.performance !== null || !MEASURED_ONCE.has(limit));
  };

/** What the service knows of everything that limits look at, for the venues and groups of a plan. */
export function riskStateOf(
  reading: Reading,
  { venues, groups }: Pick<PlanInput, 'venues' | 'groups'>,
  activity: OrderActivity,
): RiskState {
  const { settings, state, nowMs } = reading;
  const elsewhere = heldElsewhere(reading, venues);
  const facts = marketFactsOf(reading, venues);
  const group = groupsOf(settings);
  const stablecoins = [
    ...venues.map(({ cashAsset }) => cashAsset),
    ...elsewhere.map(({ asset }) => asset),
  ].filter((asset) => group(asset) === CASH && asset !== 'USD');
  return {
    nowMs,
    venues,
    groups: {
      ...groups,
      ...Object.fromEntries([...elsewhere, ...facts.quotes].map(({ asset }) => [asset, group(asset)])),
    },
    elsewhere,
    ...facts,
    clusters: clustersOf(reading, groups),
    ...lossesOf(state.performance, nowMs),
    stablecoins: Object.fromEntries(stablecoins.map((asset) => [asset, priceOfStablecoin(asset, reading)])),
    reconciliations: Object.fromEntries(
      venues.map(({ id }) => {
        const { lastReport } = memoryOf(state, id);
        return [id, lastReport === null ? missing(`a reconciliation of ${id}`) : known(lastReport)];
      }),
    ),
    killSwitch: state.killSwitch,
    ...activity,
  };
}

/** Of everything that is held or traded; a group without returns may move with any other. */
function clustersOf(reading: Reading, groups: RiskState['groups']): RiskState['clusters'] {
  const covariance = covarianceNow(reading);
  if (covariance.state === 'unknown') return missing(`which assets move together (${covariance.reason})`);
  const { value } = covariance;
  const without = Object.values(groups).find((name) => name !== CASH && !value.groups.includes(name));
  if (without !== undefined)
    return missing(`what ${without} moves together with (${withoutReturns(value, without).reason})`);
  return known(correlatedGroups(value));
}

/** Of the markets that are read, the first that quotes it in USD; a market is looked at as long as it may be valued with. */
function priceOfStablecoin(asset: AssetId, { state, settings, nowMs }: Reading): Measured<Amount> {
  for (const { venue } of settings.venues) {
    const { markets, marketsAtMs } = memoryOf(state, venue);
    if (marketsAtMs === null || nowMs - marketsAtMs > STABLECOIN_PRICE_AGE_MAX_MS) continue;
    const market = markets.find(({ base, quote }) => base === asset && quote === 'USD');
    const price = market === undefined ? null : midOf(market);
    if (price !== null) return known(price);
  }
  return missing(`the price of ${asset} in USD`);
}

function lossesOf(
  performance: PortfolioState['performance'],
  nowMs: number,
): Pick<RiskState, 'drawdown' | 'day'> {
  if (performance === null)
    return {
      drawdown: missing('the high-water mark of the time-weighted index'),
      day: missing('the gain or loss of 24 hours'),
    };
  const { drawdown, day } = performance;
  if (nowMs - drawdown.indexAtMs <= MEASURED_AGE_MAX_MS)
    return { drawdown: known(drawdown), day: known(day) };
  const now = missing('what the portfolio was worth within the last hour');
  const isDayHalted = day.haltedAtMs !== null && nowMs - day.haltedAtMs < DAY_MS;
  return {
    drawdown: drawdown.halt === null ? now : known(drawdown),
    day: isDayHalted ? known(day) : now,
  };
}

/** What is on hold at venues that trade, and everything at those that do not. */
function heldElsewhere({ state, settings }: Reading, venues: PlanInput['venues']): readonly HeldElsewhere[] {
  const trading = new Set(venues.map(({ id }) => id));
  return settings.venues.flatMap(({ venue }) =>
    [...(state.book.venues.get(venue)?.holdings.values() ?? [])]
      .filter(({ asset }) => !isPerpetualAsset(asset) || carriesNotional(settings, venue))
      .map((holding) => ({
        venue,
        asset: holding.asset,
        quantity: trading.has(venue) ? subtract(totalOf(holding), holding.available) : totalOf(holding),
      }))
      .filter(({ quantity }) => !isZero(quantity)),
  );
}
