import type { OpenDatabase } from '../../db/database.ts';
import { readLedgerByTime } from '../../db/ledger-stream.ts';
import { readRebalances } from '../../db/rebalance-history-repository.ts';
import { readStrategyEvents } from '../../db/sub-ledger-event-repository.ts';
import { findValuationAt, readValuations, type StoredValuation } from '../../db/valuation-repository.ts';
import { attributeReturns } from '../domain/attribution/attribute-returns.ts';
import type { AttributionPeriod } from '../domain/attribution/attribution-period.ts';
import type { Grouping } from '../domain/attribution/grouping.ts';
import { periodGains } from '../domain/attribution/period-gains.ts';
import { periodsOfBook } from '../domain/attribution/periods-of-book.ts';
import { costOfRecord, type RebalanceCost, rebalanceCosts } from '../domain/attribution/rebalance-costs.ts';
import { type HeldPortfolio, rebalancingPremium } from '../domain/attribution/rebalancing-premium.ts';
import { type Amount, add, subtract, ZERO } from '../domain/money/amount.ts';
import { recordRebalance } from '../domain/rebalancing/history/rebalance-record.ts';
import type { Tier } from '../domain/valuation/retention.ts';
import { strategyFlows } from '../domain/valuation/strategy-flow.ts';
import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import { type AssetGroups, CASH_GROUP, groupOf } from './asset-groups.ts';
import { attributionDocument, type MoneyAttributionDocument } from './attribution-document.ts';

export interface BookAttributionRequest {
  /** Both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the schedule; those before flows always count. Null: every one. */
  readonly tiers: readonly Tier[] | null;
  readonly groups: AssetGroups;
  readonly grouping: Grouping;
}

export type BookAttribution =
  | { readonly state: 'attributed'; readonly document: MoneyAttributionDocument }
  | { readonly state: 'tooFew'; readonly found: number }
  | { readonly state: 'tooMany'; readonly most: number };

/** More than fifty years of days with a flow each. */
const VALUATIONS_MAX = 40_000;

/**
 * Attributes the return of a book between its valuations, which are taken before every flow. What the premium and the
 * cost of its rebalances are told by is the same. Reads beside the owner, and writes nothing.
 */
export async function attributionOfBook(
  db: OpenDatabase['db'],
  { fromMs, toMs, tiers, groups, grouping }: BookAttributionRequest,
): Promise<BookAttribution> {
  const kept = await readValuations(db, {
    fromMs,
    toMs,
    tiers: tiers === null ? null : [...new Set<Tier>([...tiers, 'flow'])],
    limit: VALUATIONS_MAX + 1,
  });
  // The last counts, whether or not it is the first of its day.
  const last = await findValuationAt(db, toMs);
  const isLater = last !== null && last.atMs >= fromMs && last.atMs > (kept.at(-1)?.atMs ?? -1);
  const valuations = isLater ? [...kept, last] : kept;
  if (valuations.length > VALUATIONS_MAX) return { state: 'tooMany', most: VALUATIONS_MAX };
  if (valuations.length < 2) return { state: 'tooFew', found: valuations.length };
  const { mids, costs } = await readRebalanceCosts(db, { fromMs, toMs });
  const isCash = (asset: AssetId): boolean => groupOf(groups, asset) === CASH_GROUP;
  const terms = {
    groupOf: (asset: AssetId) => groupOf(groups, asset),
    isCash,
    midOf: (venue: VenueId, fillId: string) => mids.get(keyOf(venue, fillId)) ?? null,
    strategyFlows: grouping === 'strategy' ? strategyFlows(await readStrategyEvents(db), { isCash }) : null,
  };
  const periods = await readLedgerByTime(db, (streamed) => periodsOfBook(valuations, streamed, terms));
  const cash = [...new Set(periods.flatMap(assetsOf).filter(isCash))];
  return {
    state: 'attributed',
    document: attributionDocument(attributeReturns(periods, { grouping, cash }), {
      costs: rebalanceCosts(costs),
      premium: rebalancingPremium(portfoliosOf(valuations, periods, terms.groupOf), costs),
    }),
  };
}

/** Of rebalances that have begun, oldest first; and at which mid price each of their fills was decided. */
async function readRebalanceCosts(
  db: OpenDatabase['db'],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<{ readonly mids: ReadonlyMap<string, Amount>; readonly costs: readonly RebalanceCost[] }> {
  const mids = new Map<string, Amount>();
  const costs: RebalanceCost[] = [];
  for await (const facts of readRebalances(db, { order: 'oldestFirst', sinceMs: fromMs, limit: null })) {
    const record = recordRebalance(facts);
    for (const { sequence, venue, midPrice } of record.plan?.orders ?? [])
      for (const { fillId } of facts.fills.get(sequence) ?? []) mids.set(keyOf(venue, fillId), midPrice);
    const cost = costOfRecord(record);
    if (cost !== null && cost.atMs <= toMs) costs.push(cost);
  }
  return { mids, costs };
}

/** What came in from one to the next is what their values differ by and nobody gained: an asset that gets a price, too. */
const portfoliosOf = (
  valuations: readonly StoredValuation[],
  periods: readonly AttributionPeriod[],
  groupOf: (asset: AssetId) => string,
): readonly HeldPortfolio[] => {
  const assets = new Set(valuations.flatMap(({ holdings }) => holdings.map(({ asset }) => asset)));
  return valuations.map(({ atMs, valueUsd: navUsd, holdings }, index) => {
    const period = periods[index];
    const nextUsd = valuations[index + 1]?.valueUsd;
    const quantities: Record<AssetId, Amount> = {};
    const pricesUsd: Record<AssetId, Amount> = {};
    const ofGroups = new Map<string, Amount>();
    for (const { asset, quantity, price } of holdings) {
      if (price === null) continue;
      quantities[asset] = add(quantities[asset] ?? ZERO, quantity);
      ofGroups.set(groupOf(asset), price.price);
    }
    // What is not held any more has the price of what is held of its group.
    for (const asset of assets) {
      const price = ofGroups.get(groupOf(asset));
      if (price !== undefined) pricesUsd[asset] = price;
    }
    const flowUsd =
      period === undefined || nextUsd === undefined
        ? ZERO
        : subtract(subtract(nextUsd, navUsd), periodGains(period, NO_CASH).gainUsd);
    return { atMs, navUsd, quantities, pricesUsd, flowUsd };
  });
};
const NO_CASH: ReadonlySet<AssetId> = new Set();

const assetsOf = ({ opening, closing, flows, trades, payments }: AttributionPeriod): readonly AssetId[] => [
  ...[...opening, ...closing, ...flows].map(({ asset }) => asset),
  ...trades.flatMap(({ asset, quote, fee }) => [asset, quote, fee.asset]),
  ...payments.map(({ paidIn }) => paidIn),
];

const keyOf = (venue: VenueId, fillId: string): string => JSON.stringify([venue, fillId]);
