import type { PortfolioMessage, VenueObserved } from '../../../actors/messages/portfolio-messages.ts';
import { readExternalFlowsAfter, readNewestTransaction } from '../../../db/external-flow-repository.ts';
import {
  readLastNavPoint,
  readNavSince,
  readPerformance,
  saveNavPoint,
  savePerformance,
} from '../../../db/performance-repository.ts';
import { totalOf } from '../../domain/book/book-state.ts';
import { add, isNegative, isZero, multiply, sum, ZERO } from '../../domain/money/amount.ts';
import { DAY_MS } from '../../domain/risk/activity-limits.ts';
import { firstPoint, type NavReading, nextPoint, resultSince } from '../../domain/risk/nav-index.ts';
import { advancePerformance, type Performance } from '../../domain/risk/performance.ts';
import { known } from '../../domain/risk/risk-state.ts';
import { tierOf } from '../../domain/valuation/retention.ts';
import { type GroupPrices, priceIn, withMarkets } from '../../domain/venue/prices.ts';
import { isPerpetualAsset, type Market, type VenueId } from '../../domain/venue/venue.ts';
import { isCertified, statusIn } from './is-certified.ts';
import { carriesNotional, groupsOf, memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/** Measurements are kept this far apart; what is judged by them is kept with every round. */
const KEPT_EVERY_MS = 300_000;

interface Measurable {
  readonly reading: NavReading;
  readonly prices: GroupPrices;
}

/**
 * Measures the portfolio with a round that was reconciled, once every venue is: its value, the time-weighted index, and
 * the halts that begin with it. Nothing where a venue is not certified, a price is missing that was there, or the book
 * moved in the same transaction: the next round measures.
 */
export async function measurePerformance(
  messages: readonly PortfolioMessage[],
  context: RoundContext,
): Promise<void> {
  const { db, settings, nowMs, change } = context;
  if (change.transactions.length > 0 || statusIn(context, null) !== 'reconciled') return;
  const measured = readNav(messages, context);
  if (measured === null) return;
  const { reading, prices } = measured;
  const last = await readLastNavPoint(db);
  const group = groupsOf(settings);
  const flows = last === null ? [] : await readExternalFlowsAfter(db, last.transactionSequence);
  const valued = flows
    .filter(({ amount }) => !isZero(amount))
    .map(({ asset, amount }) => {
      const price = priceIn(prices, group, asset);
      return { asset, valueUsd: price === null ? null : multiply(amount, price) };
    });
  const next = last === null ? known(firstPoint(reading)) : nextPoint(last, reading, valued);
  if (next.state === 'unknown') return;
  const point = next.value;
  const since = await readNavSince(db, nowMs - DAY_MS);
  const result = resultSince(since?.base ?? point, [
    ...(since?.after ?? []),
    ...(since === null ? [] : [point]),
  ]);
  const before = await readPerformance(db);
  const performance = advancePerformance(before, point, result, settings.limits);
  await savePerformance(db, performance);
  const isOtherScope = last !== null && last.venues.join('\n') !== point.venues.join('\n');
  if (last === null || isOtherScope || nowMs - last.atMs >= KEPT_EVERY_MS)
    await saveNavPoint(db, point, {
      transactionSequence: await readNewestTransaction(db),
      tier: tierOf(last?.atMs ?? null, nowMs),
    });
  tellOfHalts(before, performance, context);
  change.afterwards.push((after) => {
    after.performance = performance;
  });
}

/** The book as it is, at the venues' own prices as they are after this work; null where not all of it is certain. */
function readNav(messages: readonly PortfolioMessage[], context: RoundContext): Measurable | null {
  const { state, settings, nowMs } = context;
  const sinceMs = nowMs - settings.reconciliation.gateTimeLimitMs;
  const group = groupsOf(settings);
  let prices: GroupPrices = new Map();
  for (const { venue, markets } of settings.venues) {
    if (!isCertified(venue, sinceMs, context)) return null;
    const shown = marketsOf(venue, messages, context);
    if (markets.length > 0 && shown.atMs < sinceMs) return null;
    prices = withMarkets(prices, shown.markets, group);
  }
  const held = settings.venues.flatMap(({ venue }) =>
    [...(state.book.venues.get(venue)?.holdings.values() ?? [])]
      .filter(({ asset }) => !isPerpetualAsset(asset) || carriesNotional(settings, venue))
      .map((holding) => ({ asset: holding.asset, quantity: totalOf(holding) }))
      .filter(({ quantity }) => !isZero(quantity)),
  );
  const valueByAsset: Record<string, NavReading['navUsd']> = {};
  const unpriced = new Set<string>();
  for (const { asset, quantity } of held) {
    const price = priceIn(prices, group, asset);
    if (price !== null) valueByAsset[asset] = add(valueByAsset[asset] ?? ZERO, multiply(quantity, price));
    // What is owed without a price may be any amount, and so may be what a position has lost.
    else if (isNegative(quantity) || isPerpetualAsset(asset)) return null;
    else unpriced.add(asset);
  }
  const reading = {
    atMs: nowMs,
    navUsd: sum(Object.values(valueByAsset)),
    valueByAsset,
    venues: settings.venues.map(({ venue }) => venue).sort(),
    priced: Object.keys(valueByAsset).sort(),
    unpriced: [...unpriced].sort(),
  };
  return { reading, prices };
}

function marketsOf(
  venue: VenueId,
  messages: readonly PortfolioMessage[],
  { state }: RoundContext,
): { readonly markets: readonly Market[]; readonly atMs: number } {
  const read = messages.findLast(
    (message): message is VenueObserved =>
      message.type === 'portfolio.venueObserved' && message.venue === venue && message.markets !== null,
  );
  if (read?.markets) return { markets: read.markets, atMs: read.atMs };
  const { markets, marketsAtMs } = memoryOf(state, venue);
  return { markets, atMs: marketsAtMs ?? Number.NEGATIVE_INFINITY };
}

function tellOfHalts(
  before: Performance | null,
  { drawdown, day }: Performance,
  { change, nowMs }: RoundContext,
): void {
  if (drawdown.halt !== null && before?.drawdown.halt == null)
    change.audit.push({
      atMs: nowMs,
      actor: 'limits',
      kind: 'drawdownHalted',
      body: {
        index: drawdown.index,
        highWaterIndex: drawdown.highWaterIndex,
        drawdown: drawdown.halt.drawdown,
      },
    });
  if (day.haltedAtMs !== null && day.haltedAtMs !== before?.day.haltedAtMs)
    change.audit.push({ atMs: nowMs, actor: 'limits', kind: 'dailyLossHalted', body: day });
}
